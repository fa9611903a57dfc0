"""The list of escrows, the page of one, and what each role may do there."""

import pytest
import time_machine
from django.test import Client

from escrow.enums import LockReason
from escrow.models import Escrow
from escrow.services import locks
from tests import plans
from tests.factories import escrows, staff
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock_at_noon():
    with time_machine.travel(NOW, tick=True):
        yield


def page(client: Client, escrow: Escrow, path: str = "") -> str:
    response = client.get(f"/admin/escrows/{escrow.public_id}/{path}")
    assert response.status_code == 200, response
    return response.content.decode()


def act(client: Client, escrow: Escrow, path: str, **fields: str) -> str:
    """Where the act leads, with what it says."""
    return client.post(f"/admin/escrows/{escrow.public_id}/{path}/", fields, follow=True).content.decode()


def test_the_list_says_what_happens_if_nobody_acts() -> None:
    treasury = staff.signed_in("TREASURY")
    made, funded = escrows.create(), escrows.funded(booking_id="book_2")
    text = treasury.get("/admin/escrows/").content.decode()
    assert made.public_id in text
    assert "unfunded" in text
    text = treasury.get("/admin/escrows/?status=FUNDED").content.decode()
    assert funded.public_id in text
    assert made.public_id not in text
    assert "to the payer" in text


def test_a_page_of_fifty_costs_what_a_page_of_two_costs(django_assert_max_num_queries) -> None:
    treasury = staff.signed_in("TREASURY")
    for number in range(2):
        escrows.funded(booking_id=f"book_{number}")
    treasury.get("/admin/escrows/")
    with django_assert_max_num_queries(30) as few:
        treasury.get("/admin/escrows/")
    for number in range(10):
        escrows.funded(booking_id=f"more_{number}")
    with django_assert_max_num_queries(len(few)):
        treasury.get("/admin/escrows/")


def test_the_page_shows_money_terms_parts_and_what_comes_next() -> None:
    escrow = escrows.funded(400_000, document=escrows.terms(("site", 100_000), ("roof", 300_000)))
    text = page(staff.signed_in("TREASURY"), escrow)
    for words in (
        "4,000.00", "escrow_held:", "1,000.00", "3,000.00", "All conditions have to be met.",
        "336 hours after funding it is released, if the conditions are met.", "Parts may be released.",
        "PAYEE_CANNOT_APPROVE:prov_provider456", "If nobody acts", "<code>roof</code>",
    ):  # fmt: skip
        assert words in text, words


def test_treasury_funds_meets_and_releases_a_milestone() -> None:
    treasury = staff.signed_in("TREASURY")
    escrow = escrows.create(400_000, document=escrows.terms(("site", 100_000), ("roof", 300_000)))
    assert "Funded: the clocks of its terms run." in act(treasury, escrow, "fund", reference="WIRE-9")
    said = act(treasury, escrow, "release", condition="site", reason="site is ready")
    assert "Required conditions not satisfied: site." in said
    evidence = f"{'0' * 64}  site.pdf"
    assert "The condition is met." in act(treasury, escrow, "conditions/site/satisfy", evidence=evidence)
    assert "site.pdf" in page(treasury, escrow)
    assert "Released to the payee." in act(treasury, escrow, "release", condition="site", reason="site is ready")
    escrow.refresh_from_db()
    assert (escrow.status, escrow.released_minor, escrow.held_minor) == ("FUNDED", 100_000, 300_000)


def test_evidence_that_is_no_hash_is_refused_at_the_field() -> None:
    escrow = escrows.funded()
    response = staff.signed_in("TREASURY").post(
        f"/admin/escrows/{escrow.public_id}/conditions/cond_service_completion/satisfy/", {"evidence": "photo.jpg"}
    )
    assert response.status_code == 400
    assert "64 hexadecimal digits" in response.content.decode()


def test_who_holds_does_not_free_and_neither_the_reason_nor_the_note_is_told_outside() -> None:
    escrow = escrows.funded()
    one, other = staff.signed_in("COMPLIANCE"), staff.signed_in("COMPLIANCE")
    assert "Held: nothing moves" in act(one, escrow, "hold", reason="COMPLIANCE", note="asked by the bank")
    assert "whoever placed a hold does not lift it" in act(one, escrow, "free", reason="COMPLIANCE", note="fine")
    escrow.refresh_from_db()
    assert escrow.status == "LOCKED"
    assert "The hold is lifted." in act(other, escrow, "free", reason="COMPLIANCE", note="the bank agrees")
    escrow.refresh_from_db()
    assert escrow.status == "FUNDED"


def test_a_reader_is_offered_no_act_and_reaches_none() -> None:
    escrow = escrows.funded()
    auditor = staff.signed_in("AUDITOR")
    assert "You may look." in page(auditor, escrow)
    for path in ("release", "refund", "hold", "free", "fund"):
        assert auditor.post(f"/admin/escrows/{escrow.public_id}/{path}/").status_code == 403


def test_the_search_box_opens_an_escrow_and_finds_it_by_its_booking() -> None:
    escrow = escrows.create()
    treasury = staff.signed_in("TREASURY")
    for text in (escrow.public_id, "book_20240115001"):
        response = treasury.get("/admin/search/", {"q": text})
        assert response.url == f"/admin/escrows/{escrow.public_id}/"


def test_a_lock_narrows_the_list() -> None:
    held, free = escrows.funded(booking_id="a"), escrows.funded(booking_id="b")
    locks.hold(
        escrow_id=held.public_id, livemode=False, reason=LockReason.FRAUD, note="x",
        actor=staff.person("FRAUD_LEAD").user.actor(), now=NOW,
    )  # fmt: skip
    text = staff.signed_in("TREASURY").get("/admin/escrows/?lock=FRAUD").content.decode()
    assert held.public_id in text
    assert free.public_id not in text


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "escrow_newest_first"),
        ("status=FUNDED", "escrow_by_status"),
        ("payer=cus_customer123", "escrow_by_payer"),
        ("payee=prov_provider456", "escrow_by_payee"),
        ("booking=book_20240115001", "escrow_by_booking"),
    ],
)
def test_each_filter_walks_its_index(query: str, index: str) -> None:
    escrows.create()
    treasury = staff.signed_in("TREASURY")
    read = plans.statements(lambda: treasury.get(f"/admin/escrows/?{query}"), "escrow_escrow")
    (listing,) = [each for each in read if "ORDER BY" in each and '"escrow_escrow"."created_at" DESC' in each]
    found = plans.nodes(listing)
    assert not {"Seq Scan", "Sort"} & {node["Node Type"] for node in found}
    assert index in {node.get("Index Name") for node in found}
