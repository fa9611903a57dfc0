"""Every operation of the API, tried by every kind of user: what is theirs, what is others', what is nobody's business.

The world: Ada paid Ben 500.00 for a booking with a card of hers; the same in live data, under the same names. Cleo is
another customer, Dan another provider, Eve an administrator of the marketplace, and Fay is no party at all.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from core import clock
from core.actors import SYSTEM
from core.api import catalogue
from core.audit.models import AuditEntry
from core.oidc import issuers, keysets, scopes
from core.oidc.enums import Standing
from core.oidc.users import User
from core.parameters import services as parameters
from escrow.api import examples
from escrow.services import funding
from payments.api import transfer_examples
from payments.api.views import Payments
from payments.models import Payment
from payments.selectors import payments as register
from tests.factories import ach_transfers, api, oidc, staff
from tests.factories.chargebacks import charge_back
from tests.factories.oidc import Provider, UserClient

pytestmark = pytest.mark.django_db

CARD = {"cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2031", "cvc": "123"}
ADA, BEN, CLEO, DAN = "cus_ada_0001", "prov_ben_0001", "cus_cleo_001", "prov_dan_001"
BANK_ACCOUNT = {
    "accountHolderName": "Ben",
    "routingNumber": "021000021",
    "accountNumber": "000123456789",
    "accountType": "CHECKING",
}
PAYMENT = {**CARD, "amount": 50000, "customerId": ADA, "providerId": BEN, "bookingId": "book_1"}


@dataclass
class World:
    """`live` and `test` are what the same names stand for in each mode: payment, transaction, escrow and token ids."""

    test: dict[str, str]
    live: dict[str, str]


@pytest.fixture
def idp() -> Iterator[Provider]:
    issuers.forget_cache()
    keysets.forget()
    with oidc.provider() as served:
        served.accept()
        yield served


@pytest.fixture(scope="module")
def furnished(kept_rows: Callable[[Callable[[], World]], World]) -> World:
    return kept_rows(lambda: World(test=_furnish(livemode=False), live=_furnish(livemode=True)))


@pytest.fixture
def world(furnished: World) -> World:
    return World(test=dict(furnished.test), live=dict(furnished.live))


def _furnish(*, livemode: bool) -> dict[str, str]:
    backend = api.client(*catalogue.scopes(), livemode=livemode)
    for party_id, kind in ((ADA, "CUSTOMER"), (BEN, "PROVIDER"), (CLEO, "CUSTOMER"), (DAN, "PROVIDER")):
        assert backend.post("/v1/parties", {"partyId": party_id, "type": kind}).status_code == 201
    paid = backend.post("/v1/payments", PAYMENT).json()
    assert paid["status"] == "COMPLETED", paid
    funding.attach(payment_id=paid["paymentId"], now=clock.now())
    disputed = charge_back(register.get(paid["paymentId"]), 10_000, now=clock.now(), opened_at=clock.now())
    hook = {"url": "https://shop.example.com/", "events": ["*"]}
    endpoint = backend.post("/v1/webhook-endpoints", hook).json()["id"]
    return {
        "endpoint_id": endpoint,
        "event_id": backend.post(f"/v1/webhook-endpoints/{endpoint}/test").json()["eventId"],
        "payment_id": paid["paymentId"],
        "chargeback_id": disputed.public_id,
        "transaction_id": paid["transactionId"],
        "escrow_id": paid["escrowId"],
        "token": paid["card"]["token"],
        "party_id": ADA,
        "condition_id": "service_completed",
        "version": "41707",
        "account_id": _paid_where(backend, livemode=livemode),
        **_transferred(livemode=livemode),
        "reconciliation_id": backend.post("/v1/escrow-reconciliations", {}).json()["reconciliationId"],
    }


def _transferred(*, livemode: bool) -> dict[str, str]:
    """Ben was to be paid for Ada; sanctions forbade it. His account was tried once, and he is paid every day."""
    transfer, payout, verification = ach_transfers.refused(payee=BEN, customer=ADA, livemode=livemode)
    return {
        "transfer_id": transfer.public_id,
        "payout_id": payout.public_id,
        "verification_id": verification.public_id,
        "provider_id": BEN,
    }


def _paid_where(backend: api.ApiClient, *, livemode: bool) -> str:
    """Ben's account; in live data it waits for two people."""
    if livemode:
        staff.person("COMPLIANCE")
        staff.person("CONTROLLER")
    made = backend.post("/v1/bank-accounts", {**BANK_ACCOUNT, "partyId": BEN})
    assert made.status_code == 201, made.content
    account_id: str = made.json()["accountId"]
    return account_id


