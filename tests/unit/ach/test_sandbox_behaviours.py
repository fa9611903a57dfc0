"""The magic account numbers: what each says, in a file that the reader takes for what it is."""

import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ach.nacha import corrections
from ach.nacha.changes import CHANGE_CODES
from ach.nacha.inspect import Verdict, inspect
from ach.nacha.problems import Mode
from ach.nacha.reasons import REASONS
from ach.sandbox import answers, behaviours, corrected, shapes
from ach.sandbox.answers import Answer, Told
from ach.sandbox.behaviours import TABLE, Manner, Say, Step
from ach.sandbox.judging import Agreed, judge, originals
from ach.sandbox.shapes import Shape
from tests.factories.ach_calendar import new_york
from tests.factories.ach_sandbox import ACCOUNTS_AT, BANK, SHIFTED, THRIFT, Company, Sent, came_back

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "sandbox-bank.md"
WEDNESDAY, AT = date(2026, 3, 4), new_york("2026-03-05 07:00")


def answered(step: Step, sent: Sent, *, told: tuple[Told, ...] = (), company: str = "912345678") -> bytes:
    """The file in which the bank says it of that entry."""
    content = Company(company).file([sent], effective=WEDNESDAY)
    [(_, header, entry)] = originals(content, {3})
    answer = Answer(header, entry, step, 7, WEDNESDAY, told)
    shape = shapes.of_bank(sent.routing)
    return answers.file_of([answer], shape=shape, manner=step.manner, destination=BANK, modifier="A", at=AT)


def said(digits: str, number: int = 0, sent: Sent | None = None) -> bytes:
    """A step of a behaviour, after the steps before it were said."""
    told: tuple[Told, ...] = ()
    steps = TABLE[digits].steps
    for place, step in enumerate(steps[:number], start=1):
        told += (Told(step.say, step.code, f"{place:015d}", date(2026, 3, 4 + place)),)
    return answered(steps[number], sent or Sent(f"7000{digits}"), told=told)


def test_the_table_of_the_document_is_that_of_the_code() -> None:
    assert behaviours.as_table() in DOCUMENT.read_text()


def test_every_code_of_a_receiving_bank_or_an_operator_can_be_asked_for() -> None:
    codes = {step.code for each in TABLE.values() for step in each.steps} - {""}
    international = {"R80", "R81", "R82", "R83", "R84", "R85"}
    assert set(REASONS) - codes == {*international, "R90"}, "R90 is not in force before 2028"
    assert set(CHANGE_CODES) - codes == {"C08"}


def test_digits_in_front_are_free_and_behind_are_not() -> None:
    for number in ("7000001", "1237000001", "99999999997000001"):
        assert behaviours.of_account(number).digits == "001"
    for number in ("70000010", "7000999", "000123456789", "7000", "", "999999999997000001"):
        assert behaviours.of_account(number) is behaviours.NOTHING


def test_money_codes_let_prenotes_and_micro_entries_pass() -> None:
    for digits, passes in (("001", True), ("010", True), ("203", True), ("002", False), ("103", False)):
        behaviour = TABLE[digits]
        for amount, description in ((0, "PAYOUT"), (12, "ACCTVERIFY")):
            assert behaviours.applies(behaviour, amount_minor=amount, description=description) is not passes
        assert behaviours.applies(behaviour, amount_minor=12, description="PAYOUT")


@pytest.mark.parametrize("direction", [1, -1])
def test_what_is_said_is_read_as_what_it_is(direction: int) -> None:
    """Every step of every number, of a credit and of a debit: code, trace and amount from raw columns."""
    for digits, behaviour in TABLE.items():
        for number, step in enumerate(behaviour.steps):
            if step.say in (Say.EMPTY_FILE, Say.NO_BYTES) or step.manner is not Manner.PLAIN:
                continue
            content = said(digits, number, Sent(f"7000{digits}", 125_055 * direction))
            report = inspect(io.BytesIO(content), Mode.STRICT)
            assert report.verdict is Verdict.VALID, (digits, report.errors)
            cents = 0 if step.say is Say.CHANGE else (125_055 + step.cents_off) * direction
            trace = "091111119999999" if step.stranger else "091111110000001"
            sign = -1 if step.say is Say.DISHONOR else 1
            assert came_back(content) == [(step.code, trace, cents * sign)], digits


def test_a_contest_names_the_return_and_the_dishonor() -> None:
    """R73 on R68 on R08: traces, days of the year and codes in their columns."""
    dishonor = said("073", 1).splitlines()[2].decode()
    assert (dishonor[3:12], dishonor[79:94]) == (ACCOUNTS_AT, f"{BANK[:8]}0000007"), "from our bank to theirs"
    contest, record = (line.decode() for line in said("073", 2).splitlines()[2:4])
    assert (contest[3:12], contest[79:94]) == (BANK, f"{ACCOUNTS_AT[:8]}0000007"), "and back"
    assert record[:6] == "799R73"
    assert record[21:27] == "260305"
    assert record[35:38] == "063"
    assert record[38:58] == "00000000000000106408"
    assert record[58:78] == "00000000000000206568"


