"""Values that component templates take. Views build them; templates only draw them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a key-value list. `kind` draws the value: text, money, status, time, id, code, yes_no, score."""

    label: str
    value: Any
    kind: str = "text"
    currency: str = "USD"
    url: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline. `source` names where it comes from (Payment, Fraud, Ledger, Audit)."""

    at: datetime
    title: str
    source: str = ""
    detail: str = ""
    actor: str = ""
    tone: str = "neutral"
    url: str = ""
    facts: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next to something that nobody touches. `at` is None where no clock runs, `url` leads to what it
    waits for."""

    words: str
    at: datetime | None = None
    tone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is an attribute or key of the row; `kind` as in Fact; numbers and money stand right.

    A `personal` column is about a person: in a file it is masked unless the reader may take it out whole.
    """

    title: str
    name: str
    kind: str = "text"
    currency: str = "currency"
    hide_on_phone: bool = False
    personal: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in ("money", "number")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a list. `url` is the attribute of a row that leads to its page (a property or annotation)."""

    columns: Sequence[Column]
    rows: Sequence[Any]
    caption: str = ""
    url: str = "url"
    empty: str = "Nothing here yet"
    hint: str = ""
    classes: Sequence[str] = field(default_factory=tuple)