def everybody(idp: Provider) -> dict[str, UserClient]:
    return {
        "ada": oidc.user(idp, party=ADA),
        "ben": oidc.user(idp, party=BEN, groups=["Provider"]),
        "cleo": oidc.user(idp, party=CLEO),
        "dan": oidc.user(idp, party=DAN, groups=["Provider"]),
        "eve": oidc.user(idp, groups=["Admin"], sub="eve"),
        "fay": oidc.user(idp, sub="fay"),
    }


def grant_everything() -> None:
    """Scopes are no help against a missing owner: from here on everybody has every scope there may be."""
    now = clock.now()
    all_scopes = sorted(set(catalogue.scopes()) - scopes.NEVER)
    parameters.change(
        name=scopes.PARAMETER, value=dict.fromkeys(Standing.values, all_scopes),
        effective_from=now, reason="of the tests", actor=SYSTEM, now=now,
    )  # fmt: skip


BODIES: dict[str, Any] = {
    # No round amount: at night those are refused to parties that nobody knows.
    "POST ach-transfers": {**transfer_examples.TRANSFER, "amount": 249_950},
    "POST ach-transfers/<str:transfer_id>/reverse": {"cause": "DUPLICATE"},
    "POST bank-accounts/<str:account_id>/verifications": {"method": "PRENOTE"},
    "POST bank-accounts/<str:account_id>/verifications/<str:verification_id>/confirm": {"amounts": [32, 45]},
    "POST payouts": {"partyId": BEN},
    "POST payout-schedules": {"partyId": BEN, "interval": "DAILY"},
    "POST payout-schedules/<str:provider_id>/pause": {"reason": "drill"},
    "POST payments": PAYMENT,
    "POST payments/validate": PAYMENT,
    "POST payments/<str:payment_id>/refunds": {"amount": 100},
    "POST card-tokens": {**CARD, "customerId": ADA},
    "POST card-tokens/<str:token>/reveal": {"reason": "because I want to"},
    "PATCH webhook-endpoints/<str:endpoint_id>": {"status": "ENABLED"},
    "POST escrows": {**examples.ESCROW, "payerId": ADA, "payeeId": BEN},
    "POST escrows/<str:escrow_id>/fund": {"source": "BANK_TRANSFER", "reference": "WIRE-1"},
    "POST escrows/<str:escrow_id>/refund": {"reason": "rain"},
    "POST escrows/<str:escrow_id>/dispute": {"reason": "OTHER", "description": "rain"},
    "POST escrows/<str:escrow_id>/amendments": dict(examples.TERMS),
    "POST parties": {"partyId": "cus_new_0001", "type": "CUSTOMER"},
    "POST bank-accounts": {**BANK_ACCOUNT, "partyId": DAN},
    "POST fraud/evaluations": {"customerId": ADA, "amount": 100},
    "POST fraud/reports": {"customerId": ADA, "transactionId": "txn_1", "fraudType": "payment_fraud"},
}
for _operation in ("users", "users/unlink"):
    BODIES[f"POST parties/<str:party_id>/{_operation}"] = {"issuer": "nobody", "subject": "x"}
QUERIES = {"GET fraud/history": f"?customerId={ADA}"}

