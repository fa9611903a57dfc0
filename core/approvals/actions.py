"""What an app declares about an act that needs signatures: what is covered, who must sign, what happens then."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from core.actors import Actor
from core.audit.chain import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a signature covers, read from the database at this moment.

    `summary` is the line a signer reads. `version` names the exact object, `evidence` what the decision rests on
    (documents by hash, versions of other rows): a change of either voids every signature. `facts` are what conditions
    of a policy may ask. `people` (e-mails of staff) are those the act is about and `parties` (party ids) those it
    favours or burdens: neither the former nor anybody related to the latter signs. With `signers` (e-mails of staff)
    only these sign, as far as the policy lets them. `url` is the object's page.
    """

    summary: str
    version: Mapping[str, JSON]
    evidence: Mapping[str, JSON] = field(default_factory=dict)
    facts: Mapping[str, JSON] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    signers: frozenset[str] | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What an effect is told. `version` is what the last signer saw: compare it once the object is locked."""

    request_id: str
    subject: str
    given: Mapping[str, JSON]
    version: Mapping[str, JSON]
    asked_by: Actor
    signed_by: tuple[Actor, ...]
    reason: str
    now: datetime


class Action(ABC):
    """One kind of act. `policy` is the shipped document (`core.approvals.policy`), stored once as its first version."""

    name: ClassVar[str]
    title: ClassVar[str]
    ask_permission: ClassVar[str]  # empty: only the program itself asks
    ask_scope: ClassVar[str] = ""  # of an API key that may ask too; it never signs
    policy: ClassVar[Mapping[str, JSON]]

    @abstractmethod
    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Read what would be signed now. Raises a Refusal where the act makes no sense, or none any more."""

    def hold(self, *, subject: str) -> None:  # noqa: B027
        """Lock what the effect will lock, in the program's order. Comes before the lock of the request, so that whoever
        holds the object and then voids its request does not wait for a signer who waits for the object.
        """

    @abstractmethod
    def effect(self, execution: Execution) -> None:
        """Do it, in the transaction of the last signature: database only, audited and published by itself.

        A Refusal undoes the effect alone: the signatures stay and the request says why it waits.
        """

    def result_url(self, *, request_id: str, subject: str) -> str:
        """The page of what came of it; empty where that is the object's own page."""
        return ""
