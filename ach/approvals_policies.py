"""That a return code leads to something else is signed; where parties or sanctions are concerned, by compliance too."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from ach.approvals_returns import ASK, SIGN
from ach.services import policies, policy_changes
from ach.services.policy_changes import Proposal
from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON

_TIMES = {1: "once", 2: "twice"}


class ChangeReturnPolicy(approvals.Action):
    """The subject is the code; given is the proposed row (`policy_changes.Proposal`)."""

    name: ClassVar[str] = policy_changes.CHANGE
    title: ClassVar[str] = "Change what a return code leads to"
    ask_permission: ClassVar[str] = ASK
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 168,
        "rules": [
            {
                "name": "parties and sanctions",
                "when": {"concernsCompliance": {"eq": True}},
                "require": {"all": [{"permission": SIGN, "count": 1}, {"role": "COMPLIANCE", "count": 1}]},
            },
            {"name": "usual", "when": {}, "require": {"permission": SIGN, "count": 1}},
        ],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Covered are the row as proposed and the one that it follows. Raises InvalidReturnPolicy."""
        proposal = Proposal.read(given)
        policy_changes.require_possible(subject, proposal, now=now)
        before = policies.in_force(subject, proposal.effective_from)
        return Content(
            summary=f"From {proposal.effective_from} on {subject} leads to: {in_words(proposal)}",
            version={
                "proposed": proposal.given(), "follows": before.pk if before else None,
                "before": in_words(Proposal(**{name: getattr(before, name) for name in asdict(proposal)}))
                if before else "",
            },
            facts={"code": subject, "concernsCompliance": policy_changes.concerns_compliance(subject, proposal)},
            url=reverse("admin:ach_policy", args=[subject]),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        policy_changes.add_signed(
            code=execution.subject,
            proposal=Proposal.read(execution.given),
            reason=execution.reason,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


def in_words(row: Proposal) -> str:
    """`stops the account, told to compliance`."""
    said = [
        f"may be sent again {_TIMES.get(row.retries, row.retries)}" if row.retries else "",
        "no entry to the account any more" if row.stops_account else "",
        "no debit from it any more" if row.stops_authorization else "",
        "the party is frozen" if row.freezes_party else "",
        "compliance is told" if row.to_compliance else "",
    ]
    return ", ".join(filter(None, said)) or "the entry is returned, no more"


approvals.register(ChangeReturnPolicy())