# Ada, Ben, Cleo, Dan, Eve, Fay.
MATRIX: dict[str, tuple[int, int, int, int, int, int]] = {
    "GET payments": (200, 200, 200, 200, 200, 403),
    "POST payments": (201, 403, 403, 403, 201, 403),
    "POST payments/validate": (200, 403, 403, 403, 200, 403),
    "GET payments/<str:payment_id>": (200, 200, 404, 404, 200, 403),
    "POST payments/<str:payment_id>/cancel": (409, 403, 404, 403, 409, 403),
    "POST payments/<str:payment_id>/refunds": (403, 403, 403, 403, 201, 403),
    "GET payments/<str:payment_id>/chargebacks": (403, 200, 403, 404, 200, 403),
    "GET chargebacks/<str:chargeback_id>": (403, 200, 403, 404, 200, 403),
    "GET ach-transfers": (200, 200, 200, 200, 200, 403),
    "POST ach-transfers": (403, 403, 403, 403, 201, 403),
    "GET ach-transfers/<str:transfer_id>": (200, 200, 404, 404, 200, 403),
    "POST ach-transfers/<str:transfer_id>/cancel": (403, 403, 403, 403, 409, 403),
    "POST ach-transfers/<str:transfer_id>/reverse": (403, 403, 403, 403, 409, 403),
    "GET bank-accounts/<str:account_id>/verifications": (404, 200, 404, 404, 200, 403),
    "POST bank-accounts/<str:account_id>/verifications": (403, 403, 403, 403, 201, 403),
    "POST bank-accounts/<str:account_id>/verifications/<str:verification_id>/confirm": (403, 403, 403, 403, 409, 403),
    "GET payouts": (403, 200, 403, 200, 200, 403),
    "POST payouts": (403, 409, 403, 403, 409, 403),
    "GET payouts/<str:payout_id>": (403, 200, 403, 404, 200, 403),
    "GET payout-schedules": (403, 403, 403, 403, 200, 403),
    "POST payout-schedules": (403, 403, 403, 403, 200, 403),
    "GET payout-schedules/<str:provider_id>": (403, 403, 403, 403, 200, 403),
    "POST payout-schedules/<str:provider_id>/pause": (403, 403, 403, 403, 200, 403),
    "POST payout-schedules/<str:provider_id>/resume": (403, 403, 403, 403, 200, 403),
    "POST card-tokens": (201, 403, 403, 403, 201, 403),
    "POST card-tokens/<str:token>/reveal": (403, 403, 403, 403, 403, 403),
    "POST escrow-reconciliations": (403, 403, 403, 403, 403, 403),
    "GET escrow-reconciliations/<str:reconciliation_id>": (403, 403, 403, 403, 403, 403),
    "GET escrows": (200, 200, 200, 200, 200, 403),
    "POST escrows": (201, 201, 403, 403, 201, 403),
    "GET escrows/<str:escrow_id>": (200, 200, 404, 404, 200, 403),
    "POST escrows/<str:escrow_id>/fund": (403, 403, 403, 403, 403, 403),
    "POST escrows/<str:escrow_id>/conditions/<str:condition_id>/satisfy": (403, 403, 404, 404, 200, 403),
    "POST escrows/<str:escrow_id>/conditions/<str:condition_id>/accept": (409, 403, 404, 403, 409, 403),
    "POST escrows/<str:escrow_id>/release": (403, 403, 403, 403, 409, 403),
    "POST escrows/<str:escrow_id>/refund": (403, 403, 403, 403, 200, 403),
    "POST escrows/<str:escrow_id>/dispute": (409, 409, 404, 404, 400, 403),
    "POST escrows/<str:escrow_id>/dispute/withdraw": (404, 404, 404, 404, 400, 403),
    "POST escrows/<str:escrow_id>/evidence": (404, 404, 404, 404, 400, 403),
    "GET escrows/<str:escrow_id>/disputes": (200, 200, 404, 404, 200, 403),
    "GET escrows/<str:escrow_id>/terms": (200, 200, 404, 404, 200, 403),
    "POST escrows/<str:escrow_id>/terms/agree": (409, 409, 404, 404, 400, 403),
    "POST escrows/<str:escrow_id>/amendments": (201, 409, 404, 404, 409, 403),
    "POST escrows/<str:escrow_id>/amendments/<str:version>/agree": (409, 409, 404, 404, 400, 403),
    "POST escrows/<str:escrow_id>/amendments/<str:version>/reject": (409, 409, 404, 404, 409, 403),
    "GET bank-accounts": (200, 200, 200, 200, 200, 403),
    "POST bank-accounts": (403, 403, 403, 403, 201, 403),
    "GET bank-accounts/<str:account_id>": (404, 200, 404, 404, 200, 403),
    "POST bank-accounts/<str:account_id>/retire": (403, 403, 403, 403, 200, 403),
    "GET parties": (200, 200, 200, 200, 200, 403),
    "POST parties": (403, 403, 403, 403, 201, 403),
    "GET parties/<str:party_id>": (200, 404, 404, 404, 200, 403),
    "GET parties/<str:party_id>/users": (403, 403, 403, 403, 403, 403),
    "POST parties/<str:party_id>/users": (403, 403, 403, 403, 403, 403),
    "POST parties/<str:party_id>/users/unlink": (403, 403, 403, 403, 403, 403),
    "POST fraud/evaluations": (403, 403, 403, 403, 200, 403),
    "GET fraud/scores/<str:transaction_id>": (403, 403, 403, 403, 200, 403),
    "POST fraud/reports": (403, 403, 403, 403, 201, 403),
    "GET fraud/history": (403, 403, 403, 403, 200, 403),
    "GET fraud/analytics": (403, 403, 403, 403, 200, 403),
    "GET fraud/rules": (403, 403, 403, 403, 403, 403),
    "PUT fraud/rules": (403, 403, 403, 403, 403, 403),
    **dict.fromkeys(
        (
            "GET webhook-endpoints",
            "POST webhook-endpoints",
            "GET webhook-endpoints/<str:endpoint_id>",
            "PATCH webhook-endpoints/<str:endpoint_id>",
            "DELETE webhook-endpoints/<str:endpoint_id>",
            "POST webhook-endpoints/<str:endpoint_id>/rotate-secret",
            "POST webhook-endpoints/<str:endpoint_id>/test",
            "GET webhook-endpoints/<str:endpoint_id>/deliveries",
            "GET events",
            "GET events/<str:event_id>",
            "POST events/<str:event_id>/redeliver",
        ),
        (403, 403, 403, 403, 403, 403),
    ),
}
OPERATIONS = [
    f"{method.upper()} {route.removeprefix('v1/')}"
    for route, view in catalogue.views()
    for method in ("get", "post", "put", "patch", "delete")
    if hasattr(view, method)
]


