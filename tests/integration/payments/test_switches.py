"""Each switch really stops its service: the refusal comes from the service, whoever calls it."""

import ast
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.actors import Actor
from core.switches import catalogue, selectors
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.services import SwitchClosed
from fraud.models import Assessment
from payments.models import Payment, Refund
from payments.services import refunds, tokens
from payments.services.refunds import RefundOrder
from tests.factories.payments import BACKEND, NOW, card, pay, ticket

pytestmark = pytest.mark.django_db
ON_CALL = Actor("STAFF", "grace@holdfast.test")


def close(switch: Switch, scope: str = "") -> int:
    return switches.close(switch=switch, scope=scope, reason="a drill", actor=ON_CALL, now=NOW).pk


def refund(payment_id: str, amount: int | None = None) -> object:
    order = RefundOrder(payment_id, amount, "asked for")
    return refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)


def tokenise(customer_id: str | None = "cus_abc123def456") -> str:
    made = tokens.create(card=card(), customer_id=customer_id, livemode=False, actor=BACKEND, now=NOW)
    return made.token.token


def paid() -> str:
    return str(pay().body["paymentId"])


def reveal() -> object:
    return tokens.reveal(token=tokenise(), reason="dispute 4711", livemode=False, actor=BACKEND, now=NOW)


CALLS: dict[Switch, Callable[[], object]] = {
    Switch.PAYMENTS: pay,
    Switch.REFUNDS: lambda: refund(paid()),
    Switch.CARD_TOKENS: tokenise,
    Switch.CARD_REVEAL: reveal,
}


@pytest.mark.parametrize("switch", CALLS)
def test_closed_it_refuses_and_open_it_runs(switch: Switch) -> None:
    CALLS[switch]()
    close(switch)
    with pytest.raises(SwitchClosed):
        CALLS[switch]()


def test_without_scoring_nobody_is_approved() -> None:
    """Closed is the safe side here too: every payment is held for a person."""
    turn_id = close(Switch.FRAUD_SCORING)
    answer = pay()
    assert Assessment.objects.get().outcome == "NO_ADVICE"
    assert Payment.objects.get().step == "HOLD"
    assert answer.status == 201
    (exposure,) = selectors.list_exposures([turn_id])[turn_id]
    assert (exposure.operations, exposure.amount_minor) == (1, 50_000)


def test_nothing_is_stored_of_what_was_refused() -> None:
    payment_id = paid()
    close(Switch.PAYMENTS)
    close(Switch.REFUNDS)
    with pytest.raises(SwitchClosed):
        pay()
    with pytest.raises(SwitchClosed):
        refund(payment_id)
    assert (Payment.objects.count(), Refund.objects.count()) == (1, 0)


@pytest.mark.parametrize("scope", ["gateway:sandbox", "provider:prov_xyz789ghi012", "party:cus_abc123def456"])
def test_one_part_of_payments_and_refunds_is_stopped_alone(scope: str) -> None:
    payment_id = paid()
    close(Switch.PAYMENTS, scope)
    close(Switch.REFUNDS, scope)
    with pytest.raises(SwitchClosed):
        pay()
    with pytest.raises(SwitchClosed):
        refund(payment_id)


def test_what_belongs_to_others_goes_on() -> None:
    close(Switch.PAYMENTS, "provider:prov_of_somebody_else")
    close(Switch.CARD_TOKENS, "party:cus_of_somebody_else")
    pay()
    tokenise()


def test_the_refund_of_all_that_is_left_counts_what_it_would_have_been() -> None:
    payment_id = paid()
    refund(payment_id, 20_000)
    turn_id = close(Switch.REFUNDS)
    with pytest.raises(SwitchClosed):
        refund(payment_id)
    (exposure,) = selectors.list_exposures([turn_id])[turn_id]
    assert (exposure.currency, exposure.operations, exposure.amount_minor) == ("USD", 1, 30_000)


def asked_in(source: str) -> set[str]:
    """Members of Switch that a call of require_open, is_open or find_way_round names."""
    return {
        first.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("require_open", "is_open", "find_way_round")
        for first in node.args[:1]
        if isinstance(first, ast.Attribute)
    }


@pytest.mark.parametrize("switch", Switch)
def test_there_is_no_switch_without_a_guard_in_its_service(switch: Switch) -> None:
    """A switch that guards nothing is a lie at three in the morning."""
    module = catalogue.GUARDS[switch].service
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert switch.value in asked_in(Path(spec.origin).read_text())


def test_a_module_that_only_mentions_its_switch_is_noticed() -> None:
    """Control."""
    assert asked_in("Switch.PAYMENTS\nswitches.require_open(Switch.REFUNDS, now=now)") == {"REFUNDS"}


def test_every_switch_says_what_it_stops() -> None:
    assert set(catalogue.GUARDS) == set(Switch)
