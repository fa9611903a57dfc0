"""POST and GET /v1/escrow-reconciliations: for keys that name the scope, of their own mode, once."""

import pytest

from core import clock
from core.api import scopes
from core.work import services as work
from escrow.models import ReconciliationRun
from tests.factories import api
from tests.factories.reconciliation import held, tamper

pytestmark = pytest.mark.django_db

URL = "/v1/escrow-reconciliations"


def test_a_key_asks_a_worker_compares_and_the_key_reads_what_came_out() -> None:
    escrow = held()
    tamper("UPDATE escrow_part SET amount_minor = 45900 WHERE escrow_id = %s", escrow.pk)
    client = api.client("escrows:reconcile")
    asked = client.post(URL, {"fullAudit": False})
    assert asked.status_code == 202, asked.content
    said = asked.json()
    assert (said["status"], said["fullAudit"], said["livemode"], said["finishedAt"]) == ("WAITING", False, False, None)

    work.drain(now=clock.now())
    shown = client.get(f"{URL}/{said['reconciliationId']}").json()
    assert (shown["status"], shown["certificateId"]) == ("BROKEN", None)
    broken = {row["kind"]: row for row in shown["breaks"]}
    row = broken["PARTS_DIFFER"]
    assert (row["subject"], row["expectedAmount"], row["actualAmount"], row["currency"]) == (
        escrow.public_id, 46_000, 45_900, "USD",
    )  # fmt: skip
    assert row["scope"] == f"escrow:{escrow.public_id}"


def test_the_same_request_twice_is_one_run_and_another_has_to_wait() -> None:
    client = api.client("escrows:reconcile")
    key = {"Idempotency-Key": "one"}
    first, again = client.post(URL, {}, headers=key), client.post(URL, {}, headers=key)
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ReconciliationRun.objects.count() == 1
    other = client.post(URL, {})
    assert (other.status_code, other.json()["code"]) == (409, "RECONCILIATION_UNDER_WAY")
    assert api.client("escrows:reconcile", livemode=True).post(URL, {}).status_code == 202, "the other book is free"


def test_the_run_of_the_other_mode_is_not_there() -> None:
    run_id = api.client("escrows:reconcile").post(URL, {}).json()["reconciliationId"]
    answer = api.client("escrows:reconcile", livemode=True).get(f"{URL}/{run_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "RECONCILIATION_NOT_FOUND")


def test_the_scope_is_in_a_key_only_by_name() -> None:
    assert "escrows:reconcile" in scopes.dangerous()
    assert api.client("escrows:read", "escrows:write").post(URL, {}).status_code == 403


@pytest.mark.parametrize("body", [{"book": "live"}, {"fullAudit": "yes please"}, {"fullAudit": None}])
def test_a_body_with_anything_else_is_refused(body: dict[str, object]) -> None:
    assert api.client("escrows:reconcile").post(URL, body).status_code == 400
    assert not ReconciliationRun.objects.exists()
