"""What each switch stops, for whoever stands before it at night. Pure."""

from dataclasses import dataclass

from core.switches.enums import State, Switch

EVERYWHERE = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """`stops` and `then` are sentences for the screen, `owner` the role that answers for the service.

    `scopes` are the kinds of parts that can be stopped alone (`gateway:sandbox`); `service` is the module that asks.
    A way round a check has a `warning` for every page while it is open; it is shipped closed and opens only for a time.
    """

    switch: Switch
    stops: str
    then: str
    owner: str
    service: str
    scopes: tuple[str, ...] = ()
    warning: str = ""

    @property
    def is_way_round(self) -> bool:
        return self.warning != ""


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
            "payments.services.refund_reserves",
            scopes=("gateway", "provider", "party"),
        ),
        Guard(
            Switch.ESCROW_MOVEMENTS,
            "No escrow is funded, released or refunded.",
            "Money stays where it is. Timers that come due wait and say that they were late; disputes can be raised "
            "and evidence given.",
            "TREASURY",
            "escrow.services.escrows",
            scopes=("book", "escrow", "provider"),
        ),
        Guard(
            Switch.ACH_TRANSFERS,
            "No new ACH transfer and no payout is accepted.",
            "Callers get 503; scheduled payouts wait. What was accepted before leaves at its cutoff, and what the bank "
            "brings is booked.",
            "TREASURY",
            "payments.services.transfers",
            scopes=("party",),
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
            "Every payment gets no advice and is authorised and held for a person. None is approved unseen, not even "
            "while the bypass is open: closed is the safe side here too, and the slow one.",
            "FRAUD_LEAD",
            "fraud.services.assessments",
            scopes=("party",),
        ),
        Guard(
            Switch.FRAUD_BYPASS,
            "Payments are judged, as they should be.",
            "Open, every payment is approved unseen and counted here; when the time is over each is judged after the "
            "fact, and what would have been held goes to the queue.",
            "FRAUD_LEAD",
            "fraud.services.assessments",
            warning="Fraud decisions are bypassed: every payment is approved unseen.",
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


def shipped() -> list[tuple[Switch, State]]:
    """The first state of every switch, which is the one to be in when nobody has decided anything."""
    return [(switch, State.CLOSED if guard.is_way_round else State.OPEN) for switch, guard in GUARDS.items()]


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
