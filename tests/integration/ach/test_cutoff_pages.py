"""Pages about cutoffs, originators and dishonored returns: how far each has come, and what happens next and when."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ach.enums import EntryState
from ach.models import Cutoff, Dishonor, Entry, File, InboundItem, Originator
from ach.services import cutoffs, dishonors, entries
from core import clock
from core.actors import SYSTEM
from core.console import jumps
from tests.factories import ach_console, ach_inbound, ach_outbound, bank_accounts, staff
from tests.factories.ach_inbound import CAME, Said, answers, came
from tests.factories.ach_outbound import CUTOFF
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def treasury() -> Client:
    return staff.signed_in("TREASURY", email="tess@holdfast.example")


@pytest.fixture(autouse=True)
def _evening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Monday 2 March 2026, ten to five in New York."""
    monkeypatch.setattr(clock, "now", lambda: CUTOFF)


def text(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode().split("<main")[1]


def says(html: str) -> str:
    """What the page says happens next."""
    return html.split("What happens next: ")[1].split("</p>")[0]


class TestCutoffs:
    def test_from_claim_to_delivery(self, treasury: Client, tmp_path: Path) -> None:
        """460.00 and 1,250.55 leave at ten to five, and the bank has four hours to say that it has them."""
        file = ach_console.delivered(tmp_path)
        cutoff = Cutoff.objects.get()
        html = text(treasury, "ach_cutoff", cutoff.public_id)
        for said in (
            "Mon 16:50 in New York", "1 of 1 files", "0 of 2 entries", "none needed", "1,710.55", file.name,
            "Entries claimed", f"?cutoff={cutoff.public_id}&amp;state=SENT",
        ):  # fmt: skip
            assert said in html, said
        assert f"The bank acknowledges {file.name}, or people are told" in says(html)
        assert "3 Mar 2026" in says(html), "01:50 UTC, four hours later"
        listed = text(treasury, "ach_entries", cutoff=cutoff.public_id)
        assert listed.count('class="row-link"') == 2
        assert "Only entries that left at one cutoff" in listed

    def test_it_waits_for_signatures_until_the_question_expires(self, treasury: Client, tmp_path: Path) -> None:
        staff.person("CONTROLLER")
        file = ach_console.filed(tmp_path, amounts=(6_000_000,))
        assert file.state == "UNSIGNED"
        html = text(treasury, "ach_cutoff", file.cutoff.public_id)
        assert "without them it is withdrawn and its entries wait again" in says(html)
        assert reverse("admin:approval", args=[file.approval_id]) in says(html)
        assert f"{file.name}: pending" in html

    def test_what_stays_behind_is_counted_and_leads_there(self, treasury: Client, tmp_path: Path) -> None:
        ach_outbound.folder_bank(tmp_path)
        held = ach_outbound.submitted(amount_minor=7_777)
        entries.hold(entry_id=held.public_id, why="asked by the seller", actor=SYSTEM, now=NOW)
        ach_outbound.submitted()
        cutoffs.run_due(now=CUTOFF)
        html = text(treasury, "ach_cutoff", Cutoff.objects.get().public_id)
        behind = html.split('id="behind"')[1].split("</section>")[0]
        assert "Held" in behind
        assert "77.77" in behind
        assert "state=HELD" in behind

    def test_a_refused_file_is_to_be_rebuilt(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.delivered(tmp_path)
        File.objects.filter(pk=file.pk).update(state="REJECTED")
        assert f"The bank refuses {file.name}: rebuild it" in says(text(treasury, "ach_cutoff", file.cutoff.public_id))

    def test_settlement_is_the_last_thing_that_comes_by_itself(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.delivered(tmp_path)
        File.objects.filter(pk=file.pk).update(state="ACKNOWLEDGED", acknowledged_at=CUTOFF)
        Entry.objects.update(state=EntryState.ACKNOWLEDGED)
        html = says(text(treasury, "ach_cutoff", file.cutoff.public_id))
        assert "Its entries settle" in html
        assert "3 Mar 2026" in html
        at = CUTOFF + timedelta(days=1)
        Entry.objects.update(state=EntryState.SETTLED, settled_at=at)
        html = text(treasury, "ach_cutoff", file.cutoff.public_id)
        assert "Nothing: what can still come are returns" in says(html)
        assert "2 of 2 entries" in html

    def test_the_list_narrows_and_asks_no_row_at_a_time(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.delivered(tmp_path)
        url = reverse("admin:ach_cutoffs")
        assert "1,710.55" in text(treasury, "ach_cutoffs", state="DONE")
        assert "No cutoff fits" in text(treasury, "ach_cutoffs", state="CLAIMED")
        assert "1,710.55" in text(treasury, "ach_cutoffs", originator=file.originator.public_id)

        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert treasury.get(url).status_code == 200
            return len([query for query in captured if "ach_" in (query["sql"] or "")])

        one = statements()
        for place in range(4):
            Cutoff.objects.create(
                public_id=f"cut_{place}", livemode=False, originator=file.originator,
                at=CUTOFF + timedelta(hours=place + 1), created_at=CUTOFF,
            )  # fmt: skip
        assert statements() == one <= 4
        rows = treasury.get(url, {"format": "csv"})
        assert rows.status_code == 200
        assert b"1710.55" in b"".join(rows.streaming_content)

    def test_it_is_found_and_is_of_its_mode(self, treasury: Client, tmp_path: Path) -> None:
        cutoff = ach_console.delivered(tmp_path).cutoff
        page = reverse("admin:ach_cutoff", args=[cutoff.public_id])
        assert jumps.address(cutoff.public_id) == page
        assert treasury.get("/admin/search/", {"q": cutoff.public_id})["Location"] == page
        treasury.post("/admin/data-mode/", {"mode": "live"})
        assert treasury.get(page).status_code == 404


class TestOriginators:
    def test_what_it_sends_when_and_within_which_limits(self, treasury: Client) -> None:
        originator = Originator.objects.get()
        assert originator.name in text(treasury, "ach_originators", transport="SANDBOX", state="OPEN")
        assert "No originator fits" in text(treasury, "ach_originators", state="CLOSED")
        html = text(treasury, "ach_originator", originator.public_id)
        for said in (
            "9000000017", "SANDBOX BANK", "same day 2", "14:15", "1,000,000.00", "ach.same_day_limit_minor",
            "Prearranged payment or deposit", "Telephone-initiated entry", "Sandbox bank", 'class="gauge"',
        ):  # fmt: skip
            assert said in html, said

    def test_no_secret_is_shown_though_somebody_had_written_one(self, treasury: Client) -> None:
        Originator.objects.update(
            transport="SFTP",
            settings={
                "host": "bank.example", "password_env": "HOLDFAST_ACH_BANK", "fingerprint": "SHA256:abc",
                "password": "hunter2-hunter2", "private_key": "-----BEGIN",
            },
        )  # fmt: skip
        html = text(treasury, "ach_originator", Originator.objects.get().public_id)
        assert "bank.example" in html
        assert "HOLDFAST_ACH_BANK" in html
        assert "SHA256:abc" in html
        assert "hunter2" not in html
        assert "BEGIN" not in html
        assert html.count("••••") == 2

    def test_it_is_of_its_mode(self, treasury: Client) -> None:
        page = reverse("admin:ach_originator", args=[Originator.objects.get().public_id])
        treasury.post("/admin/data-mode/", {"mode": "live"})
        assert treasury.get(page).status_code == 404


class TestDishonors:
    """A return for want of funds that came five banking days late, sent back with a controller's signature."""

    @pytest.fixture
    def made(self, monkeypatch: pytest.MonkeyPatch) -> Dishonor:
        monkeypatch.setattr(clock, "now", lambda: CAME)
        entry = ach_inbound.settled(bank_accounts.active("prov_late"), amount=12_300, on=date(2026, 3, 10))
        Entry.objects.filter(pk=entry.pk).update(settles_on="2026-03-03")
        came(answers(Said(entry, "R01")))
        controller = staff.person("CONTROLLER")
        asked = ach_inbound.asked(dishonors.DISHONOR, InboundItem.objects.get().public_id, code="R68")
        ach_inbound.signed(asked, controller)
        return Dishonor.objects.select_related("item").get()

    def test_its_clock_and_what_comes_of_it(self, treasury: Client, made: Dishonor) -> None:
        """It settles on Thursday the 12th, and can be contested until the end of Monday the 16th, Eastern."""
        assert "123.00" in text(treasury, "ach_dishonors", state="OPEN")
        assert "No return was sent back" in text(treasury, "ach_dishonors", state="UNDONE")
        page = reverse("admin:ach_dishonor", args=[made.public_id])
        html = text(treasury, "ach_dishonor", made.public_id)
        assert "It leaves with the file of its cutoff" in says(html)
        assert "What the bank is told" in html
        Dishonor.objects.update(sent_at=CAME)
        html = text(treasury, "ach_dishonor", made.public_id)
        assert "If its bank does not contest it, the return is undone" in says(html)
        assert "17 Mar 2026" in says(html)
        for said in ("R68", "prov_late", made.approval_id, reverse("admin:ach_item", args=[made.item.public_id])):
            assert said in html, said
        assert page in text(treasury, "ach_item", made.item.public_id)
        assert treasury.get("/admin/search/", {"q": made.public_id})["Location"] == page
        dishonors.undo_due(now=made.contestable_until)
        html = text(treasury, "ach_dishonor", made.public_id)
        assert "the return is undone, and its money is where it was" in says(html)
        treasury.post("/admin/data-mode/", {"mode": "live"})
        assert treasury.get(page).status_code == 404


@pytest.mark.parametrize("name", ["ach_cutoffs", "ach_originators", "ach_dishonors"])
def test_who_has_nothing_to_do_with_the_rail_does_not_get_in(name: str) -> None:
    assert staff.signed_in("FRAUD_ANALYST").get(reverse(f"admin:{name}")).status_code == 403
