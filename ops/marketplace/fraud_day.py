"""A day of fraud among ordinary days, made from a seed: the same seed makes the same attempts.

On the day itself the four kinds come loud: cards are tested by the dozen, a stolen card is spent at night from abroad,
a pair of strangers pay each other round amounts, an account is taken over. In the weeks before, the same kinds come
now and then and quietly, so that some of them pass, are reported later, and a model has something to learn from.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from ops.marketplace import cards, fraud_cast
from ops.marketplace.fraud_cast import Buyer, Cast, newcomer

# Sandbox cards that the network refuses (docs/payments.md): what most tested cards are.
DEAD_CARDS = ("4000000000000002", "4000000000009995", "4000000000000069", "4000000000000127")


class Kind(StrEnum):
    """What an attempt really is. Only the simulator knows."""

    ORDINARY = "ordinary"
    CARD_TESTING = "card testing"
    STOLEN_CARD = "stolen card"
    COLLUSION = "seller collusion"
    TAKEOVER = "account takeover"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One payment somebody tries. `number` counts the attempts of a plan in order of time, from 1."""

    at: datetime
    kind: Kind
    buyer: Buyer
    seller: str
    amount_minor: int
    billing_country: str = "US"
    notes: tuple[tuple[str, str], ...] = ()
    number: int = 0

    @property
    def is_fraud(self) -> bool:
        return self.kind != Kind.ORDINARY

    def body(self) -> dict[str, Any]:
        """The documented payment request."""
        return {
            "cardNumber": self.buyer.card_number,
            "expiryMonth": "12",
            "expiryYear": str(self.at.year + 3),
            "cvc": "123",
            "amount": self.amount_minor,
            "currency": "USD",
            "customerId": self.buyer.party_id,
            "providerId": self.seller,
            "bookingId": f"book_{self.at:%Y%m%d}_f{self.number:05d}",
            "paymentMethod": "card",
            "email": self.buyer.email,
            "ipAddress": self.buyer.address,
            "deviceFingerprint": self.buyer.device,
            "billingAddress": {"country": self.billing_country},
            "metadata": dict(self.notes),
        }


@dataclass(frozen=True, slots=True)
class FraudPlan:
    """`payments` ordinary ones, spread over `history_days` and `day` itself; nothing happens after `until`.

    `among_the_demo`: by the demo marketplace's people, whose days must not be before what they have done already.
    """

    day: date
    until: datetime
    payments: int
    seed: int
    history_days: int = 42
    among_the_demo: bool = False

    @property
    def name(self) -> str:
        """Part of every idempotency key: the same plan pays once."""
        return f"{self.day:%Y%m%d}-{self.history_days}x{self.payments}-{self.seed}"

    @property
    def cast(self) -> Cast:
        return fraud_cast.demo() if self.among_the_demo else fraud_cast.strangers(self.seed)

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.day - timedelta(days=self.history_days), time(), UTC)


def attempts(plan: FraudPlan) -> list[Attempt]:
    """In order of time. Same plan, same attempts."""
    dice = random.Random(plan.seed)  # noqa: S311 - a demo, repeatable on purpose
    made = [*_ordinary(plan, dice)]
    for days_before in range(plan.history_days, 0, -1):
        day = _Day(plan.day - timedelta(days=days_before), plan.seed, plan.cast, dice)
        for kind in dice.sample(sorted(_QUIETLY), 2):
            made += _QUIETLY[kind](day)
    day = _Day(plan.day, plan.seed, plan.cast, dice)
    made += [*_card_testing(day, 24), *_stolen_card(day, 5, abroad=True)]
    made += [*_collusion(day, 6, least=60_000), *_takeover(day, 4, abroad=True)]
    made = sorted((attempt for attempt in made if attempt.at < plan.until), key=lambda attempt: attempt.at)
    return [replace(attempt, number=number) for number, attempt in enumerate(made, start=1)]


@dataclass(frozen=True, slots=True)
class _Day:
    """What a campaign is made from; `name` tells its masks from those of other days."""

    date: date
    seed: int
    cast: Cast
    dice: random.Random

    @property
    def name(self) -> str:
        return f"{self.seed}_{self.date:%y%m%d}"

    def at(self, hours: range) -> datetime:
        return datetime.combine(
            self.date, time(self.dice.choice(hours), self.dice.randrange(60), self.dice.randrange(60)), UTC
        )