def address(operation: str, ids: dict[str, str]) -> str:
    route = operation.split(" ")[1]
    for name, value in ids.items():
        route = route.replace(f"<str:{name}>", value)
    assert "<" not in route, f"{operation} has a variable that the test's world does not know"
    return f"/v1/{route}{QUERIES.get(operation, '')}"


def call(client: api.ApiClient, operation: str, ids: dict[str, str]) -> Any:
    method, path = operation.split(" ")[0], address(operation, ids)
    if method in ("GET", "DELETE"):
        return client.generic(method, path)
    if method == "PATCH":
        return client.generic("PATCH", path, json.dumps(BODIES[operation]))
    return getattr(client, method.lower())(path, BODIES.get(operation, {}))


def test_the_matrix_knows_every_operation() -> None:
    assert sorted(MATRIX) == sorted(OPERATIONS)


@pytest.mark.parametrize("operation", MATRIX)
def test_every_user_reaches_what_is_theirs_whatever_their_scopes(operation: str, idp: Provider, world: World) -> None:
    grant_everything()
    answers = {name: call(client, operation, world.test) for name, client in everybody(idp).items()}
    seen = tuple(answer.status_code for answer in answers.values())
    assert seen == MATRIX[operation], {name: answer.content for name, answer in answers.items()}
    refusals = {answer.json()["code"] for answer in answers.values() if answer.status_code == 403}
    allowed = {"NOT_FOR_USERS", "NOT_YOUR_OWN", "USER_HAS_NO_PARTY"}
    assert refusals <= (allowed | {"INSUFFICIENT_SCOPE"} if operation.endswith("reveal") else allowed)


