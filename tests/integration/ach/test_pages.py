"""The pages of the rail: what each shows, who may act, what is masked, and that no list asks a row at a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ach.enums import CaseKind, EntryState, FileState
from ach.models import AccountStop, Case, Entry, File, InboundFile
from ach.services import cases, contents, cutoffs, entries
from ach.views import file_records
from core import clock
from core.actors import SYSTEM
from core.approvals.models import ApprovalRequest
from core.audit.models import AuditEntry
from core.console import jumps
from tests.factories import ach_console, ach_inbound, ach_outbound, bank_accounts, staff
from tests.factories.ach_console import Rail
from tests.factories.ach_inbound import CAME
from tests.factories.ach_outbound import CUTOFF
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def treasury() -> Client:
    return staff.signed_in("TREASURY", email="tess@holdfast.example")


@pytest.fixture
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Monday 2 March 2026, ten in New York."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def text(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode().split("<main")[1]


def post(client: Client, name: str, *args: object, **said: str) -> tuple[int, str]:
    answer = client.post(reverse(f"admin:{name}", args=args), said, follow=True)
    return answer.status_code, answer.content.decode().split("<main")[1]


def count(client: Client, url: str) -> int:
    """Statements about tables of the rail."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([query for query in captured if "ach_" in (query["sql"] or "")])


def row_of(html: str, word: str) -> str:
    """The one row of a table that has the word."""
    found = [row for row in html.split("<tr") if word in row]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.usefixtures("_monday")
def test_the_overview_says_what_leaves_at_which_cutoff(treasury: Client) -> None:
    """460.00 out and 25.00 in with the five o'clock file, 1,250.55 with the window of a quarter past two."""
    ach_outbound.submitted()
    ach_outbound.submitted(amount_minor=2_500, direction="DEBIT")
    ach_outbound.submitted(amount_minor=125_055, priority="SAME_DAY")
    html = text(treasury, "ach")
    evening = row_of(html, "due=2026-03-02T21%3A50%3A00%2B00%3A00")
    assert "Mon 16:50" in evening
    assert "standard" in evening
    assert ">2<" in evening
    assert "25.00" in evening
    assert "460.00" in evening
    window = row_of(html, "1,250.55")
    assert "Mon 09:50" not in window, "that window has closed"
    assert "same day 2" in window
    listed = text(treasury, "ach_entries", state="WAITING", due="2026-03-02T21:50:00+00:00")
    assert "460.00" in listed
    assert "1,250.55" not in listed
    assert "Only entries of the cutoff" in listed


def test_what_needs_a_person_is_counted_and_leads_there(treasury: Client) -> None:
    ach_console.rail()
    held = ach_outbound.submitted()
    entries.hold(entry_id=held.public_id, why="asked by the seller", actor=SYSTEM, now=NOW)
    html = text(treasury, "ach")
    for url, figure in (
        ("/admin/ach/cases/", "2"), ("/admin/ach/suspense/", "1"), ("/admin/ach/changes/", "1"),
        ("/admin/ach/entries/?state=HELD", "1"), ("/admin/ach/entries/?state=PARKED", "0"),
    ):  # fmt: skip
        tile = html.split(f'href="{url}"')[1].split("</a>")[0]
        assert f'<span class="figure">{figure}</span>' in tile, url
    assert "1 overdue" in html, "the correction of March was to be applied within six banking days"
    assert 'class="gauge"' in html
    # One entry waits past its cutoff, in no file: somebody has to hear of that.
    assert '<span class="figure">0</span>' in html.split("Unmapped entries")[1][:120]
    ach_outbound.submitted()
    assert '<span class="figure">1</span>' in text(treasury, "ach").split("Unmapped entries")[1][:120]


def test_an_entry_is_followed_from_its_request_to_its_return(treasury: Client, tmp_path: Path) -> None:
    file = ach_console.delivered(tmp_path)
    entry = Entry.objects.get(amount_minor=46_000)
    ach_inbound.returned(entry, "R03")
    html = text(treasury, "ach_entry", entry.public_id)
    for said in (
        entry.reference, file.name, "1 · PPD PAYOUT", f"?line={entry.line}#L{entry.line}", entry.trace, "none needed",
        "Delivered", "R03 no account, or unable to locate it", entry.account.masked, "The account is stopped by R03",
        "usr_treasurer", "File delivered",
    ):  # fmt: skip
        assert said in html, said
    assert html.index("Asked for") < html.index("Batch") < html.index("Trace") < html.index("Came back")
    assert "What can be done" not in html, "an account that is unknown is not tried again"
    assert entry.account.fingerprint not in html


