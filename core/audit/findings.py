"""What verification can find, in words an auditor can act on."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    EDITED = "EDITED"
    DELETED = "DELETED"
    INSERTED = "INSERTED"
    REORDERED = "REORDERED"
    TRUNCATED = "TRUNCATED"
    REWRITTEN = "REWRITTEN"
    FORGOTTEN = "FORGOTTEN"
    UNANCHORED = "UNANCHORED"
    FORGED_ANCHOR = "FORGED_ANCHOR"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True, slots=True)
class Finding:
    """`seq` is the place in the chain, None for what is not linked; `entry_id` the audit entry, where there is one."""

    kind: Kind
    seq: int | None
    entry_id: str | None
    explanation: str

    def __str__(self) -> str:
        place = f"link {self.seq}" if self.seq is not None else "not linked"
        return f"{self.kind} at {place}: {self.explanation}"


@dataclass
class Verification:
    """What was looked at and what is wrong. `findings` are in the order of the chain; the first is the first broken."""

    from_seq: int = 0
    links: int = 0
    pending: int = 0
    anchors: int = 0
    head_seq: int = 0
    head_hash: bytes = b""
    findings: list[Finding] = field(default_factory=list)
    unlisted: int = 0
    LONGEST_LIST = 50

    def add(self, kind: Kind, seq: int | None, entry_id: object, explanation: str) -> None:
        if len(self.findings) < self.LONGEST_LIST:
            self.findings.append(Finding(kind, seq, str(entry_id) if entry_id else None, explanation))
        else:
            self.unlisted += 1

    @property
    def is_clean(self) -> bool:
        return not self.findings