@pytest.mark.parametrize("operation", [each for each in MATRIX if "<" in each])
def test_the_other_modes_ids_name_nothing_not_even_for_an_admin_or_a_key(
    operation: str, idp: Provider, world: World
) -> None:
    """Each id is there in its own mode, and is no id at all in the other: the same 404 that an invented id gets."""
    grant_everything()
    key = api.client(*catalogue.scopes())
    callers = [key] if MATRIX[operation][4] == 403 else [key, everybody(idp)["eve"]]
    live_key = api.client(*catalogue.scopes(), livemode=True)
    live_key.post("/v1/parties", {"partyId": "cus_live_only", "type": "CUSTOMER"})
    live_key.post("/v1/parties", {"partyId": "prov_live_only", "type": "PROVIDER"})
    live_key.post("/v1/payout-schedules", {"partyId": "prov_live_only", "interval": "DAILY"})
    live = {**world.live, "party_id": "cus_live_only", "provider_id": "prov_live_only"}
    there = call(live_key, operation, live)
    for caller in callers:
        here = call(caller, operation, world.test)
        foreign, invented = call(caller, operation, live), call(caller, operation, INVENTED)
        assert foreign.status_code == 404, foreign.content
        assert foreign.json()["code"] not in {here.json().get("code"), there.json().get("code")}
        assert facts_of(foreign, live) == facts_of(invented, INVENTED)


@pytest.mark.parametrize("operation", [each for each in MATRIX if 404 in MATRIX[each]])
def test_what_belongs_to_others_answers_as_what_nobody_has(operation: str, idp: Provider, world: World) -> None:
    grant_everything()
    stranger = everybody(idp)["cleo" if MATRIX[operation][2] == 404 else "dan"]
    others, invented = call(stranger, operation, world.test), call(stranger, operation, INVENTED)
    assert others.status_code == 404
    assert facts_of(others, world.test) == facts_of(invented, INVENTED)


INVENTED = {
    "endpoint_id": "whk_000000000000000000000000",
    "event_id": "evt_000000000000000000000000",
    "payment_id": "pay_1703123456789_k2n8m9p1q",
    "chargeback_id": "cb_000000000000000000000000",
    "transaction_id": "txn_1703123456789_x4y7z2a5b",
    "escrow_id": "ESC_1703123456789_ABCDEF12",
    "token": "tok_000000000000000000000000",
    "party_id": "cus_never_seen",
    "condition_id": "never_agreed",
    "version": "51708",
    "account_id": "ba_000000000000000000000000",
    "transfer_id": "ACH1703123456789ABCD",
    "payout_id": "po_000000000000000000000000",
    "verification_id": "bav_000000000000000000000000",
    "provider_id": "prov_never_seen",
    "reconciliation_id": "rec_000000000000000000000000",
}


def facts_of(response: Any, ids: dict[str, str]) -> dict[str, Any]:
    """The problem without what differs between any two requests."""
    text = response.content.decode()
    for name, value in ids.items():
        text = text.replace(value, name)
    body = json.loads(text)
    return {name: value for name, value in body.items() if name not in {"requestId", "timestamp"}}


