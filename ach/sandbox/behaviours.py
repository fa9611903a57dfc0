"""What the sandbox bank does with an entry, by its account number: the table of docs/sandbox-bank.md.

A number that ends in `7000` and three digits asks for a behaviour; up to ten digits or letters in front are free, so
that many accounts can ask for the same. Any other number settles and nothing comes back. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ach.nacha.changes import CHANGE_CODES
from ach.nacha.reasons import REASONS, Stage, Window

_MAGIC = re.compile(r"[0-9A-Za-z]{0,10}7000([0-9]{3})", re.ASCII)


class Say(StrEnum):
    RETURN = "return"
    CHANGE = "change"
    DISHONOR = "dishonor"
    CONTEST = "contest"
    # A file without entries, and a file without a byte.
    EMPTY_FILE = "empty file"
    NO_BYTES = "no bytes"


class Manner(StrEnum):
    """How the file that carries it is spoilt, where it is."""

    PLAIN = "plain"
    MALFORMED = "malformed"
    TWICE = "twice"
    UNKNOWN_CODE = "unknown code"
    IN_ORDINARY_BATCH = "in an ordinary batch"


@dataclass(frozen=True, slots=True)
class After:
    """When: so many banking or calendar days after settlement. Neither: before it, as operators refuse."""

    banking_days: int = 0
    calendar_days: int = 0

    def __str__(self) -> str:
        if self.calendar_days:
            return f"day {self.calendar_days}"
        return f"banking day {self.banking_days}" if self.banking_days else "before settlement"


@dataclass(frozen=True, slots=True)
class Step:
    """`moves`: money moves with it. `cents_off` is added to the amount; `stranger`: it names a trace of nobody's."""

    say: Say
    code: str
    after: After
    manner: Manner = Manner.PLAIN
    moves: bool = True
    information: str = ""
    cents_off: int = 0
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`most` entries of an account behave so, then the next settle; 0 is all. `of_account` concerns the account
    itself: prenotes and micro-entries get the same answer, while others let them pass.

    `silent`: the file that holds it is never acknowledged. `refused`: the bank rejects that file.
    """

    digits: str
    meaning: str
    steps: tuple[Step, ...] = ()
    most: int = 0
    of_account: bool = False
    silent: bool = False
    refused: bool = False


BEFORE = After()
_WINDOWS = {
    Window.TWO_BANKING_DAYS: After(banking_days=1),
    Window.SIXTY_CALENDAR_DAYS: After(banking_days=5),
    Window.NEXT_FILE: BEFORE,
    Window.ON_REFUSAL: After(banking_days=3),
    Window.BY_AGREEMENT: After(banking_days=3),
    Window.OPEN: After(banking_days=2),
}
_OF_ACCOUNT = frozenset(("R02", "R03", "R04", "R12", "R13", "R14", "R15", "R16", "R20", "R28", "R34"))
_LAST_ORDINARY = "R53"
# Which dishonor each contest answers.
_CONTESTED_AFTER = MappingProxyType(
    {"R71": "R61", "R72": "R68", "R73": "R68", "R74": "R69", "R75": "R67", "R76": "R69", "R77": "R62"}
)
_FIRST = Step(Say.RETURN, "R08", After(banking_days=1))
_NEXT_DAY, _DAY_AFTER = After(banking_days=1), After(banking_days=2)


def _of_returns() -> Iterator[Behaviour]:
    for code, reason in REASONS.items():
        digits = f"0{code[1:]}"
        if reason.stage is Stage.DISHONORED:
            meaning = f"returned as R08; our bank dishonors the return as {code}, {reason.meaning}, and says so"
            yield Behaviour(digits, meaning, (_FIRST, Step(Say.DISHONOR, code, _DAY_AFTER)))
        elif reason.stage is Stage.CONTESTED:
            first = _CONTESTED_AFTER[code]
            meaning = f"returned as R08, dishonored as {first}, contested as {code}: {reason.meaning}"
            contest = Step(Say.CONTEST, code, After(banking_days=4))
            yield Behaviour(digits, meaning, (_FIRST, Step(Say.DISHONOR, first, _DAY_AFTER), contest))
        elif code <= _LAST_ORDINARY:
            step = Step(Say.RETURN, code, _WINDOWS[reason.window])
            yield Behaviour(digits, f"{code}: {reason.meaning}", (step,), of_account=code in _OF_ACCOUNT)


def _of_changes() -> Iterator[Behaviour]:
    for code, change in CHANGE_CODES.items():
        # C08 stands in the IAT layout, which the product does not send.
        if code != "C08":
            step = Step(Say.CHANGE, code, _DAY_AFTER, moves=False)
            yield Behaviour(f"1{code[1:]}", f"{code}: corrected {change.meaning}", (step,), of_account=True)


def _return(code: str, after: After = _NEXT_DAY, **more: object) -> Step:
    return Step(Say.RETURN, code, after, **more)  # type: ignore[arg-type]


_SPECIAL = (
    Behaviour("201", "R10 on day 45", (_return("R10", After(calendar_days=45)),)),
    Behaviour("202", "R10 on day 75, after its window", (_return("R10", After(calendar_days=75)),)),
    Behaviour("203", "R01 for the first two entries to the account, the third settles", (_return("R01"),), most=2),
    Behaviour("204", "R03 before settlement", (_return("R03", BEFORE),), of_account=True),
    Behaviour("206", "settles; the file that holds it is never acknowledged", silent=True),
    Behaviour("207", "the bank rejects the whole file", refused=True),
    Behaviour(
        "210", "R03 in a file whose control record is wrong; the right file comes a banking day later",
        (_return("R03", manner=Manner.MALFORMED, moves=False), _return("R03", _DAY_AFTER)),
    ),
    Behaviour("211", "settles; a file without entries comes", (Step(Say.EMPTY_FILE, "", _NEXT_DAY, moves=False),)),
    Behaviour("212", "settles; a file without a byte comes", (Step(Say.NO_BYTES, "", _NEXT_DAY, moves=False),)),
    Behaviour("213", "R01 in a file that comes twice", (_return("R01", manner=Manner.TWICE),)),
    Behaviour(
        "214", "R01, and the same return again a banking day later under another trace; the money comes twice",
        (_return("R01"), _return("R01", _DAY_AFTER)),
    ),
    Behaviour("215", "R01 with one cent less than the entry", (_return("R01", cents_off=-1),)),
    Behaviour("216", "R01 for a trace number of nobody's", (_return("R01", stranger=True),)),
    Behaviour("217", "returned with a code that does not exist, R48", (_return("R03", manner=Manner.UNKNOWN_CODE),)),
    Behaviour("218", "R16 whose text speaks of OFAC", (_return("R16", information="RETURNED PER OFAC INSTRUCTION"),)),
    Behaviour(
        "219", "C01 in a batch of the entry's own class, not in a COR batch",
        (Step(Say.CHANGE, "C01", _DAY_AFTER, manner=Manner.IN_ORDINARY_BATCH, moves=False),), of_account=True,
    ),
    Behaviour(
        "220", "C02, and two banking days later R13",
        (Step(Say.CHANGE, "C02", _DAY_AFTER, moves=False), _return("R13", After(banking_days=4))),
    ),
)  # fmt: skip
UNKNOWN_CODE = "R48"
TABLE = MappingProxyType({each.digits: each for each in (*_of_returns(), *_of_changes(), *_SPECIAL)})
NOTHING = Behaviour("", "settles")


def of_account(number: str) -> Behaviour:
    """By the account number as columns 13-29 have it, without blanks around it."""
    match = _MAGIC.fullmatch(number)
    return TABLE.get(match[1], NOTHING) if match else NOTHING


def of_digits(digits: str) -> Behaviour:
    return TABLE.get(digits, NOTHING)


def applies(behaviour: Behaviour, *, amount_minor: int, description: str) -> bool:
    """A prenote or a micro-entry asks about the account; what concerns money or the receiver's will comes later."""
    return behaviour.of_account or (amount_minor > 0 and description != "ACCTVERIFY")


def as_table() -> str:
    """The table of docs/sandbox-bank.md."""
    rows = ["| account ends with | what happens | when |", "| --- | --- | --- |"]
    for each in sorted(TABLE.values(), key=lambda behaviour: behaviour.digits):
        when = ", ".join(str(step.after) for step in each.steps) or "with the file"
        rows.append(f"| `7000{each.digits}` | {each.meaning} | {when} |")
    return "\n".join(rows) + "\n"
