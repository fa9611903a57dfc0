"""Some days in the life of a marketplace, made from a seed: the same seed makes the same days.

Everything goes through the public API; the clock of the running program is moved along, so that velocity,
capture deadlines, settlement and escrow clocks see real days. Nothing from outside is needed.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from ops.marketplace import cards
from ops.marketplace.client import Answer, MarketplaceClient
from ops.marketplace.people import CUSTOMERS, PROVIDERS, Customer, Provider

# Sandbox cards with a fate of their own (docs/payments.md), and how many payments in a thousand meet each.
FATES = {
    "4000000000000002": 25,  # declined
    "4000000000009995": 20,  # insufficient funds
    "4000000000006025": 10,  # the answer is lost after the charge went through
    "4000000000006066": 15,  # settles a day late
    "4000000000006082": 5,  # settles short
}
# Where buyers' banks think they are, and where their devices are: documentation address blocks (RFC 5737).
COUNTRIES = ("US",) * 48 + ("CA", "GB")
AT_HOME, ABROAD = "192.0.2", "198.51.100"


EXPECTED = frozenset({200, 201, 202, 402, 403})


class UnexpectedAnswer(RuntimeError):
    """The API said something no marketplace would shrug off: what was sent, and what came back."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One payment that somebody will make at a moment."""

    at: datetime
    customer: Customer
    provider: Provider
    amount_minor: int
    card_number: str
    number: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`days` before `until`, about `per_day` payments each; `burst_day` is when somebody tries a stolen card."""

    until: datetime
    days: int
    per_day: int
    seed: int
    burst_day: int = 3

    @property
    def name(self) -> str:
        """Part of every idempotency key: the same days pay once, other days are other payments."""
        return f"{self.until:%Y%m%d}-{self.days}x{self.per_day}-{self.seed}"


def bookings(plan: Plan) -> list[Booking]:
    """In order of time, none after `until`. Same plan, same bookings."""
    dice = random.Random(plan.seed)  # noqa: S311 - a demo, repeatable on purpose
    found = sorted(_days(plan, dice), key=lambda booking: booking.at)
    return [booking for booking in found if booking.at < plan.until]


def play(
    plan: Plan,
    client: MarketplaceClient,
    *,
    move_to: Callable[[datetime], None],
    end_of_day: Callable[[datetime], None],
    progress: Callable[[], None],
    meanwhile: Callable[[datetime], None] | None = None,
) -> Counter[str]:
    """Returns how often each answer came, e.g. `{"201": 230, "402": 9, "refunds": 12}`.

    `meanwhile` plays what others do up to a moment; it is asked before every booking, every end of a day, and at last.
    """
    dice = random.Random(plan.seed + 1)  # noqa: S311
    counts: Counter[str] = Counter()
    completed: list[dict[str, Any]] = []
    day = None
    for booking in bookings(plan):
        if day is not None and booking.at.date() != day:
            evening = datetime.combine(day, time(23, 30), UTC)
            _meanwhile(meanwhile, evening)
            _refund_some(client, completed, dice, counts, f"{plan.name}-{day}")
            end_of_day(evening)
        day = booking.at.date()
        _meanwhile(meanwhile, booking.at)
        move_to(booking.at)
        key = f"simulate-{plan.name}-{booking.number}"
        answer = client.post("/v1/payments", request_body(booking, dice), key=key)
        counts[str(expected(answer).status)] += 1
        if answer.body.get("status") == "COMPLETED":
            completed.append(answer.body)
        progress()
    _meanwhile(meanwhile, plan.until)
    return counts


def introduce_parties(client: MarketplaceClient, seed: int) -> list[Answer]:
    """Everybody registers before the first payment."""
    parties: list[dict[str, Any]] = [
        {
            "partyId": provider.party_id,
            "type": "PROVIDER",
            "kind": "BUSINESS",
            "businessName": provider.business_name,
            "email": f"{provider.party_id[5:]}@example.com",
        }
        for provider in PROVIDERS
    ]
    parties += [
        {
            "partyId": customer.party_id,
            "type": "CUSTOMER",
            "kind": "INDIVIDUAL",
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "email": customer.email,
        }
        for customer in CUSTOMERS
    ]
    return [client.post("/v1/parties", party, key=f"simulate-{seed}-{party['partyId']}") for party in parties]


def _meanwhile(play_until: Callable[[datetime], None] | None, moment: datetime) -> None:
    if play_until:
        play_until(moment)


def expected(answer: Answer) -> Answer:
    """The answer, if a marketplace would shrug it off. Raises UnexpectedAnswer."""
    if answer.status not in EXPECTED or answer.body.get("code") == "INSUFFICIENT_SCOPE":
        raise UnexpectedAnswer(f"{answer.status} {answer.body.get('code')}: {answer.body.get('errors') or answer.body}")
    return answer


def request_body(booking: Booking, dice: random.Random) -> dict[str, Any]:
    customer = booking.customer
    return {
        "cardNumber": booking.card_number,
        "expiryMonth": "12",
        "expiryYear": str(booking.at.year + 3),
        "cvc": "123",
        "amount": booking.amount_minor,
        "currency": "USD",
        "customerId": customer.party_id,
        "providerId": booking.provider.party_id,
        "bookingId": f"book_{booking.at:%Y%m%d}_{booking.number:04d}",
        "paymentMethod": "card",
        "email": customer.email,
        "ipAddress": f"{dice.choice((AT_HOME,) * 40 + (ABROAD,))}.{CUSTOMERS.index(customer) + 1}",
        "deviceFingerprint": f"device-{customer.party_id}",
        "billingAddress": {"country": dice.choice(COUNTRIES)},
        "metadata": {"service": booking.provider.service},
    }


def _days(plan: Plan, dice: random.Random) -> Iterator[Booking]:
    number = 0
    first_day = (plan.until - timedelta(days=plan.days)).date()
    for day in range(plan.days + 1):
        date = first_day + timedelta(days=day)
        weekend = date.weekday() >= 5
        for _ in range(round(plan.per_day * (1.4 if weekend else 0.9) * dice.uniform(0.8, 1.2))):
            number += 1
            yield _ordinary(date, dice, number)
        if day == plan.burst_day:
            for attempt in range(14):
                number += 1
                yield _attempt_with_a_stolen_card(date, attempt, number)


def _ordinary(date: Any, dice: random.Random, number: int) -> Booking:
    customer, provider = dice.choice(CUSTOMERS), dice.choice(PROVIDERS)
    amount = round(provider.typical_minor * dice.lognormvariate(0, 0.28) / 50) * 50
    if dice.random() < 0.03:
        amount *= 4
    at = datetime.combine(date, time(dice.choice(range(7, 22)), dice.randrange(60), dice.randrange(60)), UTC)
    return Booking(at, customer, provider, max(500, amount), _card(customer, dice), number)


def _card(customer: Customer, dice: random.Random) -> str:
    roll = dice.randrange(1000)
    for number, share in FATES.items():
        roll -= share
        if roll < 0:
            return number
    return cards.number_for(customer.party_id)


def _attempt_with_a_stolen_card(date: Any, attempt: int, number: int) -> Booking:
    """Fourteen payments in half an hour by one customer: the velocity rules' worked example."""
    at = datetime.combine(date, time(3, 2 * attempt, 11), UTC)
    return Booking(at, CUSTOMERS[-1], PROVIDERS[0], 49900, cards.number_for("stolen"), number)


def _refund_some(
    client: MarketplaceClient, completed: list[dict[str, Any]], dice: random.Random, counts: Counter[str], run: str
) -> None:
    """About one payment in fifteen comes back, half of them in part."""
    for payment in dice.sample(completed, k=len(completed) // 15):
        body = {"reason": "requested_by_customer"}
        if dice.random() < 0.5:
            body["amount"] = payment["amount"] // 2
        answer = client.post(
            f"/v1/payments/{payment['paymentId']}/refunds", body, key=f"simulate-refund-{run}-{payment['paymentId']}"
        )
        counts["refunds" if expected(answer).status < 300 else f"refunds refused: {answer.body.get('code')}"] += 1
    completed.clear()
