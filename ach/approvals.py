"""What of the rail is signed: that a file leaves, and that one which may have left is built anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ach import approvals_policies as approvals_policies
from ach import approvals_returns as approvals_returns
from ach.parameters import number
from ach.selectors import files as register
from ach.services import rebuilding, releasing
from ach.services.withdrawing import locked, require
from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from core.money import Money

# Treasury prepares, the controller releases; above the second parameter compliance looks too.
RELEASE: Mapping[str, JSON] = {
    "expiresHours": 24,
    "rules": [
        {
            "name": "large",
            "when": {"isLarge": {"eq": True}},
            "require": {
                "all": [
                    {"role": "TREASURY", "count": 1},
                    {"permission": "ach.approve_file", "count": 1},
                    {"role": "COMPLIANCE", "count": 1},
                ]
            },
        },
        {
            "name": "usual",
            "when": {},
            "require": {
                "all": [{"role": "TREASURY", "count": 1}, {"permission": "ach.approve_file", "count": 1}]
            },
        },
    ],
}  # fmt: skip
REBUILD: Mapping[str, JSON] = {
    "expiresHours": 24,
    "rules": [{"name": "usual", "when": {}, "require": {"permission": "ach.approve_file", "count": 1}}],
}


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


class ReleaseFile(approvals.Action):
    """The subject is the file. Covered are its hash, totals and batches."""

    name: ClassVar[str] = releasing.ACTION
    title: ClassVar[str] = "Release an ACH file"
    ask_permission: ClassVar[str] = ""
    policy: ClassVar[Mapping[str, JSON]] = RELEASE

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises FileNotFound."""
        file = register.get(subject)
        assert file.built_at is not None
        total = releasing.largest_total(file)
        return Content(
            summary=f"Release {file.name}: {_count(file.entry_count, 'entry', 'entries')} in "
            f"{_count(file.batches, 'batch', 'batches')}, "
            f"credits {Money(file.credit_minor)}, debits {Money(file.debit_minor)}",
            version=releasing.covered(file),
            facts={
                "amountMinor": total, "livemode": file.livemode, "entries": file.entry_count,
                "isLarge": total >= number("approval_second_minor", file.built_at),
            },
        )  # fmt: skip

    def hold(self, *, subject: str) -> None:
        locked(subject)

    def effect(self, execution: Execution) -> None:
        releasing.release_signed(
            file_id=execution.subject, request_id=execution.request_id, version=execution.version,
            actor=execution.signed_by[-1], now=execution.now,
        )  # fmt: skip


class RebuildFile(approvals.Action):
    """The subject is the file that may have left. Covered is how often it was tried, so another try voids it."""

    name: ClassVar[str] = rebuilding.ACTION
    title: ClassVar[str] = "Rebuild an ACH file that may have left"
    ask_permission: ClassVar[str] = "ach.rebuild_file"
    policy: ClassVar[Mapping[str, JSON]] = REBUILD

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises FileNotFound, FileStateForbids."""
        file = register.get(subject)
        require(file, *rebuilding.REBUILDABLE)
        return Content(
            summary=f"Rebuild {file.name}: the bank has not booked it ({file.state}, {file.tries} tries)",
            version=rebuilding.covered(file),
            facts={"amountMinor": releasing.largest_total(file), "livemode": file.livemode},
        )

    def hold(self, *, subject: str) -> None:
        rebuilding.locked_with_originator(subject)

    def effect(self, execution: Execution) -> None:
        rebuilding.rebuild_signed(
            file_id=execution.subject, version=execution.version, why=execution.reason,
            actor=execution.signed_by[-1], now=execution.now,
        )  # fmt: skip


approvals.register(ReleaseFile())
approvals.register(RebuildFile())
