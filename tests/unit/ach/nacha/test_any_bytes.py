"""Whatever bytes come: an answer, soon, the same in both modes but for the word for it, and no account number in it."""

import gzip
import io
import json
import time
from random import Random

import pytest

from ach.nacha.blocks import Unreadable, blocks
from ach.nacha.events import EntryRead
from ach.nacha.inspect import Report, Verdict, inspect
from ach.nacha.problems import Mode
from ach.nacha.read import Limits, Reader
from tests.unit.ach.nacha.files import COMES_BACK, PADDING, PAYOUTS, text_of
from tests.unit.ach.nacha.outgoing import Files, written

ACCOUNT = "00012345678901"
SIGNS = b"0123456789 AR\n\r\t\0\x1f\x8b\xe9"


def mutated(random: Random, content: bytes, changes: int) -> bytes:
    """Bytes overwritten, lost and added, a stretch repeated or cut."""
    found = bytearray(content)
    for _ in range(changes):
        place = random.randrange(len(found) + 1)
        match random.randrange(6):
            case 0 | 1 | 2:
                found[place : place + 1] = bytes([random.choice(SIGNS)])
            case 3:
                del found[place : place + random.choice((1, 1, 2, 95))]
            case 4:
                found[place:place] = random.choice((b"\n", b" ", b"9" * 94, bytes([random.randrange(256)])))
            case _:
                found[place:place] = found[place : place + random.choice((1, 94, 95, 190))]
    return bytes(found)


def answered(content: bytes) -> Report | None:
    """The report, after everything that must hold of it; None for bytes that are damaged gzip."""
    try:
        report = inspect(io.BytesIO(content))
    except Unreadable:
        assert content.startswith(b"\x1f\x8b")
        return None
    strict = Reader(io.BytesIO(content), Mode.STRICT)
    for _ in strict:
        pass
    for event in Reader(io.BytesIO(content), Mode.INBOUND):
        # What may be acted on can also be taken apart.
        if isinstance(event, EntryRead) and event.sound and event.batch.sec_code in ("PPD", "CCD", "COR"):
            assert event.entry.routing == event.record[3:12].decode()
    found = len(report.errors) + len(report.warnings) + sum(report.left_out.get(x, 0) for x in ("errors", "warnings"))
    assert strict.log.error_count == found
    assert (report.verdict is Verdict.VALID) is (strict.log.error_count == 0)
    said = json.dumps(report.as_json())
    assert ACCOUNT not in said
    assert "LOVELACE" not in said
    return report


def test_five_thousand_broken_files_have_an_answer() -> None:
    random = Random(20260601)
    originals = [text_of(PAYOUTS), text_of(COMES_BACK), gzip.compress(text_of(PAYOUTS))]
    verdicts = dict.fromkeys(Verdict, 0)
    for number in range(5_000):
        report = answered(mutated(random, originals[number % 3], random.randint(1, 6)))
        if report is not None:
            verdicts[report.verdict] += 1
    # Most are invalid; some mutations only touch what is free, or lengthen the padding.
    assert verdicts[Verdict.INVALID] > 2_000
    assert verdicts[Verdict.VALID] > 0
    assert verdicts[Verdict.LENIENT] > 0


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 300, b"1" * 94, PADDING.encode(), b"6" * 93, b"\xff\xfe" * 99])
def test_what_is_no_file_at_all_is_invalid(content: bytes) -> None:
    report = answered(content)
    assert report is not None
    assert report.verdict is Verdict.INVALID


def test_gzip_is_unpacked_and_damage_to_it_is_told() -> None:
    content = text_of(PAYOUTS)
    packed = gzip.compress(content[:300]) + gzip.compress(content[300:]) + b"\0" * 10
    assert inspect(io.BytesIO(packed)).verdict is Verdict.VALID
    for damaged in (packed[:40], packed[:-14], packed + b"X", b"\x1f\x8b" + content, packed[:60] + b"\0" + packed[61:]):
        with pytest.raises(Unreadable):
            inspect(io.BytesIO(damaged))


def test_a_bomb_is_read_as_far_as_it_takes_to_know() -> None:
    """400 MB of padding in 400 KB: the limit of lines ends it, and no block is larger than a quarter of a megabyte."""
    bomb = gzip.compress(b"", 9) + gzip.compress((PADDING + "\n").encode() * 4_300_000, 1)
    assert max(map(len, (block for block, _ in zip(blocks(io.BytesIO(bomb)), range(100), strict=False)))) <= 1 << 18
    began = time.process_time()
    report = inspect(io.BytesIO(bomb), limits=Limits(lines=100_000))
    assert report.verdict is Verdict.INVALID
    assert {each.code for each in report.errors} == {"MISPLACED_PADDING", "TOO_MANY_ERRORS"}
    assert time.process_time() - began < 5


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_a_million_mutated_bytes() -> None:
    """500 files of up to thirty records, each changed in 2,000 places, read after every 200, with a time limit."""
    random = Random(4711)
    for number in range(500):
        content = written(Files(number).file())[0]
        for _ in range(10):
            content = mutated(random, content, 200)
            began = time.process_time()
            answered(content)
            assert time.process_time() - began < 2
