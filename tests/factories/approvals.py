"""An act for tests: a book's title is changed by signatures. Nothing of the product knows the shelf."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils import timezone

from core import approvals
from core.actors import Actor
from core.approvals import registry
from core.approvals.actions import Content, Execution
from core.approvals.devices import UNKNOWN_HANDS, Hands
from core.approvals.models import ApprovalRequest
from core.approvals.services import ask, policies, sign
from core.audit.chain import JSON
from core.errors import Refusal
from core.staff.models import Authenticator
from core.staff.services import authenticators
from tests.factories import staff

ASKER = Actor("STAFF", "asker@holdfast.example", frozenset({"TREASURY"}))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class OutOfPrint(Refusal):
    code = "OUT_OF_PRINT"
    status = 409
    title = "The book is out of print"


class RenameABook(approvals.Action):
    """`shelf` is the object; `refuse` makes the effect say no; `done` is what happened."""

    name: ClassVar[str] = "tests.rename"
    title: ClassVar[str] = "Rename a book"
    ask_permission: ClassVar[str] = "ledger.ask_adjustment"
    ask_scope: ClassVar[str] = "books:write"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 72,
        "rules": [
            {
                "name": "thick",
                "when": {"pages": {"gte": 500}},
                "require": {"all": [{"role": "CONTROLLER", "count": 1}, {"role": "COMPLIANCE", "count": 1}]},
            },
            {"name": "usual", "when": {}, "require": {"role": "CONTROLLER", "count": 1}},
        ],
    }

    def __init__(self) -> None:
        self.shelf: dict[str, dict[str, Any]] = {}
        self.people: frozenset[str] = frozenset()
        self.parties: frozenset[str] = frozenset()
        self.signers: frozenset[str] | None = None
        self.refuse = ""
        self.done: list[Execution] = []

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        if subject not in self.shelf:
            raise OutOfPrint(f"{subject} is out of print")
        book = self.shelf[subject]
        return Content(
            summary=f"Call {subject} “{given['title']}”",
            version={"title": book["title"], "edition": book["edition"]},
            facts={"pages": book["pages"]},
            people=self.people,
            parties=self.parties,
            signers=self.signers,
        )

    def effect(self, execution: Execution) -> None:
        if self.refuse:
            raise OutOfPrint(self.refuse)
        self.done.append(execution)
        self.shelf[execution.subject]["title"] = execution.given["title"]


def book(*, pages: int = 100) -> RenameABook:
    """The act, declared anew with one book on the shelf."""
    act = RenameABook()
    act.shelf["book_1"] = {"title": "Untitled", "edition": 1, "pages": pages}
    registry._actions[act.name] = act
    policies.install()
    return act


def asked(
    *, given: Mapping[str, JSON] | None = None, actor: Actor = ASKER, expires_at: datetime | None = None
) -> ApprovalRequest:
    return ask(
        action="tests.rename",
        subject="book_1",
        given=given or {"title": "Ledgers"},
        reason="It is about ledgers",
        actor=actor,
        now=timezone.now(),
        expires_at=expires_at,
    )


def code_of(person: staff.Person) -> str:
    """What the person's app shows now, as if it had not been used yet."""
    Authenticator.objects.filter(user=person.user).update(last_step=-1, throttling_failure_count=0)
    return authenticators.code_at(person.secret, time.time())


def signed(
    request: ApprovalRequest, person: staff.Person, *, digest: str = "", reason: str = "", code: str = "",
    hands: Hands = UNKNOWN_HANDS,
) -> ApprovalRequest:  # fmt: skip
    """What the page does when the person presses Sign."""
    return sign(
        request_id=request.request_id,
        user=person.user,
        digest=digest or request.digest,
        code=code or code_of(person),
        reason=reason,
        device="Firefox on Linux",
        origin="198.51.100.7",
        hands=hands,
        now=timezone.now(),
    )
