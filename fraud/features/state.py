"""What is known of the parties of a payment before it happens, kept in memory; the store in Redis does the same.

**Order of a payment.** `attempt` answers the values *before* the payment and then adds it. `outcome` adds later how
it ended: PAID (approved or held), REFUSED (declined or blocked), anything else adds nothing. `label` adds what it
turned out to be, at the moment that becomes known. Nothing is told twice: payment ids are the store's business, not
the state's. Test mode and live mode share nothing.

**Units.** Times are whole microseconds since 1970 in UTC, as PostgreSQL keeps them, amounts whole minor units. Both
and all counts are integers below 2^53. The usual amount, its largest and sums of squares are IEEE doubles, computed
by the operations written here in the order written here, so that Lua 5.1 gets the same bits. Floor division is on
non-negative numbers only; a bucket is `(at - at % span) / span`, which is exact in doubles. No value is ever None: -1
stands for "never" and "not known", "" for a card, device, country or customer that is not named, and an absent entity
(no card, say) has -1 in all its values.

**Rings.** Counts and sums live in sparse rings of 60 x 1 minute, 24 x 1 hour or 30 x 1 day (`fraud.features.rings`).
A window is as coarse as its ring: an hour is this minute and the 59 before, 24 hours are this hour and the 23 before,
7 and 30 days are this day of UTC and the 6 or 29 before, and 3 and 14 days likewise. What was told of a later moment
than the one that asks is counted too: a clock that is ahead hides nothing. What is a whole ring behind the newest is
not kept.

**Exact.** A customer's attempts of one hour and of 24 hours are counted to the microsecond, `> at - window`, because
limits hang on them, as long as there are fewer than 128; from 128 on the ring says how many. Sets of different cards,
devices and customers keep when each value was last seen, exactly, for the newest 512 values.

**Layouts.** Flat lists of numbers and of the lists that belong to them:

- customer `[first_at, last_at, usual, usual_largest, usual_payments, large_at, attempts, minutes, hours, days,
  amounts, cards, devices, frauds]`. `attempts` are pairs (at, country), 24 h, newest 128. `minutes` ring (attempts);
  `hours` ring (attempts, refused, paid amount); `days` ring (attempts, paid, paid amount, sum of squares, largest,
  large ones). `amounts` pairs (at, paid amount), 30 d, newest 32, for the median; `cards`, `devices` pairs (last
  seen, value), 24 h; `frauds` pairs (known_at, payment id), 90 d, newest 16.
- seller `[first_at, run, run_since, run_last, genuine_last, days]`, `days` ring (attempts, labels that became known
  that day, of them fraud).
- card `[hours ring (attempts, refused), customers]`, address `[minutes ring (attempts), customers]`, device `[hours
  ring (attempts), customers]`; customers are pairs (last seen, customer), 30 d, of an address 24 h.
- pair `[days ring (attempts), attempts ever]`.

**The usual amount** is a running mean of paid amounts in order of arrival: `usual + (counted - usual) / payments`,
where `payments` stops at 256 and `counted` is the amount or, if that is less, 2.8 times the usual. Such a payment is
*large*. So a stolen card's payments are told from the customer's own without moving what is usual.

**The run of fraud** of a seller is how many payments in a row are known to be fraud, in order of the payments. A
genuine one ends it unless it is older than the newest fraud of the run; a fraud older than the newest genuine one
begins none. `seller_fraud_run` is 0 after a genuine one and -1 before the first label; shares count by the day the
label was known.
"""

from enum import Enum
from typing import Any, NamedTuple

from fraud.features import customers, instruments, sellers

RAW: tuple[str, ...] = (
    *customers.RAW,
    *sellers.RAW,
    *instruments.PAIR_RAW,
    *instruments.CARD_RAW,
    *instruments.ADDRESS_RAW,
    *instruments.DEVICE_RAW,
)
# Doubles among RAW; every other value is an integer.
DOUBLES = frozenset(
    {"customer_squares_30d", "customer_median_minor", "customer_usual_minor", "customer_usual_largest_minor"}
)
_NO_SELLER = [-1] * len(sellers.RAW)
_NO_PAIR = [-1] * len(instruments.PAIR_RAW)
_NO_CARD = [-1] * len(instruments.CARD_RAW)
_NO_ADDRESS = [-1] * len(instruments.ADDRESS_RAW)
_NO_DEVICE = [-1] * len(instruments.DEVICE_RAW)