def test_a_return_says_when_it_settles_and_when_somebody_died() -> None:
    header, _, addenda = said("014").splitlines()[1:4]
    assert header[75:78] == b"064", "5 March"
    assert addenda[21:27] == b"260203"
    assert said("015").splitlines()[3][21:27] == b"260203"
    assert said("001").splitlines()[3][21:27] == b"      "
    assert b"OFAC" in said("218").splitlines()[3][35:79]


def test_spoilt_files_are_spoilt_as_they_say() -> None:
    wrong = inspect(io.BytesIO(said("210")), Mode.INBOUND)
    assert (wrong.verdict, {each.code for each in wrong.errors}) == (Verdict.INVALID, {"HASH_MISMATCH"})
    unknown = inspect(io.BytesIO(said("217")), Mode.INBOUND)
    assert {each.code for each in unknown.errors} == {"BAD_RETURN_CODE"}
    assert came_back(said("217")) == [("R48", "091111110000001", 46_000)]
    ordinary = inspect(io.BytesIO(said("219")))
    assert (ordinary.verdict, ordinary.sec_codes, ordinary.codes) == (Verdict.LENIENT, ["PPD"], {"C01": 1})
    empty = inspect(io.BytesIO(said("211")))
    assert (empty.verdict, [each.code for each in empty.warnings]) == (Verdict.LENIENT, ["EMPTY_FILE"])
    assert said("212") == b""


def test_three_banks_write_in_three_forms() -> None:
    step = TABLE["001"].steps[0]
    exact, loose, shifted = (answered(step, Sent("7000001", routing=each)) for each in (ACCOUNTS_AT, THRIFT, SHIFTED))
    assert [shapes.of_bank(each) for each in (ACCOUNTS_AT, THRIFT, SHIFTED)] == list(Shape)
    assert {len(each) for each in exact.split(b"\n")[:-1]} == {94}
    assert len(exact.splitlines()) == 10
    assert loose.count(b"\r\n") == len(loose.splitlines()) == 6, "not filled up to ten"
    assert min(map(len, loose.splitlines())) < 94
    assert shifted.splitlines()[1][40:50] == b" 912345678"
    assert exact.splitlines()[1][40:50] == b"912345678 "
    assert came_back(exact) == came_back(loose) == came_back(shifted) == [("R01", "091111110000001", 46_000)]
    assert [inspect(io.BytesIO(each)).verdict for each in (exact, loose, shifted)] == ["valid", "lenient", "valid"]
    full = answered(step, Sent("7000001", routing=SHIFTED), company="9123456789")
    assert full.splitlines()[1][40:50] == b"9123456789", "no column to be shifted by"


@pytest.mark.parametrize("code", [code for code, change in CHANGE_CODES.items() if change.parts])
def test_corrected_data_is_read_and_corrects_something(code: str) -> None:
    [(_, _, entry)] = originals(Company().file([Sent("55557000101")], effective=WEDNESDAY), {3})
    found = corrections.parse(code, corrected.data(code, entry).ljust(29))
    assert isinstance(found, corrections.Correction), code
    had = {
        "routing": entry.routing, "account": entry.account, "name": entry.name,
        "transaction_code": entry.transaction_code, "identification": entry.identification,
    }  # fmt: skip
    new = {part: getattr(found, part) for part, _, _ in CHANGE_CODES[code].parts}
    assert all(value and value != had[part] for part, value in new.items())
    assert behaviours.of_account(new.get("account", "1")) is behaviours.NOTHING, "the corrected account settles"


AGREED = Agreed(f" {BANK}", "1912345678", "912345678", BANK[:8])
GOOD = Company().file([Sent("7000001"), Sent("7000219", -12_345), Sent(cents=0)], effective=WEDNESDAY)


@given(
    edits=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.binary(max_size=3)), max_size=4),
    length=st.one_of(st.just(len(GOOD)), st.integers(0, len(GOOD))),
)
def test_whatever_the_bytes_are_they_are_accepted_or_rejected_with_a_reason(
    edits: list[tuple[int, bytes]], length: int
) -> None:
    content = bytearray(GOOD[:length])
    for at, new in edits:
        content[at : at + 1] = new
    judged = judge(bytes(content), AGREED)
    assert bool(judged.problem) is not bool(judged.taken)
    if not judged.problem:
        assert judged.sums.credit + judged.sums.debit == sum(each.amount for each in judged.taken)


def test_a_class_with_columns_of_its_own_is_not_agreed() -> None:
    content = Company().file([Sent(cents=-100, sec="ARC")], effective=WEDNESDAY)
    assert judge(content, AGREED).problem == "line 2, batch header: ARC entries are not agreed"


def test_a_taken_entry_does_not_show_its_account() -> None:
    [first, *_] = judge(GOOD, AGREED).taken
    assert first.account == "7000001"
    assert first.account not in repr(first)
