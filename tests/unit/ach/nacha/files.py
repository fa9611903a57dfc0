"""Files written out by hand, record by record, and sums taken from raw columns without the program's reader."""

import io
from collections.abc import Sequence

from ach.nacha.problems import Mode, Problem
from ach.nacha.read import Limits, Reader

PADDING = "9" * 94
# 3·1+7·2+1·3+3·4+7·5+1·6+3·7+7·8 = 150, so the check digit is 0.
ODFI = "123456780"
# 3·1+7·1+1·1+3·1+7·1+1·1+3·1+7·1 = 32, so it is 8.
RDFI = "111111118"
# 3·9+7·8+1·7+3·6+7·5+1·4+3·3+7·2 = 170, so it is 0.
OTHER_RDFI = "987654320"

# Two sellers are paid 1,250.00 and 89.99, the second with a line of information; a business is debited 310.05.
PAYOUTS = (
    # Record 1: to bank 123456780, from company 1120000007, made on 1 June 2026 at 09:00, the first (A) of that day.
    "101 12345678011200000072606010900A094101SANDBOX BANK           HOLDFAST                       ",
    # Record 5: credits only (220), to consumers (PPD), effective on 2 June, batch 1 of ODFI 12345678.
    "5220HOLDFAST                            1120000007PPDPAYOUT          260602   1123456780000001",
    # Record 6: credit to checking (22), RDFI 11111111 and its check digit 8, account, 0000125000 cents, no addenda (0).
    "62211111111800012345678901   0000125000POUT-1         ADA LOVELACE            0123456780000001",
    # The same to savings (32) at another bank, and an addenda record follows (1).
    "632987654320S-77-1           0000008999POUT-2         GRACE HOPPER            1123456780000002",
    # Record 7: type 05, the first of this entry (0001), belonging to trace ...0000002.
    "705BOOKING 4711, THANK YOU                                                         00010000002",
    # Record 8: 2 entries + 1 addenda = 3; hash 11111111 + 98765432 = 109876543; no debit; 125000 + 8999 = 133999.
    "822000000301098765430000000000000000001339991120000007                         123456780000001",
    # Debits only (225), from a business (CCD).
    "5225HOLDFAST                            1120000007CCDINVOICE         260602   1123456780000002",
    "627111111118998877           0000031005INV-9          ACME LLC                0123456780000003",
    "822500000100111111110000000310050000000000001120000007                         123456780000002",
    # Record 9: 2 batches, 1 block of ten, 4 entries and addenda, hash 109876543 + 11111111 = 120987654, both totals.
    "9000002000001000000040120987654000000031005000000133999                                       ",
)
PAYOUTS_SUMS = {"entries": 3, "addenda": 1, "debit": 31005, "credit": 133999, "hash": 120987654}

# What the bank sends back: the first payout could not be placed (R03), the second's account number has changed (C01).
COMES_BACK = (
    "101 987654320 1234567802606041015A094101HOLDFAST               SANDBOX BANK                   ",
    # The bank that returns stands where the ODFI does; the company id is ours.
    "5220HOLDFAST                            1120000007PPDPAYOUT          260604   1111111110000001",
    # Record 6: returned credit (21) to us, with our own reference and amount.
    "62112345678000012345678901   0000125000POUT-1         ADA LOVELACE            1111111110000001",
    # Record 7: type 99, R03 (no account), our trace number, no date of death, their bank, a remark, their trace.
    "799R03123456780000001      11111111NO SUCH ACCOUNT                             111111110000001",
    "822000000200123456780000000000000000001250001120000007                         111111110000001",
    "5220HOLDFAST                            1120000007CORPAYOUT          260604   1987654320000002",
    "621123456780S-77-1           0000000000POUT-2         GRACE HOPPER            1987654320000001",
    # Record 7: type 98, C01 (account number), our trace number, the bank that tells, what is right from now on.
    "798C01123456780000002      98765432S-77-2                                      987654320000001",
    "822000000200123456780000000000000000000000001120000007                         987654320000002",
    "9000002000001000000040024691356000000000000000000125000                                       ",
)


def text_of(rows: Sequence[str], end: str = "\n") -> bytes:
    """With padding up to a full block."""
    filled = [*rows, *[PADDING] * (-len(rows) % 10)]
    return "".join(row + end for row in filled).encode("latin-1")


def read(content: bytes, mode: Mode = Mode.STRICT, *, quick: bool = True) -> Reader:
    """Read to the end."""
    reader = Reader(io.BytesIO(content), mode, Limits(), quick=quick)
    for _ in reader:
        pass
    return reader


def told(problems: Sequence[Problem]) -> list[tuple[int, str, str]]:
    return [(each.line, each.field, each.code) for each in problems]


def raw_sums(content: bytes) -> dict[str, int]:
    """From columns alone: 2-3 transaction code, 4-11 RDFI, 30-39 amount."""
    lines = [line for line in content.split(b"\n") if line]
    entries = [line for line in lines if line[0:1] == b"6"]
    paid_out = [line for line in entries if line[1:3] in (b"26", b"27", b"36", b"37", b"46", b"47", b"55", b"56")]
    paid_in = [line for line in entries if line[1:3] in (b"21", b"22", b"31", b"32", b"41", b"42", b"51", b"52")]
    return {
        "entries": len(entries),
        "addenda": sum(line[0:1] == b"7" for line in lines),
        "debit": sum(int(line[29:39]) for line in paid_out),
        "credit": sum(int(line[29:39]) for line in paid_in),
        "hash": sum(int(line[3:11]) for line in entries) % 10_000_000_000,
    }


def sums_of(reader: Reader) -> dict[str, int]:
    sums = reader.sums
    return {
        "entries": sums.entries, "addenda": sums.addenda, "debit": sums.debit, "credit": sums.credit,
        "hash": sums.entry_hash,
    }  # fmt: skip