class TestLists:
    def test_each_sees_their_own_and_an_admin_all_of_the_mode(self, idp: Provider, world: World) -> None:
        backend = api.client(*catalogue.scopes())
        other = backend.post("/v1/payments", {**PAYMENT, "customerId": CLEO, "providerId": DAN}).json()["paymentId"]
        seen = {
            name: {row["paymentId"] for row in client.get("/v1/payments").json()["data"]}
            for name, client in everybody(idp).items()
            if name != "fay"
        }
        mine = world.test["payment_id"]
        assert seen == {"ada": {mine}, "ben": {mine}, "cleo": {other}, "dan": {other}, "eve": {mine, other}}

    def test_no_filter_widens_a_list(self, idp: Provider, world: World) -> None:
        cleo = oidc.user(idp, party=CLEO)
        for query in (f"customerId={ADA}", f"providerId={BEN}", "status=COMPLETED", "createdAt[gte]=2020-01-01"):
            assert cleo.get(f"/v1/payments?{query}").json()["data"] == []

    def test_another_users_cursor_is_none(self, idp: Provider, world: World) -> None:
        backend = api.client(*catalogue.scopes())
        backend.post("/v1/payments", PAYMENT)
        cursor = oidc.user(idp, party=ADA).get("/v1/payments?limit=1").json()["nextCursor"]
        assert oidc.user(idp, party=ADA).get(f"/v1/payments?limit=1&cursor={cursor}").status_code == 200
        response = oidc.user(idp, party=CLEO).get(f"/v1/payments?limit=1&cursor={cursor}")
        assert (response.status_code, response.json()["code"]) == (400, "INVALID_CURSOR")

    def test_a_list_never_mixes_the_modes(self, idp: Provider, world: World) -> None:
        for livemode, here, there in ((False, world.test, world.live), (True, world.live, world.test)):
            key = api.client(*catalogue.scopes(), livemode=livemode)
            for path in ("/v1/payments", "/v1/parties", f"/v1/fraud/history?customerId={ADA}"):
                body = key.get(path).json()
                rows = body.get("data") or body["fraud_history" if "fraud_history" in body else "fraudHistory"]
                assert rows, path
                assert all(row.get("livemode", livemode) == livemode for row in rows)
                assert not set(there.values()) - {ADA, BEN} & set(json.dumps(rows).split('"')), path
            ids = {row["paymentId"] for row in key.get("/v1/payments").json()["data"]}
            assert ids == {here["payment_id"]}

    def test_an_own_list_costs_one_statement(self, idp: Provider, world: World, django_assert_num_queries: Any) -> None:
        """The party is found within the statement that reads the rows."""
        ben = oidc.user(idp, party=BEN, groups=["Provider"])
        ben.get("/v1/payments")
        with django_assert_num_queries(1):
            assert len(ben.get("/v1/payments").json()["data"]) == 1

    @pytest.mark.parametrize(
        ("standing", "party", "index"),
        [(Standing.CUSTOMER, ADA, "payment_by_customer"), (Standing.PROVIDER, BEN, "payment_by_provider")],
    )
    def test_an_own_list_is_walked_along_its_index(
        self, standing: Standing, party: str, index: str, world: World
    ) -> None:
        """In its order, without a sort: the same cost for a provider with ten payments and with a million."""
        somebody = User("pool", "sub", False, standing, party, frozenset())
        rows = Payments.owned_by["GET"].narrow(register.list_in_mode(livemode=False), somebody)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = rows.order_by("-created_at", "-pk")[:26].explain()
        assert index in plan
        assert "Sort" not in plan


class TestWhatIsShown:
    def test_the_buyer_does_not_see_how_the_payment_was_judged(self, idp: Provider, world: World) -> None:
        path = f"/v1/payments/{world.test['payment_id']}"
        full, seen = api.client("payments:read").get(path).json(), oidc.user(idp, party=ADA).get(path).json()
        judged = {"fraudScore": None, "fraudRecommendation": None, "complianceFlags": [], "auditTrail": []}
        assert full["fraudScore"] is not None
        assert full["auditTrail"]
        assert seen == full | judged

    def test_the_seller_does_not_see_the_token_of_the_buyers_card(self, idp: Provider, world: World) -> None:
        ben = oidc.user(idp, party=BEN, groups=["Provider"])
        one = ben.get(f"/v1/payments/{world.test['payment_id']}").json()
        [row] = ben.get("/v1/payments").json()["data"]
        for seen in (one, row):
            assert seen["card"] == {"token": "", "brand": "visa", "last4": "4242"}
            assert seen["fraudScore"] is None

    def test_the_answer_to_a_payment_and_its_replay_are_as_bare(self, idp: Provider, world: World) -> None:
        ada = oidc.user(idp, party=ADA)
        first = ada.post("/v1/payments", PAYMENT, headers={"Idempotency-Key": "k"})
        again = ada.post("/v1/payments", PAYMENT, headers={"Idempotency-Key": "k"})
        assert (first.status_code, again.status_code) == (201, 201)
        assert again["Idempotent-Replayed"] == "true"
        assert first.json() == again.json()
        assert (first.json()["fraudScore"], first.json()["auditTrail"]) == (None, [])

    def test_nor_does_a_payment_that_failed_say_its_score(self, idp: Provider, world: World) -> None:
        refused = oidc.user(idp, party=ADA).post("/v1/payments", {**PAYMENT, "cardNumber": "4000000000000002"})
        assert refused.status_code == 402, refused.content
        assert (refused.json()["fraudScore"], refused.json()["auditTrail"]) == (None, [])

    def test_the_tag_of_a_payment_is_the_same_for_all_who_see_it_and_cannot_be_searched_through(
        self, idp: Provider, world: World
    ) -> None:
        """It stands for the score as well, which its buyer is not shown: so it is keyed, and no plain hash."""
        path = f"/v1/payments/{world.test['payment_id']}"
        full, seen = api.client("payments:read").get(path), oidc.user(idp, party=ADA).get(path)
        assert full["ETag"] == seen["ETag"]
        state = {name: value for name, value in full.json().items() if name not in {"success", "auditTrail"}}
        text = json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest()[:32] not in full["ETag"]