def _ordinary(plan: FraudPlan, dice: random.Random) -> Iterator[Attempt]:
    """Everybody at home, by day, about what they usually spend; now and then a bad card or a journey."""
    cast = plan.cast
    for _ in range(plan.payments):
        place = dice.randrange(len(cast.buyers))
        buyer = cast.buyers[place]
        day = _Day(plan.day - timedelta(days=dice.randrange(plan.history_days + 1)), plan.seed, cast, dice)
        at = day.at(range(7, 23))
        amount = max(500, round(buyer.usual_minor * dice.lognormvariate(0, 0.35) / 50) * 50)
        if dice.random() < 0.03:
            buyer = replace(buyer, card_number=dice.choice(DEAD_CARDS[:2]))
        if dice.random() < 0.01:
            buyer = replace(buyer, address=cast.away(place + 1))
        yield Attempt(at, Kind.ORDINARY, buyer, dice.choice(cast.sellers), amount)


def _card_testing(day: _Day, cards_tried: int) -> Iterator[Attempt]:
    """Many cards, small amounts, two devices and two addresses, within half an hour; most cards are dead."""
    began, dice, name = day.at(range(9, 20)), day.dice, f"tester_{day.name}"
    for tried in range(cards_tried):
        hand = tried % 2
        buyer = newcomer(
            f"{name}_{hand}",
            device=f"rig-{name}-{hand}",
            address=day.cast.at_home(201 + hand),
            card_number=dice.choice(DEAD_CARDS) if dice.random() < 0.6 else cards.number_for(f"{name}_{tried}"),
        )
        at = began + timedelta(seconds=70 * tried + dice.randrange(30))
        yield Attempt(at, Kind.CARD_TESTING, buyer, day.cast.sellers[hand], dice.randrange(100, 500))


def _stolen_card(day: _Day, times: int, *, abroad: bool) -> Iterator[Attempt]:
    """Somebody else's card on a fresh account, at night: first for twice what its owner spends, then for more."""
    dice, owner, began = day.dice, day.dice.choice(day.cast.buyers), day.at(range(1, 4))
    thief = newcomer(
        f"guest_{day.name}",
        device=f"thief-{day.name}",
        address=(day.cast.away if abroad else day.cast.at_home)(dice.randrange(90, 120)),
        card_number=owner.card_number,
    )
    for spent in range(times):
        amount = round(owner.usual_minor * (dice.uniform(2, 3) + spent) / 50) * 50
        at = began + timedelta(minutes=11 * spent)
        yield Attempt(at, Kind.STOLEN_CARD, thief, dice.choice(day.cast.sellers), amount)


def _collusion(day: _Day, times: int, *, least: int) -> Iterator[Attempt]:
    """A new customer pays a new seller round amounts, hours apart, and the seller wants the money at once."""
    dice, began = day.dice, day.at(range(5))
    address = day.cast.at_home(dice.randrange(210, 250))
    customer = newcomer(f"pair_{day.name}", device=f"pair-{day.name}", address=address)
    for paid in range(times):
        at = began + timedelta(hours=2 * paid, minutes=dice.randrange(50))
        amount = least + 10_000 * dice.randrange(4)
        notes = (("service", "Consulting"), ("payout", "as soon as possible"))
        yield Attempt(at, Kind.COLLUSION, customer, f"prov_pair_{day.name}", amount, notes=notes)


def _takeover(day: _Day, times: int, *, abroad: bool) -> Iterator[Attempt]:
    """A known customer's account and card, from a device and an address that are not theirs, sent elsewhere."""
    dice, victim, began = day.dice, day.dice.choice(day.cast.buyers), day.at(range(10, 20))
    address = (day.cast.away if abroad else day.cast.at_home)(dice.randrange(130, 200))
    taken = replace(victim, device=f"taker-{day.name}", address=address)
    for ordered in range(times):
        amount = round(victim.usual_minor * dice.uniform(2, 4) / 50) * 50
        at = began + timedelta(minutes=6 * ordered)
        notes = (("shipTo", "changed an hour before"),)
        yield Attempt(at, Kind.TAKEOVER, taken, dice.choice(day.cast.sellers), amount, notes=notes)


_QUIETLY: dict[Kind, Callable[[_Day], Iterator[Attempt]]] = {
    Kind.CARD_TESTING: lambda day: _card_testing(day, 6),
    Kind.STOLEN_CARD: lambda day: _stolen_card(day, 3, abroad=False),
    Kind.COLLUSION: lambda day: _collusion(day, 4, least=20_000),
    Kind.TAKEOVER: lambda day: _takeover(day, 3, abroad=False),
}
