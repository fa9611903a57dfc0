"""Who hears that a deadline of an escrow is near."""

from core.staff import roles
from core.staff.models import User
from escrow.enums import TermsState
from escrow.models import Escrow, Terms
from escrow.selectors.approvers import PERMISSION
from escrow.terms import document


def recipients(escrow: Escrow) -> list[str]:
    """E-mails of active staff: those the terms name for escalation, and whoever may sign a release."""
    terms = Terms.objects.filter(escrow=escrow, state=TermsState.AGREED).first()
    named = document.parse(terms.document).timeouts.escalation_user_ids if terms else ()
    wanted = {name.casefold() for name in named}
    people = User.objects.filter(is_active=True).prefetch_related("role_assignments").order_by("pk")
    return [
        person.email for person in people if person.email.casefold() in wanted or roles.grants(person.roles, PERMISSION)
    ]