class TestActing:
    def test_the_audit_names_the_user_by_subject_and_no_mail_address(self, idp: Provider, world: World) -> None:
        ada = oidc.user(idp, party=ADA, sub="5f1a-ada", email="ada@example.org", username="ada@example.org")
        paid = ada.post("/v1/payments", PAYMENT).json()
        entries = AuditEntry.objects.filter(actor_kind="USER")
        assert {entry.actor_id for entry in entries} == {f"{idp.code}/5f1a-ada"}
        assert Payment.objects.get(public_id=paid["paymentId"]).created_by == f"USER:{idp.code}/5f1a-ada"
        assert not AuditEntry.objects.filter(details__icontains="example.org").exists()

    def test_a_user_pays_from_where_the_request_comes_from(self, idp: Provider, world: World) -> None:
        """What a buyer says of the own address is worth nothing; what a marketplace's backend says is believed."""
        said = {**PAYMENT, "ipAddress": "203.0.113.9"}
        by_user = oidc.user(idp, party=ADA).post("/v1/payments", said, REMOTE_ADDR="198.51.100.7").json()
        by_key = api.client("payments:write").post("/v1/payments", said, REMOTE_ADDR="198.51.100.7").json()
        addresses = [
            Payment.objects.get(public_id=body["paymentId"]).client["ip_address"] for body in (by_user, by_key)
        ]
        assert addresses == ["198.51.100.7", "203.0.113.9"]

    def test_a_token_of_nobodys_is_not_a_users_own(self, idp: Provider, world: World) -> None:
        backend = api.client("card-tokens:write", "payments:write")
        free = backend.post("/v1/card-tokens", CARD).json()["cardToken"]
        cleos = backend.post("/v1/card-tokens", {**CARD, "customerId": CLEO}).json()["cardToken"]
        ada = oidc.user(idp, party=ADA)
        own = ada.post("/v1/card-tokens", {**CARD, "customerId": ADA}).json()["cardToken"]
        order = {"amount": 1000, "customerId": ADA}
        assert ada.post("/v1/payments", {**order, "cardToken": own}).status_code == 201
        for token in (free, cleos):
            assert ada.post("/v1/payments", {**order, "cardToken": token}).json()["code"] == "CARD_TOKEN_NOT_FOUND"
        assert backend.post("/v1/payments", {**order, "cardToken": free}).status_code == 201

    @pytest.mark.parametrize("body", [{}, {"customerId": None}, {"customerId": CLEO}, {"customerId": [ADA]}])
    def test_another_customer_or_none_is_refused_at_the_field(
        self, body: dict[str, Any], idp: Provider, world: World
    ) -> None:
        response = oidc.user(idp, party=ADA).post("/v1/card-tokens", {**CARD, **body})
        assert (response.status_code, response.json()["code"]) == (403, "NOT_YOUR_OWN")
        assert response.json()["errors"] == [{"pointer": "/customerId", "detail": "must be your own party id"}]

    def test_idempotency_keys_are_each_users_own(self, idp: Provider, world: World) -> None:
        same = {"Idempotency-Key": "order-1"}
        first = oidc.user(idp, party=ADA).post("/v1/payments", PAYMENT, headers=same)
        other = oidc.user(idp, party=CLEO).post("/v1/payments", {**PAYMENT, "customerId": CLEO}, headers=same)
        by_key = api.client("payments:write").post("/v1/payments", PAYMENT, headers=same)
        assert {first.status_code, other.status_code, by_key.status_code} == {201}
        assert len({answer.json()["paymentId"] for answer in (first, other, by_key)}) == 3

    def test_rates_are_each_users_own(self, idp: Provider, world: World) -> None:
        now = clock.now()
        for name, value in (
            ("per_minute.rate", 60),
            ("per_minute.burst", 60),
        ):  # so that nothing comes back while it looks
            parameters.change(
                name=f"throttle.api.read.{name}", value=value, effective_from=now, reason="t", actor=SYSTEM, now=now
            )
        ada, cleo = oidc.user(idp, party=ADA), oidc.user(idp, party=CLEO)
        left = [int(each.get("/v1/payments")["RateLimit"].split("r=")[1].split(";")[0]) for each in (ada, ada, cleo)]
        assert left[1] < left[0]
        assert left[2] == left[0]

    def test_by_their_shipped_scopes_customers_and_providers_change_little(self, idp: Provider, world: World) -> None:
        users = everybody(idp)
        for name in ("ada", "ben"):
            for operation in ("POST payments/<str:payment_id>/refunds", "POST fraud/reports", "POST parties"):
                answer = call(users[name], operation, world.test)
                assert (answer.status_code, answer.json()["code"]) == (403, "INSUFFICIENT_SCOPE")
        reveal = call(users["eve"], "POST card-tokens/<str:token>/reveal", world.test)
        assert (reveal.status_code, reveal.json()["code"]) == (403, "INSUFFICIENT_SCOPE")

    def test_a_token_opens_no_page_of_the_console(self, idp: Provider) -> None:
        eve = everybody(idp)["eve"]
        response = eve.get("/admin/")
        assert response.status_code == 302
        assert "login" in response["Location"]


