"""ETag, If-None-Match and If-Match, on payments, parties and the fraud rules."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from core.api import conditions
from core.api.conditions import Condition, PreconditionFailed, UnreadableCondition
from tests.factories import api

SCOPES = ("payments:read", "payments:write", "refunds:write", "parties:read", "parties:write", "fraud:read",
          "fraud:write")  # fmt: skip
CARD = {
    "cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2031", "cvc": "123", "amount": 50000,
    "currency": "USD", "customerId": "cus_abc123def456", "providerId": "prov_xyz789ghi012",
}  # fmt: skip


def paid(client: api.ApiClient) -> str:
    answer = client.post("/v1/payments", CARD)
    assert answer.status_code == 201, answer.content
    return f"/v1/payments/{answer.json()['paymentId']}"


@pytest.mark.django_db(transaction=True)
class TestPayments:
    def test_an_unchanged_payment_is_not_sent_twice(self) -> None:
        client = api.client(*SCOPES)
        address = paid(client)
        first = client.get(address)
        tag = first["ETag"]
        again = client.get(address, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert client.get(address, headers={"If-None-Match": '"other"'}).json() == first.json()

    def test_a_refund_changes_the_tag_and_the_old_one_refuses_the_next(self) -> None:
        client = api.client(*SCOPES)
        address = paid(client)
        before = client.get(address)["ETag"]
        done = client.post(f"{address}/refunds", {"amount": 10000}, headers={"If-Match": before})
        assert done.status_code == 201

        refused = client.post(f"{address}/refunds", {"amount": 10000}, headers={"If-Match": before})
        assert (refused.status_code, refused.json()["code"]) == (412, "PRECONDITION_FAILED")
        after = client.get(address)
        assert after["ETag"] != before
        assert after.json()["amountRefunded"] == 10000
        assert client.post(f"{address}/refunds", {"amount": 1}, headers={"If-Match": after["ETag"]}).status_code == 201

    def test_a_retry_gets_its_first_answer_whatever_the_payment_has_become(self) -> None:
        client = api.client(*SCOPES)
        address = paid(client)
        headers = {"If-Match": client.get(address)["ETag"], "Idempotency-Key": f"refund {address}".replace(" ", "-")}
        first, again = (client.post(f"{address}/refunds", {"amount": 100}, headers=headers) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert again["Idempotent-Replayed"] == "true"

    def test_of_ten_refunds_at_once_on_one_tag_exactly_one_happens(self) -> None:
        client = api.client(*SCOPES)
        address = paid(client)
        tag = client.get(address)["ETag"]
        statuses: Counter[int] = Counter()
        barrier = threading.Barrier(10)

        def run() -> None:
            caller = api.ApiClient(client.key, client.secret)
            barrier.wait()
            answer = caller.post(f"{address}/refunds", {"amount": 1000}, headers={"If-Match": tag})
            statuses[answer.status_code] += 1
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == {201: 1, 412: 9}
        assert client.get(address).json()["amountRefunded"] == 1000

    def test_a_cancellation_looks_too(self) -> None:
        client = api.client(*SCOPES)
        address = paid(client)
        answer = client.post(f"{address}/cancel", {}, headers={"If-Match": '"of-another-day"'})
        assert answer.status_code == 412
        current = client.get(address)["ETag"]
        assert client.post(f"{address}/cancel", {}, headers={"If-Match": current}).json()["code"] == (
            "PAYMENT_NOT_CANCELLABLE"
        )

    def test_a_condition_where_nobody_looks_is_refused_and_not_passed_over(self) -> None:
        client = api.client(*SCOPES)
        answer = client.post("/v1/payments", CARD, headers={"If-Match": '"x"'})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_of_the_rules_the_one_that_saw_the_newest_is_kept() -> None:
    client = api.client(*SCOPES)
    seen = client.get("/v1/fraud/rules")
    rules = seen.json()["active"]["rules"]

    def put(note: str, tag: str) -> Any:
        changed = [{**rules[0], "points": int(note)}, *rules[1:]]
        return client.put("/v1/fraud/rules", {"rules": changed, "note": note}, headers={"If-Match": tag})

    assert put("41", seen["ETag"]).status_code == 200
    assert put("42", seen["ETag"]).status_code == 412
    assert put("42", client.get("/v1/fraud/rules")["ETag"]).status_code == 200


@pytest.mark.django_db
def test_a_party_has_a_tag_that_time_does_not_change() -> None:
    client = api.client(*SCOPES)
    client.post("/v1/parties", {"partyId": "cus_one", "type": "CUSTOMER"})
    first, second = (client.get("/v1/parties/cus_one") for _ in range(2))
    assert first["ETag"] == second["ETag"]
    assert client.get("/v1/parties/cus_one", headers={"If-None-Match": "*"}).status_code == 304


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["no quotes", '"open', 'W/"a", b'])
def test_a_condition_that_cannot_be_read_is_refused_and_nothing_breaks(header: str) -> None:
    client = api.client(*SCOPES)
    client.post("/v1/parties", {"partyId": "cus_one", "type": "CUSTOMER"})
    answer = client.get("/v1/parties/cus_one", headers={"If-None-Match": header})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


class TestReading:
    def test_the_tag_is_of_the_state_and_not_of_its_order(self) -> None:
        assert conditions.tag({"a_b": 1, "c": None}) == conditions.tag({"c": None, "a_b": 1})
        assert conditions.tag({"a": 1}) != conditions.tag({"a": 2})

    def test_any_of_several_strong_tags_will_do(self) -> None:
        tag = conditions.tag({"a": 1})
        conditions.read_if_match(f'"x", {tag}').require({"a": 1})
        conditions.read_if_match("*").require({"a": 1})
        conditions.read_if_match(None).require({"a": 1})
        for header in ('"x"', f"W/{tag}"):
            with pytest.raises(PreconditionFailed):
                conditions.read_if_match(header).require({"a": 1})
        with pytest.raises(PreconditionFailed):
            Condition(frozenset()).require({"a": 1})

    @pytest.mark.parametrize("header", ["", "abc", '"abc', '"a","b', "*, *", '"a"b"', "W/"])
    def test_what_is_no_tag_is_refused(self, header: str) -> None:
        with pytest.raises(UnreadableCondition):
            conditions.read_if_match(header)