class Ended(Enum):
    """How an attempt ended, as far as the state distinguishes."""

    PAID = "PAID"
    REFUSED = "REFUSED"
    NEITHER = "NEITHER"


class Event(NamedTuple):
    """One attempt to pay. Parties and instruments are any text or number that stays the same; "" if not named."""

    payment_id: str | int
    livemode: bool
    at: int
    amount_minor: int
    customer: str | int
    seller: str | int = ""
    card: str | int = ""
    device: str | int = ""
    address: str | int = ""
    country: str = ""


class _Mode:
    """All entities of one mode."""

    __slots__ = ("addresses", "cards", "customers", "devices", "pairs", "sellers")

    def __init__(self) -> None:
        self.customers: dict[Any, list[Any]] = {}
        self.sellers: dict[Any, list[Any]] = {}
        self.pairs: dict[Any, list[Any]] = {}
        self.cards: dict[Any, list[Any]] = {}
        self.addresses: dict[Any, list[Any]] = {}
        self.devices: dict[Any, list[Any]] = {}


class State:
    def __init__(self) -> None:
        self._live, self._test = _Mode(), _Mode()

    def attempt(self, event: Event) -> dict[str, int | float]:
        """The values of RAW before the payment, which is then added."""
        values = self.look(event)
        self.add(event)
        return values

    def look(self, event: Event) -> dict[str, int | float]:
        """The values of RAW as they stand, changing nothing."""
        mode = self._live if event.livemode else self._test
        at, customer, seller = event.at, event.customer, event.seller
        known = mode.customers.get(customer) or customers.new()
        values = customers.look(known, at, event.card, event.device, event.country)
        if seller == "":
            values += _NO_SELLER + _NO_PAIR
        else:
            values += sellers.look(mode.sellers.get(seller) or sellers.new(), at)
            values += instruments.look_at_pair(mode.pairs.get((customer, seller)) or instruments.new_pair(), at)
        for named, entities, nothing, look in (
            (event.card, mode.cards, _NO_CARD, instruments.look_at_card),
            (event.address, mode.addresses, _NO_ADDRESS, instruments.look_at_address),
            (event.device, mode.devices, _NO_DEVICE, instruments.look_at_device),
        ):
            values += nothing if named == "" else look(entities.get(named) or instruments.new(), at, customer)
        return dict(zip(RAW, values, strict=True))

    def add(self, event: Event) -> None:
        """Count the attempt without asking for the values before it."""
        mode = self._live if event.livemode else self._test
        at, customer = event.at, event.customer
        customers.attempt(_of(mode.customers, customer, customers.new), at, event.card, event.device, event.country)
        if event.seller != "":
            sellers.attempt(_of(mode.sellers, event.seller, sellers.new), at)
            instruments.attempt_of_pair(_of(mode.pairs, (customer, event.seller), instruments.new_pair), at)
        if event.card != "":
            instruments.attempt_on_card(_of(mode.cards, event.card, instruments.new), at, customer)
        if event.address != "":
            instruments.attempt_at_address(_of(mode.addresses, event.address, instruments.new), at, customer)
        if event.device != "":
            instruments.attempt_on_device(_of(mode.devices, event.device, instruments.new), at, customer)

    def outcome(self, event: Event, ended: Ended) -> None:
        """How an attempt ended, counted at the time of the attempt whenever it is told."""
        mode = self._live if event.livemode else self._test
        if ended is Ended.PAID:
            customers.paid(_of(mode.customers, event.customer, customers.new), event.at, event.amount_minor)
        elif ended is Ended.REFUSED:
            customers.refused(_of(mode.customers, event.customer, customers.new), event.at)
            if event.card != "":
                instruments.refused_on_card(_of(mode.cards, event.card, instruments.new), event.at)

    def label(self, event: Event, *, known_at: int, is_fraud: bool) -> None:
        """What a payment turned out to be, told when it becomes known."""
        mode = self._live if event.livemode else self._test
        if event.seller != "":
            sellers.label(_of(mode.sellers, event.seller, sellers.new), event.at, known_at, is_fraud)
        if is_fraud:
            customers.known_fraud(_of(mode.customers, event.customer, customers.new), known_at, event.payment_id)


def _of(entities: dict[Any, list[Any]], key: Any, new: Any) -> list[Any]:
    found = entities.get(key)
    if found is None:
        found = entities[key] = new()
    return found