class TestLinkedUsers:
    """A marketplace's backend says which party a user is; no claim is needed, and none is believed."""

    def test_a_user_acts_as_the_party_from_the_link_to_its_end(self, idp: Provider, world: World) -> None:
        backend = api.client("users:read", "users:write", "payments:read")
        gus = oidc.user(idp, sub="gus-1")
        name = {"issuer": idp.code, "subject": "gus-1"}
        assert gus.get("/v1/payments").json()["code"] == "USER_HAS_NO_PARTY"
        linked = backend.post(f"/v1/parties/{ADA}/users", name)
        assert (linked.status_code, linked.json()["partyId"]) == (201, ADA)
        assert [row["paymentId"] for row in gus.get("/v1/payments").json()["data"]] == [world.test["payment_id"]]
        assert backend.post(f"/v1/parties/{CLEO}/users", name).json()["code"] == "USER_ALREADY_LINKED"
        ended = backend.post(f"/v1/parties/{ADA}/users/unlink", name)
        assert ended.status_code == 200
        assert ended.json()["endedAt"]
        assert gus.get("/v1/payments").json()["code"] == "USER_HAS_NO_PARTY"
        assert [row["subject"] for row in backend.get(f"/v1/parties/{ADA}/users").json()["users"]] == ["gus-1"]

    @pytest.mark.parametrize(
        ("party_id", "name", "status", "code"),
        [
            ("cus_never_seen", {}, 404, "PARTY_NOT_FOUND"),
            (ADA, {"issuer": "nobody"}, 400, "INVALID_USER_LINK"),
            (ADA, {"subject": "jane@example.org"}, 400, "INVALID_USER_LINK"),
        ],
    )
    def test_a_link_to_nothing_is_refused(
        self, party_id: str, name: dict[str, str], status: int, code: str, idp: Provider, world: World
    ) -> None:
        body = {"issuer": idp.code, "subject": "gus-1"} | name
        response = api.client("users:write").post(f"/v1/parties/{party_id}/users", body)
        assert (response.status_code, response.json()["code"]) == (status, code)

    def test_users_of_a_test_issuer_are_no_live_parties(self, idp: Provider, world: World) -> None:
        live = api.client("users:write", livemode=True)
        response = live.post(f"/v1/parties/{ADA}/users", {"issuer": idp.code, "subject": "gus-1"})
        assert response.json()["code"] == "INVALID_USER_LINK"
