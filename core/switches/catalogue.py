"""What each switch stops, for whoever stands before it at night. Pure."""

from dataclasses import dataclass

from core.switches.enums import Switch

EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """`stops` and `then` are sentences for the screen, `owner` the role that answers for the service.

    `scopes` are the kinds of parts that can be stopped alone (`gateway:sandbox`); `service` is the module that asks.
    """

    switch: Switch
    stops: str
    then: str
    owner: str
    service: str
    scopes: tuple[str, ...] = ()


GUARDS: dict[Switch, Guard] = {
    guard.switch: guard
    for guard in (
        Guard(
            Switch.PAYMENTS,
            "No new payment is taken.",
            "Callers get 503 and may repeat the request later. Payments that were accepted before are finished, and "
            "reviews can be decided.",
            "TREASURY",
            "payments.services.acceptance",
            scopes=("gateway", "provider", "party"),
        ),
        Guard(
            Switch.REFUNDS,
            "No new refund is made.",
            "Callers get 503 and may repeat the request later. Refunds that were accepted before are finished.",
            "TREASURY",
            "payments.services.refunds",
            scopes=("gateway", "provider", "party"),
        ),
        Guard(
            Switch.CARD_TOKENS,
            "No card is exchanged for a token to be used later.",
            "Callers get 503. Payments with a card or with a token made before go on.",
            "COMPLIANCE",
            "payments.services.tokens",
            scopes=("party",),
        ),
        Guard(
            Switch.CARD_REVEAL,
            "No card number is shown in clear, to no person and no key.",
            "Charging stored cards goes on: it shows them to nobody.",
            "COMPLIANCE",
            "payments.services.tokens",
        ),
        Guard(
            Switch.FRAUD_SCORING,
            "No payment is scored.",
            "Every payment gets no advice and is authorised and held for a person. None is approved unseen: there is "
            "no way round the fraud decision, so closed is the safe side here too, and the slow one.",
            "FRAUD_LEAD",
            "fraud.services.assessments",
            scopes=("party",),
        ),
        Guard(
            Switch.WEBHOOKS,
            "No event is sent to the endpoints of the marketplace.",
            "Deliveries wait and are sent once it is open again.",
            "INTEGRATION",
            "core.webhooks.services.deliveries",
            scopes=("endpoint",),
        ),
    )
}


def find_fault(switch: str, scope: str) -> str | None:
    """Why this scope makes no sense for this switch, or None."""
    if scope == EVERYWHERE:
        return None
    kind, _, name = scope.partition(":")
    known = GUARDS[Switch(switch)].scopes
    if kind not in known or not name.strip() or name != name.strip():
        return f"{switch} is stopped everywhere or by {_kinds(known)}" if known else f"{switch} has no parts"
    return None


def _kinds(scopes: tuple[str, ...]) -> str:
    return " or ".join(f"{kind}:…" for kind in scopes)
