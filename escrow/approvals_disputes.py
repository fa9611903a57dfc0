"""What of disputes is signed: how an escalated one ends."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from escrow.models import Dispute, Escrow
from escrow.selectors import agreements, mediators
from escrow.selectors import disputes as register
from escrow.selectors.disputes import DisputeNotFound
from escrow.selectors.escrows import EscrowNotFound
from escrow.services import awards, escrows, evidence, resolutions
from escrow.services.awards import Award
from payments.models import Payment

STAFF = "STAFF:"


class ResolveDispute(approvals.Action):
    """The subject is the escrow's id; given are `dispute`, `releaseMinor` and `refundMinor`."""

    name: ClassVar[str] = resolutions.ACTION
    title: ClassVar[str] = "Resolve a dispute"
    ask_permission: ClassVar[str] = "escrow.mediate_dispute"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 168,
        "rules": [
            {
                "name": "large",
                "when": {"amountMinor": {"gte": 500_000}},
                "require": {"permission": "escrow.approve_resolution", "count": 2},
            },
            {"name": "usual", "when": {}, "require": {"permission": "escrow.approve_resolution", "count": 1}},
        ],
    }

    def hold(self, *, subject: str) -> None:
        found = Escrow.objects.filter(public_id=subject)
        list(Payment.objects.select_for_update().filter(pk__in=found.values("payment")).values_list("pk"))
        list(found.select_for_update(of=("self",)).values_list("pk"))
        list(Dispute.objects.select_for_update(of=("self",)).filter(escrow__public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises EscrowNotFound, DisputeNotFound (it has ended), ResolutionNotAccepted (less is left by now)."""
        dispute = _dispute(subject, given)
        award = Award(int(str(given["releaseMinor"])), int(str(given["refundMinor"])))
        awards.require_whole(dispute, award)
        escrow = dispute.escrow
        payer, payee = escrow.payer, escrow.payee
        release, refund = escrows.money(escrow, award.release_minor), escrows.money(escrow, award.refund_minor)
        return Content(
            summary=f"Resolve the dispute about {subject}: {release} to {payee.name}, {refund} back to {payer.name}",
            version={
                "escrowVersion": escrow.version,
                "heldMinor": escrow.held_minor,
                "disputedMinor": dispute.amount_minor,
                "takenBackMinor": dispute.taken_minor,
                "payer": payer.party_id,
                "payee": payee.party_id,
                "mediator": dispute.mediator,
            },
            evidence=_evidence(dispute),
            facts={
                "amountMinor": award.release_minor + award.refund_minor,
                "currency": escrow.currency,
                "outcome": str(award.outcome),
                "livemode": escrow.livemode,
            },
            people=_concerned(dispute),
            parties=frozenset({payer.party_id, payee.party_id}),
            url=reverse("admin:dispute", args=[dispute.public_id]),
        )

    def effect(self, execution: Execution) -> None:
        resolutions.execute_signed(
            escrow_id=execution.subject,
            given=execution.given,
            approval_id=execution.request_id,
            signers=execution.signed_by,
            reason=execution.reason,
            now=execution.now,
        )


def _dispute(escrow_id: str, given: Mapping[str, JSON]) -> Dispute:
    escrow = Escrow.objects.select_related("payer", "payee").filter(public_id=escrow_id).first()
    if escrow is None:
        raise EscrowNotFound(f"no escrow is named {escrow_id}")
    dispute = register.find_open(escrow)
    if dispute is None or dispute.public_id != given.get("dispute"):
        raise DisputeNotFound("the dispute has ended")
    dispute.escrow = escrow
    return dispute


def _evidence(dispute: Dispute) -> dict[str, JSON]:
    """What both sides said, by digest; the terms it is judged by."""
    terms = agreements.in_force(dispute.escrow).terms
    said: dict[str, JSON] = {
        str(side): {"submitted": bool(story.submission), "digest": evidence.digest(story)}
        for side, story in register.stories(dispute).items()
    }
    return {"termsVersion": terms.version, "termsDigest": terms.digest, "said": said}


def _concerned(dispute: Dispute) -> frozenset[str]:
    """Whoever raised it, mediates it or entered evidence for a side signs nothing."""
    raiser = dispute.raised_by.removeprefix(STAFF) if dispute.raised_by.startswith(STAFF) else ""
    return (mediators.speakers(dispute) | {raiser, dispute.mediator}) - {""}


approvals.register(ResolveDispute())
