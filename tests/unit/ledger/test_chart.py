import pytest

from ledger import chart


@pytest.mark.parametrize(
    ("account", "prefix"),
    [
        ("fees:platform", "fees:platform"),
        ("acquirer_receivable", "acquirer_receivable"),
        ("escrow_held:ESC_1703123456789_ABCDEF12", "escrow_held"),
        ("provider_payable:provider_456", "provider_payable"),
        ("costs:acquirer", "costs"),
        ("reserve:x", "reserve"),
    ],
)
def test_a_code_belongs_to_one_kind(account: str, prefix: str) -> None:
    assert chart.kind_of(account).prefix == prefix


@pytest.mark.parametrize(
    "account",
    [
        "",
        "cash",
        "escrow_held",
        "escrow_held:",
        "escrow_held: x",
        "escrow_held:a:b",
        "escrow_held:a,b",
        "escrow_held:-a",
        "fees:platform:x",
        "fees:other",
        "acquirer_receivable:x",
        "provider_payable:" + "x" * 65,
        "provider_payable:ünï",
        "provider_payable:x\n",
    ],
)
def test_any_other_code_is_unknown(account: str) -> None:
    with pytest.raises(chart.UnknownAccount):
        chart.kind_of(account)


def test_only_the_accounts_that_mirror_the_outside_may_go_negative() -> None:
    negative = {kind.prefix for kind in chart.KINDS if kind.min_balance_minor is None}
    assert negative == {
        "acquirer_receivable",
        "bank:operating",
        "bank:trust",
        "costs",
        "ach_clearing:out",
        "ach_clearing:in",
        "suspense",
    }


def test_the_normal_sides_are_those_of_the_product() -> None:
    debit = {kind.prefix for kind in chart.KINDS if kind.sign == chart.DEBIT}
    assert debit == {
        "acquirer_receivable",
        "bank:operating",
        "bank:trust",
        "costs",
        "ach_clearing:in",
        "returns_receivable",
    }


@pytest.mark.parametrize(
    ("code", "account"),
    [
        (chart.escrow_held("ESC_1"), "escrow_held:ESC_1"),
        (chart.provider_payable("p1"), "provider_payable:p1"),
        (chart.customer_refundable("c1"), "customer_refundable:c1"),
        (chart.costs("ach"), "costs:ach"),
        (chart.reserve("p1"), "reserve:p1"),
        (chart.returns_receivable("p1"), "returns_receivable:p1"),
    ],
)
def test_account_codes_are_made_from_their_owner(code: str, account: str) -> None:
    assert code == account


def test_an_owner_that_is_no_id_makes_no_account() -> None:
    with pytest.raises(chart.UnknownAccount):
        chart.escrow_held("not an id")
