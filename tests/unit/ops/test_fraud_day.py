"""A day of fraud is made from a seed: four kinds, loud on the day and quiet before it, and the same each time."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from core.vault import brands
from ops.marketplace.fraud_day import DEAD_CARDS, Attempt, FraudPlan, Kind, attempts

DAY = date(2026, 11, 18)
PLAN = FraudPlan(DAY, datetime(2026, 11, 26, 12, 0, tzinfo=UTC), payments=4200, seed=11)
MADE = attempts(PLAN)


def of_the_day(kind: Kind) -> list[Attempt]:
    return [attempt for attempt in MADE if attempt.kind == kind and attempt.at.date() == DAY]


def test_the_same_plan_makes_the_same_attempts_and_another_seed_others() -> None:
    assert attempts(PLAN) == MADE
    assert attempts(FraudPlan(DAY, PLAN.until, payments=4200, seed=12)) != MADE


def test_attempts_come_in_order_numbered_and_never_after_the_end() -> None:
    assert [attempt.number for attempt in MADE] == list(range(1, len(MADE) + 1))
    assert [attempt.at for attempt in MADE] == sorted(attempt.at for attempt in MADE)
    assert PLAN.starts_at <= MADE[0].at
    noon = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    shorter = attempts(FraudPlan(DAY, noon, payments=4200, seed=11))
    assert shorter == [attempt for attempt in MADE if attempt.at < noon]


def test_there_are_as_many_ordinary_payments_as_asked_for_and_a_few_in_a_hundred_frauds() -> None:
    counts = Counter(attempt.kind for attempt in MADE)
    assert counts[Kind.ORDINARY] == 4200
    fraud = sum(number for kind, number in counts.items() if kind != Kind.ORDINARY)
    assert 0.05 < fraud / len(MADE) < 0.10


def test_history_has_every_kind_quietly() -> None:
    """So that a model meets each before the day."""
    before = {attempt.kind for attempt in MADE if attempt.at.date() < DAY}
    assert before == set(Kind)


def test_weeks_may_be_played_before_the_demo_because_nobody_of_it_takes_part() -> None:
    """History that comes later for an earlier day would be wrong for whoever has a history already."""
    demo = FraudPlan(DAY, PLAN.until, payments=50, seed=11, history_days=0, among_the_demo=True)
    for quality in ("party_id", "card_number", "device", "address"):
        theirs = {getattr(buyer, quality) for buyer in demo.cast.buyers}
        assert theirs.isdisjoint(getattr(attempt.buyer, quality) for attempt in MADE), quality
        assert theirs & {getattr(attempt.buyer, quality) for attempt in attempts(demo)}, quality
    assert set(demo.cast.sellers).isdisjoint(attempt.seller for attempt in MADE)


def test_a_model_has_something_to_learn_from_and_to_be_measured_on() -> None:
    """A hundred frauds that go through, twenty in the last week, and five hundred genuine ones beside those."""
    dead = set(DEAD_CARDS)
    passed = [made for made in MADE if made.is_fraud and made.buyer.card_number not in dead and made.at.date() < DAY]
    last_week = [made for made in passed if made.at.date() >= DAY - timedelta(days=6)]
    assert len(passed) - len(last_week) > 120
    assert len(last_week) > 20
    assert sum(not made.is_fraud and made.at.date() >= DAY - timedelta(days=5) for made in MADE) > 550


def test_card_testing_is_many_cards_small_amounts_few_devices_and_few_addresses() -> None:
    tried = of_the_day(Kind.CARD_TESTING)
    assert len(tried) == 24
    assert max(attempt.amount_minor for attempt in tried) < 500
    assert len({attempt.buyer.card_number for attempt in tried}) > 8
    assert len({attempt.buyer.device for attempt in tried}) == len({attempt.buyer.address for attempt in tried}) == 2
    assert tried[-1].at - tried[0].at < timedelta(minutes=40)


def test_a_stolen_card_is_spent_at_night_from_abroad_for_more_and_more() -> None:
    spent = of_the_day(Kind.STOLEN_CARD)
    owner = next(buyer for buyer in PLAN.cast.buyers if buyer.card_number == spent[0].buyer.card_number)
    assert {attempt.buyer.party_id for attempt in spent}.isdisjoint({owner.party_id})
    assert all(attempt.at.hour < 5 and attempt.buyer.address.startswith("2001:db8:2::") for attempt in spent)
    multiples = [attempt.amount_minor / owner.usual_minor for attempt in spent]
    assert 2 <= multiples[0] <= 3
    assert 6 <= multiples[-1] <= 7


def test_collusion_is_a_new_pair_and_round_amounts() -> None:
    pair = of_the_day(Kind.COLLUSION)
    earlier = {attempt.seller for attempt in MADE if attempt.kind == Kind.ORDINARY}
    assert len({(attempt.buyer.party_id, attempt.seller) for attempt in pair}) == 1
    assert pair[0].seller not in earlier
    assert all(attempt.amount_minor % 10_000 == 0 for attempt in pair)


def test_a_takeover_is_a_known_customer_with_another_device_and_address() -> None:
    taken = of_the_day(Kind.TAKEOVER)
    victim = next(buyer for buyer in PLAN.cast.buyers if buyer.party_id == taken[0].buyer.party_id)
    assert taken[0].buyer.card_number == victim.card_number
    assert taken[0].buyer.device != victim.device
    assert not taken[0].buyer.address.startswith("2001:db8:1::")


def test_every_card_is_one_the_sandbox_takes() -> None:
    assert all(brands.passes_luhn(attempt.buyer.card_number) for attempt in MADE)


def test_nothing_sent_says_what_it_really_is() -> None:
    words = {word for kind in Kind if kind != Kind.ORDINARY for word in kind.split()} | {"fraud"}
    bodies = " ".join(str(attempt.body()) for attempt in MADE if attempt.is_fraud)
    assert [word for word in words - {"card", "seller", "account"} if word in bodies] == []
