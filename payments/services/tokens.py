"""Card tokens for clients that pay again later."""

from dataclasses import dataclass
from datetime import datetime

from compliance.enums import PARTY_CREATED_UNVERIFIED, PartyType
from compliance.services import parties
from core.actors import Actor
from core.errors import FieldError
from core.switches import services as switches
from core.switches.enums import Switch
from core.vault import cards, use_counts
from core.vault.cards import CardData, CardToken, InvalidCardData
from core.vault.models import KeyAct
from core.vault.purposes import Purpose


@dataclass(frozen=True, slots=True)
class Tokenised:
    token: CardToken
    compliance_flags: list[str]


def create(*, card: CardData | None, customer_id: str | None, livemode: bool, actor: Actor, now: datetime) -> Tokenised:
    """A token for a card, for one customer or for any. The verification code is checked for form and forgotten.

    In the caller's transaction. Raises InvalidCardData, PartyNotFound (live), PartyNotEligible, SwitchClosed.
    """
    switches.require_open(Switch.CARD_TOKENS, now=now, scopes=[f"party:{customer_id}"] if customer_id else ())
    if card is None:
        raise InvalidCardData(errors=(FieldError("/cardNumber", "is required"),))
    flags: list[str] = []
    if customer_id:
        party, created = parties.ensure(
            party_id=customer_id, type=PartyType.CUSTOMER, livemode=livemode, actor=actor, now=now
        )
        parties.require_good_standing(party)
        flags = [f"{PARTY_CREATED_UNVERIFIED}:{customer_id}"] if created else []
    cards.validate(card, now)
    token = cards.tokenise(card=card, party_id=customer_id, livemode=livemode, actor=actor, now=now)
    return Tokenised(token, flags)


def reveal(*, token: str, reason: str, livemode: bool, actor: Actor, now: datetime) -> CardData:
    """A card in clear without its code, for a stated reason; audited. Raises CardTokenNotFound, SwitchClosed."""
    switches.require_open(Switch.CARD_REVEAL, now=now)
    # Before it is known whether the token exists: guessing tokens is unusual too.
    use_counts.note(purpose=Purpose.PAYMENT, act=KeyAct.REVEALED, actor=str(actor), now=now)
    return cards.reveal(token=token, reason=reason, actor=actor, now=now, livemode=livemode)
