import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money
from core.parameters import services as parameters
from payments import fees
from payments.fees import GivenBack


@pytest.mark.parametrize(
    ("amount", "fee", "net"),
    [
        (50_000, 4_000, 46_000),  # the documented example
        (10_000, 800, 9_200),
        (6, 0, 6),  # 0.48 of a cent
        (7, 1, 6),  # 0.56 of a cent
        (1_000_031, 80_002, 920_029),  # 80002.48
        (10_006_25, 80_050, 920_575),  # exactly half a cent rounds up
    ],
)
def test_800_basis_points_rounded_half_up(amount: int, fee: int, net: int) -> None:
    split = fees.split(Money(amount), basis_points=800)
    assert (split.fee.minor, split.net.minor) == (fee, net)


def test_three_refunds_of_one_dollar_give_back_the_whole_fee() -> None:
    """1.00 with fee 0.08: 0.33 + 0.33 + 0.34 give back 0.03 + 0.02 + 0.03."""
    split = fees.split(Money(100), basis_points=800)
    before = GivenBack(Money(0), Money(0))
    parts = []
    for refund in (33, 33, 34):
        part = fees.split_refund(split, before=before, refund=Money(refund))
        parts.append((part.fee.minor, part.net.minor))
        before = GivenBack(before.fee + part.fee, before.net + part.net)
    assert parts == [(3, 30), (2, 31), (3, 31)]
    assert (before.fee.minor, before.net.minor) == (8, 92)


@given(data=st.data(), amount=st.integers(1, 10**12), basis_points=st.integers(0, 10_000))
def test_refunds_in_any_parts_give_back_exactly_the_fee_and_the_net_even_where_some_fail(
    data: st.DataObject, amount: int, basis_points: int
) -> None:
    split = fees.split(Money(amount), basis_points=basis_points)
    given_back: list[tuple[int, int]] = []
    for _ in range(8):
        before = GivenBack(Money(sum(fee for fee, _ in given_back)), Money(sum(net for _, net in given_back)))
        left = amount - before.fee.minor - before.net.minor
        if not left:
            break
        part = fees.split_refund(split, before=before, refund=Money(data.draw(st.integers(1, left))))
        assert part.fee.minor >= 0
        assert part.net.minor >= 0
        given_back.append((part.fee.minor, part.net.minor))
        if data.draw(st.integers(0, 3)) == 0:
            given_back.pop(data.draw(st.integers(0, len(given_back) - 1)))
    fee_back, net_back = sum(fee for fee, _ in given_back), sum(net for _, net in given_back)
    if fee_back + net_back < amount:
        rest = Money(amount - fee_back - net_back)
        last = fees.split_refund(split, before=GivenBack(Money(fee_back), Money(net_back)), refund=rest)
        fee_back, net_back = fee_back + last.fee.minor, net_back + last.net.minor
    assert (fee_back, net_back) == (split.fee.minor, split.net.minor)


def test_half_of_the_net_is_half_of_the_fee() -> None:
    """230.00 of a net of 460.00 takes 20.00 of the 40.00: a refund of 250.00."""
    split = fees.split(Money(50_000), basis_points=800)
    part = fees.gross_of_net(split, before=GivenBack(Money(0), Money(0)), net=Money(23_000))
    assert (part.fee, part.net) == (Money(2_000), Money(23_000))


@given(data=st.data(), amount=st.integers(1, 10**12), basis_points=st.integers(0, 9_999))
def test_the_refund_found_from_its_net_is_split_into_that_net_again(
    data: st.DataObject, amount: int, basis_points: int
) -> None:
    """Refunds by net and refunds by amount may follow each other in any order; the last of the net ends the fee."""
    split = fees.split(Money(amount), basis_points=basis_points)
    before = GivenBack(Money(0), Money(0))
    while before.net.minor < split.net.minor:
        net_left = split.net.minor - before.net.minor
        net = net_left if data.draw(st.integers(0, 3)) == 0 else data.draw(st.integers(1, net_left))
        part = fees.gross_of_net(split, before=before, net=Money(net))
        assert part == fees.split_refund(split, before=before, refund=part.fee + part.net)
        before = GivenBack(before.fee + part.fee, before.net + part.net)
    assert before == GivenBack(split.fee, split.net) or not split.net.minor


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payments.fee_basis_points", -1),
        ("payments.fee_basis_points", 10_001),
        ("payments.gateway_tries", 0),
        ("payments.currencies", []),
        ("payments.currencies", ["XXX"]),
        ("payments.capture_deadline_hours", 0),
    ],
)
def test_a_value_no_payment_could_be_made_with_is_refused(name: str, value: object) -> None:
    """A fee below nothing or above the amount would be refused by the database, payment for payment."""
    declaration = parameters.find_declaration(name)
    assert declaration is not None
    assert declaration.objection(value)
    assert declaration.objection(declaration.default) is None
