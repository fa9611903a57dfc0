"""A list as a file: whole, bounded, masked, harmless in a spreadsheet, and never without a trace."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from core.audit.models import AuditEntry
from core.console import cells, exports, listing
from core.console.components import Column
from core.console.listing import Keyset, Listing
from core.money import Currency, Money
from core.parameters import services as parameters
from core.parameters.models import Parameter
from core.staff.models import SignInCounter
from tests.factories import staff
from tests.factories.payments import pay

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
COLUMNS = [
    Column("Subject", "subject"),
    Column("Failures", "failures", "number"),
    Column("Since", "since", "stamp"),
    Column("Whose", "subject", personal=True),
]


def text_of(answer: HttpResponseBase) -> str:
    return b"".join(answer).decode()  # type: ignore[arg-type]


def lines_of(answer: HttpResponseBase) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text_of(answer).removeprefix(exports.BYTE_ORDER_MARK))))


def limit_to(rows: int) -> None:
    Parameter.objects.create(
        name="console.export_rows", value=rows, effective_from=NOW - timedelta(days=1), reason="a test",
        created_by="SYSTEM:test", created_at=NOW,
    )  # fmt: skip
    parameters.forget_cache()


def counters(number: int) -> Listing:
    SignInCounter.objects.bulk_create(
        [SignInCounter(subject=f"account:{n:04}", failures=n % 3, since=NOW) for n in range(number)]
    )
    return Listing("counters", COLUMNS, Keyset(SignInCounter.objects.all(), by=("failures", "subject")), "Counters")


def export(shown: Listing, *roles: str, address: str = "/?format=csv") -> HttpResponseBase:
    request = RequestFactory().get(address)
    request.user = staff.person(*roles).user
    request.session = {}  # type: ignore[assignment]
    return exports.respond(request, shown, now=NOW)


@pytest.mark.django_db
class TestFile:
    def test_every_row_once_in_the_order_of_the_pages_whatever_the_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "BATCH", 3)
        shown = counters(10)
        wanted = [row.subject for row in SignInCounter.objects.order_by("-failures", "-subject")]

        head, *lines = lines_of(export(shown, "AUDITOR"))

        assert head == ["Subject", "Failures", "Since", "Whose"]
        assert [line[0] for line in lines] == wanted
        assert lines[0][2] == "2026-11-23T08:00:00+00:00"

    def test_one_statement_a_batch(self, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries) -> None:
        monkeypatch.setattr(exports, "BATCH", 4)
        shown = counters(12)
        with django_assert_num_queries(4):  # the fourth finds nothing
            assert sum(len(batch) for batch in shown.source.batches(4)) == 12

    def test_stops_at_the_limit_and_says_so_in_its_last_line(self) -> None:
        limit_to(5)

        *_, before, last = lines_of(export(counters(9), "AUDITOR"))

        assert before[0].startswith("account:")
        assert last == ["Stopped after 5 rows: narrow the filter for the rest."]
        assert len(lines_of(export(counters(0), "AUDITOR"))) == 7

    def test_one_row_fewer_than_the_limit_is_whole(self) -> None:
        limit_to(10)
        assert len(lines_of(export(counters(9), "AUDITOR"))) == 10

    def test_what_is_personal_is_masked_unless_a_role_takes_it_out_whole(self) -> None:
        shown = counters(1)
        assert lines_of(export(shown, "AUDITOR"))[1][3] == "••••0000"
        assert lines_of(export(shown, "COMPLIANCE"))[1][3] == "account:0000"

    def test_is_named_for_list_mode_and_moment_and_begins_so_that_spreadsheets_read_accents(self) -> None:
        answer = export(counters(1), "AUDITOR")
        assert answer["Content-Disposition"].endswith('filename="holdfast-counters-test-2026-11-23T0800Z.csv"')
        assert text_of(answer).startswith("\ufeffSubject")

    def test_two_entries_of_the_audit_record_frame_it(self) -> None:
        text_of(export(counters(4), "AUDITOR", address="/?format=csv&status=OPEN&before=x&v=view_1"))

        started, done = AuditEntry.objects.filter(subject="list:counters").order_by("id")
        assert (started.action, done.action) == ("console.list.export_started", "console.list.exported")
        assert started.facts == {"filter": "status=OPEN", "mode": "test", "row_limit": 100_000}
        assert done.facts["rows"] == 4
        assert done.facts["sent_whole"] is True

    def test_reader_who_goes_away_leaves_the_number_of_rows_that_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "BATCH", 2)
        answer = export(counters(9), "AUDITOR")
        stream = iter(answer)  # type: ignore[call-overload]
        for _ in range(4):
            next(stream)
        for close in answer._resource_closers:  # what the server's `close()` does, less the database connection's end
            close()

        done = AuditEntry.objects.get(action="console.list.exported")
        assert (done.facts["rows"], done.facts["sent_whole"]) == (3, False)


@pytest.mark.django_db
class TestWho:
    @pytest.fixture
    def payments(self) -> str:
        pay()
        return "/admin/payments/"

    def test_analyst_sees_the_list_and_takes_nothing_out(self, payments: str) -> None:
        analyst = staff.signed_in("FRAUD_ANALYST")
        assert "Export" not in analyst.get(payments).content.decode()
        assert analyst.get(payments, {"format": "csv"}).status_code == 403
        assert AuditEntry.objects.get(result="DENIED").facts["permission"] == "console.export_list"

    def test_treasury_takes_out_what_it_has_filtered(self, payments: str) -> None:
        treasury = staff.signed_in("TREASURY")
        assert "at most" in treasury.get(payments).content.decode()

        head, line = lines_of(treasury.get(payments, {"format": "csv", "status": "COMPLETED"}))
        assert dict(zip(head, line, strict=True)) | {"Amount": "500.00", "Amount currency": "USD"} == dict(
            zip(head, line, strict=True)
        )
        assert len(lines_of(treasury.get(payments, {"format": "csv", "status": "FAILED"}))) == 1


class TestCell:
    @pytest.mark.parametrize(
        "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "\u00a0=1"]
    )
    def test_what_a_spreadsheet_would_run_is_text(self, text: str) -> None:
        assert cells.harmless(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "pay_1", "Grand Hôtel", "a=b", "3-4", "email@example.com"])
    def test_other_text_stays(self, text: str) -> None:
        assert cells.harmless(text) == text

    @given(st.text())
    def test_no_text_of_a_file_begins_a_formula(self, text: str) -> None:
        (cell,) = cells.texts({"x": text}, Column("X", "x"))
        assert not cell or cell[0] not in {*cells.FORMULA_STARTS, *cells.CONTROL_STARTS}

    @pytest.mark.parametrize(
        ("amount", "written"),
        [
            (Money(-46_00), ["-46.00", "USD"]),
            (Money(1_234_567_89), ["1234567.89", "USD"]),
            (Money(500, Currency.JPY), ["500", "JPY"]),
            (Money(1_234, Currency.KWD), ["1.234", "KWD"]),
            (None, ["", ""]),
        ],
    )
    def test_amounts_are_numbers_with_their_currency_beside_them(self, amount: object, written: list[str]) -> None:
        assert cells.texts({"a": amount}, Column("Amount", "a", "money")) == written

    @pytest.mark.parametrize(
        ("text", "shown"), [("tess@holdfast.example", "••••mple"), ("short", "••••"), ("", "••••")]
    )
    def test_mask_leaves_four_of_a_long_text_and_nothing_of_a_short_one(self, text: str, shown: str) -> None:
        assert cells.mask(text) == shown

    def test_masked_column_masks_on_the_screen_too(self) -> None:
        from core.console.templatetags.console import cell

        assert "tess" not in cell({"x": "tess@holdfast.example"}, listing.masked(Column("X", "x")))
