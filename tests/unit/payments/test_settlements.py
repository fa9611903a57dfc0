"""The settlement file: written and read back, and not believed when it is not exactly itself."""

from datetime import date

import pytest

from payments import settlements
from payments.enums import LineKind
from payments.settlements import Line, Settlement, UnreadableSettlement

SETTLEMENT = Settlement(
    "sandbox",
    False,
    date(2026, 3, 2),
    (
        Line(2, LineKind.CHARGE, "pay_1", "net_1", "2026-03-02T15:00:00+00:00", 50_000, "USD"),
        Line(3, LineKind.REFUND, "re_1", "net_2", "2026-03-02T16:00:00+00:00", 20_000, "USD"),
    ),
)
TEXT = """\
H,HOLDFAST-SETTLEMENT,1,sandbox,test,2026-03-02
C,pay_1,net_1,2026-03-02T15:00:00+00:00,50000,USD
R,re_1,net_2,2026-03-02T16:00:00+00:00,20000,USD
T,2,50000,20000,30000
"""


def test_what_is_written_is_read_back() -> None:
    assert settlements.write(SETTLEMENT) == TEXT
    assert settlements.read(TEXT) == SETTLEMENT


def test_an_empty_day_has_a_file_too() -> None:
    empty = Settlement("sandbox", True, date(2026, 3, 2), ())
    assert settlements.read(settlements.write(empty)) == empty


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        ("HOLDFAST-SETTLEMENT,1", "HOLDFAST-SETTLEMENT,2", "line 1 is not the header of a settlement file"),
        ("2026-03-02\n", "2026-02-30\n", "line 1 names no day"),
        ("C,pay_1", "X,pay_1", "line 2 is neither a charge, a refund nor a chargeback"),
        ("50000,USD", "5e4,USD", "line 2 has no amount"),
        ("50000,USD", "-50000,USD", "line 2 has no amount"),
        ("50000,USD", "٥0000,USD", "line 2 has no amount"),
        ("20000,USD", "20000,XXX", "line 3 has no currency"),
        ("pay_1", "pay 1", "line 2 has no reference"),
        ("T,2,", "T,3,", "the totals do not add up"),
        ("30000\n", "30001\n", "the totals do not add up"),
        ("T,2,50000,20000,30000\n", "", "the totals do not add up"),
        ("30000\n", "30000", "the file is not complete"),
    ],
)
def test_a_file_that_is_not_exactly_itself_is_refused(there: str, instead: str, problem: str) -> None:
    with pytest.raises(UnreadableSettlement, match=f"^{problem}$"):
        settlements.read(TEXT.replace(there, instead, 1))


CHARGED_BACK = """\
H,HOLDFAST-SETTLEMENT,1,sandbox,test,2026-03-02
C,pay_1,net_1,2026-03-02T15:00:00+00:00,50000,USD
B,ncb_1,pay_1,2026-03-02T15:10:00+00:00,50000,USD,10.4
W,ncb_2,pay_2,2026-03-02T16:00:00+00:00,7000,USD,13.1
T,3,57000,50000,7000
"""


def test_a_chargeback_is_kept_back_and_a_won_one_is_paid() -> None:
    read = settlements.read(CHARGED_BACK)
    assert settlements.write(read) == CHARGED_BACK
    assert (read.paid_minor, read.kept_minor, read.net_minor) == (57_000, 50_000, 7_000)
    taken, won = read.lines[1:]
    assert (taken.kind, taken.reference, taken.network_id, taken.reason_code) == (
        LineKind.CHARGEBACK,
        "ncb_1",
        "pay_1",
        "10.4",
    )
    assert won.kind == LineKind.CHARGEBACK_RETURN


@pytest.mark.parametrize(
    ("there", "instead", "problem"),
    [
        (",10.4", "", "line 3 is neither a charge, a refund nor a chargeback"),
        (",10.4", ",", "line 3 names no charge or no reason"),
        (",10.4", ",because I say so", "line 3 names no charge or no reason"),
        ("ncb_1,pay_1", "ncb_1,pay 1", "line 3 names no charge or no reason"),
        ("50000,USD\n", "50000,USD,10.4\n", "line 2 is neither a charge, a refund nor a chargeback"),
        ("T,3,57000,50000,7000", "T,3,50000,57000,-7000", "the totals do not add up"),
    ],
)
def test_a_chargeback_line_is_exactly_itself(there: str, instead: str, problem: str) -> None:
    with pytest.raises(UnreadableSettlement, match=f"^{problem}$"):
        settlements.read(CHARGED_BACK.replace(there, instead, 1))