def test_a_file_says_what_it_carries_and_how_it_left(treasury: Client, tmp_path: Path) -> None:
    file = ach_console.delivered(tmp_path)
    html = text(treasury, "ach_file", file.public_id)
    for said in (file.sha256, "1,710.55", "950 bytes", file.entry_hash, "260302 1650 A", "?line=2#L2", "16:50"):
        assert said in html or said == "16:50", said
    assert f"?file={file.public_id}&amp;direction=CREDIT" in html
    listed = text(treasury, "ach_entries", file=file.public_id)
    assert listed.index("1,250.55") < listed.index("460.00"), "from the end of the file"
    assert file.name in text(treasury, "ach_files", state="DELIVERED")
    assert file.name not in text(treasury, "ach_files", state="READY")


class TestRecords:
    def test_are_shown_field_by_field_without_numbers_and_names(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.filed(tmp_path, name="Xaviera Quill")
        html = text(treasury, "ach_file_records", file.public_id)
        entry = Entry.objects.get(line=3)
        line = html.split('id="L3"')[1].split('id="L4"')[0]
        assert f"/admin/ach/entries/{entry.public_id}/" in line
        assert 'data-says="Account number, columns 13 to 29, masked"' in line
        assert f"•••••{entry.account.last4}" in line
        assert "0000046000" in line
        assert 'data-tells="entry.account"' in line
        assert 'id="m-entry.account"' in html
        for hidden in [line[12:29].strip() for line in contents.open_(file).decode().splitlines() if line[0] == "6"]:
            assert hidden not in html
        assert "Xaviera" not in html
        assert "Quill" not in html

    def test_looking_is_recorded_and_a_line_has_its_address(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.filed(tmp_path)
        html = text(treasury, "ach_file_records", file.public_id, line="4")
        assert 'class="entry at" id="L4"' in html
        row = AuditEntry.objects.get(action="ach.file.read")
        assert (row.actor_id, row.subject) == ("tess@holdfast.example", file.public_id)
        assert row.facts == {"first_line": 1, "lines": 10, "livemode": False}
        assert "of <span" in html
        assert "Lines" in text(treasury, "ach_file_records", file.public_id, line="two")

    def test_a_page_ends_anywhere_and_the_next_knows_its_batch(
        self, treasury: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert file_records.LINES == 200
        monkeypatch.setattr(file_records, "LINES", 3)
        url = reverse("admin:ach_file_records", args=[ach_console.filed(tmp_path).public_id])
        first, second, last = (treasury.get(url, {"line": line}).content.decode() for line in ("3", "4", "10"))
        assert 'id="L3"' in first
        assert 'id="L4"' not in first
        assert f'rel="next" href="{url}?line=4"' in first
        assert f'rel="prev" href="{url}?line=1"' in second
        # The header of the batch stands on the page before.
        assert f"/admin/ach/entries/{Entry.objects.get(line=4).public_id}/" in second
        assert 'id="L10"' in last
        assert 'rel="next" href' not in last

    def test_of_a_long_file_stand_on_several_pages(self, treasury: Client, tmp_path: Path) -> None:
        """250 payouts are 254 records, filled up to 260 lines: 200 and 60."""
        ach_outbound.folder_bank(tmp_path)
        first = ach_outbound.submitted(ach_outbound.account())
        whole = {field.name: getattr(first, field.name) for field in Entry._meta.concrete_fields if field.name != "id"}
        Entry.objects.bulk_create(
            Entry(**{**whole, "public_id": f"ent_long{number:03}", "reference": f"ACHLONG{number:03}"})
            for number in range(249)
        )
        assert cutoffs.run_due(now=CUTOFF).entries == 250
        file = File.objects.get()
        assert file.lines == 260
        url = reverse("admin:ach_file_records", args=[file.public_id])
        top = treasury.get(url).content.decode()
        assert top.count(' id="L') == 200
        assert f'rel="next" href="{url}?line=201"' in top
        rest = treasury.get(url, {"line": "252"}).content.decode()
        assert rest.count(' id="L') == 60
        assert f'rel="prev" href="{url}?line=1"' in rest
        assert 'rel="next" href' not in rest
        last = Entry.objects.get(line=252)
        assert f"/admin/ach/entries/{last.public_id}/" in rest, "the 250th payout, of a batch that began a page before"
        seen = AuditEntry.objects.filter(action="ach.file.read").order_by("id")
        assert [(row.facts["first_line"], row.facts["lines"]) for row in seen] == [(1, 200), (201, 60)]

    def test_of_a_file_that_is_damaged_or_not_written_nothing_is_shown(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.filed(tmp_path)
        ach_outbound.past_the_rules("UPDATE ach_file SET content = %s WHERE id = %s", b"\x00" * 64, file.pk)
        answer = treasury.get(reverse("admin:ach_file_records", args=[file.public_id]), follow=True)
        assert "Stored data cannot be read" in answer.content.decode()
        assert not AuditEntry.objects.filter(action="ach.file.read").exists()


class TestActs:
    def test_an_entry_is_held_freed_and_cancelled(self, treasury: Client) -> None:
        entry = ach_outbound.submitted(now=clock.now())
        assert post(treasury, "ach_entry_hold", entry.public_id, why="")[0] == 400
        assert "Held: it lets" in post(treasury, "ach_entry_hold", entry.public_id, why="the seller asked")[1]
        assert "The seller asked" in text(treasury, "ach_entry", entry.public_id)
        assert "Freed: it leaves" in post(treasury, "ach_entry_free", entry.public_id)[1]
        assert "Cancelled: it never" in post(treasury, "ach_entry_cancel", entry.public_id, why="paid twice")[1]
        html = post(treasury, "ach_entry_free", entry.public_id)[1]
        assert "The entry cannot do this now" in html
        entry.refresh_from_db()
        assert (entry.state, entry.state_why) == (EntryState.CANCELLED, "paid twice")
        assert "What can be done" not in html

    def test_a_file_is_carried_by_one_person_and_confirmed_by_another(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.filed(tmp_path)
        controller = staff.signed_in("CONTROLLER")
        assert "Confirm that it was uploaded" not in text(controller, "ach_file", file.public_id)
        answer = treasury.post(reverse("admin:ach_file_export", args=[file.public_id]))
        assert answer.content == contents.open_(file)
        assert answer["Content-Disposition"] == f'attachment; filename="{file.name}"'
        assert treasury.post(reverse("admin:ach_file_confirm", args=[file.public_id])).status_code == 403
        assert "Confirm that it was uploaded" in text(controller, "ach_file", file.public_id)
        assert post(controller, "ach_file_confirm", file.public_id, sha256="x")[0] == 400
        assert "The hash is not that" in post(controller, "ach_file_confirm", file.public_id, sha256="0" * 64)[1]
        assert "the bank has it" in post(controller, "ach_file_confirm", file.public_id, sha256=file.sha256)[1]
        file.refresh_from_db()
        assert (file.state, file.by_hand) == (FileState.DELIVERED, "STAFF:tess@holdfast.example")

    def test_a_file_at_home_is_withdrawn_or_rebuilt_at_once(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.filed(tmp_path)
        assert "Rebuilt: another file" in post(treasury, "ach_file_rebuild", file.public_id, why="wrong name")[1]
        new = File.objects.get(replaces=file)
        html = text(treasury, "ach_file", file.public_id)
        assert f"/admin/ach/files/{new.public_id}/" in html
        assert "Rebuild it" not in html
        assert "Withdrawn: its entries" in post(treasury, "ach_file_withdraw", new.public_id, why="not today")[1]
        assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.WAITING}

    def test_a_rejected_file_is_rebuilt_with_signatures(self, treasury: Client, tmp_path: Path) -> None:
        file = ach_console.delivered(tmp_path)
        File.objects.filter(pk=file.pk).update(state=FileState.REJECTED, state_why="unknown company")
        staff.person("CONTROLLER")
        assert "Ask for signatures" in text(treasury, "ach_file", file.public_id)
        post(treasury, "ach_file_rebuild", file.public_id, why="the bank has booked nothing")
        asked = ApprovalRequest.objects.get(action="ach.rebuild_file")
        assert f"/admin/approvals/{asked.request_id}/" in text(treasury, "ach_file", file.public_id)

    def test_suspense_shows_candidates_side_by_side_and_takes_the_question(self, treasury: Client) -> None:
        rail: Rail = ach_console.rail()
        item = rail.strays
        assert "500.00" in text(treasury, "ach_suspense")
        html = text(treasury, "ach_item", item.public_id)
        entry = Entry.objects.get(amount_minor=50_000)
        assert f"/admin/ach/entries/{entry.public_id}/" in html
        company = row_of(html, '<th scope="row">Company')
        assert "7777777777" in company
        assert "differs" in company
        assert "differs" not in row_of(html, '<th scope="row">Amount')
        post(treasury, "ach_item_resolve", item.public_id, entry=entry.public_id, reason="their company number is old")
        asked = ApprovalRequest.objects.get(action="ach.resolve_suspense")
        assert asked.given == {"entryId": entry.public_id}
        assert "waits for signatures" in text(treasury, "ach_item", item.public_id)
        assert "Say where it belongs" not in text(treasury, "ach_item", item.public_id)
        none = post(treasury, "ach_item_dishonor", item.public_id, code="R68", reason="late")[1]
        assert "The return cannot be dishonored so" in none

    def test_a_correction_is_compared_and_noted(self, treasury: Client) -> None:
        rail = ach_console.rail()
        html = text(treasury, "ach_change", rail.change.public_id)
        difference = row_of(html, '<th scope="row">Account number')
        assert f"<del>{rail.change.account.masked}</del>" in difference
        assert "<ins>•••• 6554</ins>" in difference
        assert "99887766554" not in html
        assert "prov_corrected" in text(treasury, "ach_changes")
        assert (
            "could be refused until"
            in post(treasury, "ach_change_refuse", rail.change.public_id, code="C68", reason="not ours")[1]
        )
        assert "Refuse it" not in html, "its fifteen days are over"
        assert "Noted: nothing changes" in post(treasury, "ach_change_note", rail.change.public_id, why="corrected")[1]

    def test_a_case_is_closed_with_what_came_of_it_and_sanctions_only_by_compliance(self, treasury: Client) -> None:
        rail = ach_console.rail()
        frozen = cases.open_(
            kind=CaseKind.SANCTIONS_TEXT, subject=rail.returned.public_id, summary="speaks of sanctions",
            livemode=False, now=CAME,
        )  # fmt: skip
        html = text(treasury, "ach_case", rail.case.public_id)
        assert f'href="/admin/ach/entries/{rail.returned.public_id}/"' in html, "the entry's page, not the ledger's"
        assert post(treasury, "ach_case_close", rail.case.public_id, resolution="")[0] == 400
        assert "Closed." in post(treasury, "ach_case_close", rail.case.public_id, resolution="entered anew")[1]
        assert "Compliance closes it" in text(treasury, "ach_case", frozen.public_id)
        assert post_status(treasury, "ach_case_close", frozen.public_id, resolution="x") == 403
        compliance = staff.signed_in("COMPLIANCE")
        assert "Closed." in post(compliance, "ach_case_close", frozen.public_id, resolution="a false hit")[1]
        assert rail.case.public_id not in text(treasury, "ach_cases")
        assert rail.case.public_id in text(treasury, "ach_cases", state="CLOSED")

    def test_a_returned_entry_is_sent_again_and_a_stop_is_asked_about(self, treasury: Client) -> None:
        rail = ach_console.rail()
        stop = AccountStop.objects.get().public_id
        assert f'href="/admin/ach/stops/{stop}/"' in text(treasury, "ach_stops")
        assert "R02 account closed" in text(treasury, "ach_stop", stop)
        post(treasury, "ach_stop_lift", stop, why="open again, says the bank")
        assert ApprovalRequest.objects.filter(subject=stop).exists()
        assert "waits for signatures" in text(treasury, "ach_stop", stop)
        assert "Send it again" not in text(treasury, "ach_entry", rail.returned.public_id)
        assert "R02 does not allow it" in post(treasury, "ach_entry_retry", rail.returned.public_id)[1]

    def test_readers_see_and_do_not_act(self, tmp_path: Path) -> None:
        file = ach_console.filed(tmp_path)
        entry = Entry.objects.latest("pk")
        for role in ("AUDITOR", "ON_CALL"):
            client = staff.signed_in(role)
            for name, about in (("ach_file", file.public_id), ("ach_entry", entry.public_id)):
                assert "What can be done" not in text(client, name, about)
            for name, about in (
                ("ach_file_rebuild", file.public_id), ("ach_file_export", file.public_id),
                ("ach_entry_cancel", entry.public_id), ("ach_entry_retry", entry.public_id),
            ):  # fmt: skip
                assert post_status(client, name, about, why="x") == 403


def post_status(client: Client, name: str, *args: object, **said: str) -> int:
    return client.post(reverse(f"admin:{name}", args=args), said).status_code


def test_an_inbound_file_shows_what_was_forgiven_and_what_each_line_came_to(treasury: Client) -> None:
    rail = ach_console.rail()
    file = InboundFile.objects.order_by("pk")[0]
    InboundFile.objects.filter(pk=file.pk).update(
        warnings=[{"line": 2, "record": "padding", "field": "blocks", "code": "BLOCKING", "message": "no full block"}]
    )
    html = text(treasury, "ach_inbound_file", file.public_id)
    assert "no full block" in html
    assert "R02 account closed" in html
    assert rail.returned.public_id in html
    assert file.name in text(treasury, "ach_inbound", state="DONE")


def test_rates_are_drawn_with_their_levels_and_lead_from_seller_to_seller(treasury: Client) -> None:
    """One of two debits of a seller came back: 50 %, of too few to say anything."""
    seller = bank_accounts.party("prov_seller")
    at = clock.now() - timedelta(days=20)
    settled = [
        ach_inbound.settled(
            bank_accounts.active(f"cus_{n}"), on_behalf=seller, at=at, on=(at + timedelta(days=1)).date()
        )
        for n in (1, 2)
    ]
    Entry.objects.filter(pk=settled[0].pk).update(state=EntryState.RETURNED, return_code="R01", returned_at=at)
    html = text(treasury, "ach_rates")
    row = row_of(html, "/admin/ach/rates/prov_seller/")
    assert "50.00 %" in row
    own = text(treasury, "ach_rates", seller="prov_seller")
    assert own.count('class="gauge"') == 3
    assert "All returns return rate of prov_seller: 50.00 %" in own
    assert "Too few to say" in own
    assert treasury.get(reverse("admin:ach_rates"), {"seller": "prov_nobody"}).status_code == 404


class TestCalendar:
    """Of March 2026, when clocks go forward on Sunday the 8th."""

    @pytest.mark.usefixtures("_monday")
    def test_days_cutoffs_and_the_clock_change(self, treasury: Client) -> None:
        html = text(treasury, "ach_calendar")
        assert "Mon 2 Mar 2026, 10:00" in html
        winter, summer = row_of(html, 'datetime="2026-03-06"'), row_of(html, 'datetime="2026-03-09"')
        assert "16:50" in winter
        assert "21:50 · 00:50 (+1)" in winter, "the last one is on the next day in UTC"
        assert "20:50" in summer
        assert "UTC-5 becomes UTC-4" in row_of(html, 'datetime="2026-03-08"')
        assert "Saturday" in row_of(html, 'datetime="2026-03-07"')
        assert "22 banking days" in html
        assert 'datetime="2026-04-30"' in html

    def test_a_holiday_closes_its_day_its_monday_or_nothing(
        self, treasury: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 1, 12, tzinfo=UTC))
        html = text(treasury, "ach_calendar")
        assert "Independence Day: the Reserve Banks are open" in row_of(html, 'datetime="2026-07-04"')
        assert "16:50" in row_of(html, 'datetime="2026-07-03"')
        monkeypatch.setattr(clock, "now", lambda: datetime(2027, 7, 1, 12, tzinfo=UTC))
        monday = row_of(text(treasury, "ach_calendar"), 'datetime="2027-07-05"')
        assert "Independence Day, observed" in monday
        assert "16:50" not in monday


class TestSearch:
    def test_entry_by_trace_reference_and_id_and_case_by_id(self, treasury: Client, tmp_path: Path) -> None:
        ach_console.filed(tmp_path, amounts=(46_000,))
        entry = Entry.objects.get()
        page = f"/admin/ach/entries/{entry.public_id}/"
        for wanted in (entry.trace, entry.public_id):
            assert treasury.get("/admin/search/", {"q": wanted}).headers.get("Location") == page, wanted
        transfer = f"/admin/transfers/{entry.reference}/"
        assert treasury.get("/admin/search/", {"q": entry.reference})["Location"] == transfer
        case = cases.open_(kind=CaseKind.PARKED_ENTRY, subject=entry.public_id, summary="x", livemode=False, now=CAME)
        answer = treasury.get("/admin/search/", {"q": case.public_id})
        assert answer["Location"] == f"/admin/ach/cases/{case.public_id}/"
        file = File.objects.get().public_id
        assert treasury.get("/admin/search/", {"q": file})["Location"] == f"/admin/ach/files/{file}/"

    def test_ids_of_the_rail_begin_like_no_others(self, treasury: Client, tmp_path: Path) -> None:
        """By the prefix alone, so that links do it too: entries of the ledger and review cases have theirs."""
        ach_console.filed(tmp_path, amounts=(46_000,))
        assert Entry.objects.get().public_id.startswith("ache_")
        case = cases.open_(kind=CaseKind.PARKED_ENTRY, subject="ache_1", summary="x", livemode=False, now=CAME)
        assert case.public_id.startswith("achcase_")
        for wanted, page in (
            ("ache_0lq9", "/admin/ach/entries/ache_0lq9/"), ("ent_0lq9", "/admin/entries/ent_0lq9/"),
            ("achcase_0lq9", "/admin/ach/cases/achcase_0lq9/"), ("case_0lq9", "/admin/reviews/case_0lq9/"),
        ):  # fmt: skip
            assert treasury.get("/admin/search/", {"q": wanted})["Location"] == page
            assert jumps.address(wanted) == page


def test_what_is_of_the_other_mode_is_not_there(treasury: Client, tmp_path: Path) -> None:
    file = ach_console.filed(tmp_path)
    rail = ach_console.rail()
    treasury.post("/admin/data-mode/", {"mode": "live"})
    for name, about in (
        ("ach_entry", rail.returned.public_id), ("ach_file", file.public_id), ("ach_item", rail.strays.public_id),
        ("ach_change", rail.change.public_id), ("ach_case", rail.case.public_id), ("ach_file_records", file.public_id),
        ("ach_inbound_file", rail.strays.file.public_id), ("ach_rates_of", "prov_returned"), ("ach_stop", "no_such"),
    ):  # fmt: skip
        assert treasury.get(reverse(f"admin:{name}", args=[about])).status_code == 404, name
    for name in ("ach_entries", "ach_files", "ach_inbound", "ach_suspense", "ach_changes", "ach_cases", "ach_stops"):
        assert "<tbody>" not in text(treasury, name), name


def test_lists_ask_as_often_for_many_rows_as_for_one(treasury: Client, tmp_path: Path) -> None:
    names = (
        "ach", "ach_entries", "ach_files", "ach_inbound", "ach_suspense", "ach_changes", "ach_cases", "ach_stops",
        "ach_rates",
    )  # fmt: skip
    file = ach_console.delivered(tmp_path, amounts=(100,))
    rail = ach_console.rail()
    first = {name: count(treasury, reverse(f"admin:{name}")) for name in names}
    one = count(treasury, reverse("admin:ach_entry", args=[rail.returned.public_id]))
    lines = count(treasury, reverse("admin:ach_file_records", args=[file.public_id]))
    for n in range(3):
        account = bank_accounts.active(f"prov_more{n}")
        ach_inbound.returned(ach_inbound.settled(account), "R03")
        stray = ach_inbound.settled(bank_accounts.active(f"prov_other{n}"), amount=70_000 + n)
        ach_inbound.came(ach_inbound.answers(ach_inbound.Said(stray, "R01", company_id="7777777777")))
        ach_inbound.came(ach_inbound.answers(ach_inbound.Said(stray, "C01", f"9988776655{n}")))
        ach_outbound.submitted(now=clock.now() + timedelta(minutes=n))
        ach_inbound.file()
    assert Case.objects.count() > 4
    again = {name: count(treasury, reverse(f"admin:{name}")) for name in names}
    assert again == first
    assert count(treasury, reverse("admin:ach_file_records", args=[file.public_id])) == lines == 3
    returned = Entry.objects.filter(state="RETURNED").latest("pk")
    assert count(treasury, reverse("admin:ach_entry", args=[returned.public_id])) <= one
    assert first["ach"] <= 16
    assert {name: first[name] for name in names[1:8]} == {
        "ach_entries": 2, "ach_files": 1, "ach_inbound": 1, "ach_suspense": 1, "ach_changes": 1, "ach_cases": 1,
        "ach_stops": 1,
    }  # fmt: skip
