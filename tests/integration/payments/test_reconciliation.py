"""What the acquirer says it paid against what we captured: matched, missing, extra, different, late."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.audit.models import AuditEntry
from core.money import Money
from ledger.selectors import balances
from payments import settlements
from payments.enums import LineKind
from payments.gateways.sandbox import settlement as sandbox
from payments.models import Payment, SettlementFile, SettlementMatch
from payments.services import reconciliation, refunds
from payments.services.refunds import RefundOrder
from payments.settlements import Line, Settlement
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

DAY = NOW.date()
NEXT_MORNING = NOW + timedelta(hours=12)


@pytest.fixture(autouse=True)
def _own_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "inbox", lambda: tmp_path)


def settle(day: date = DAY, now: datetime = NEXT_MORNING) -> SettlementFile:
    path = sandbox.publish(day=day, livemode=False, directory=reconciliation.inbox())
    assert path is not None
    return reconciliation.import_file(name=path.name, content=path.read_text(), gateway="sandbox", now=now)


def outcomes() -> list[tuple[str, bool]]:
    return [(match.outcome, match.late) for match in SettlementMatch.objects.order_by("id")]


def posted(account: str) -> Money:
    return balances.get("test", account).posted


def test_a_settled_charge_moves_from_the_receivable_to_the_trust_account() -> None:
    payment_id = pay().body["paymentId"]
    file = settle()
    assert (file.status, file.lines, file.net_minor) == ("IMPORTED", 1, 50_000)
    assert outcomes() == [("MATCHED", False)]
    assert posted("bank:trust") == Money(50_000)
    assert posted("acquirer_receivable") == Money(0)
    assert Payment.objects.get(public_id=payment_id).settled_at == NEXT_MORNING
    assert AuditEntry.objects.filter(action="payments.settlement.imported").count() == 1


def test_a_refund_is_kept_back_from_what_the_acquirer_pays() -> None:
    payment_id = pay().body["paymentId"]
    refunds.create(
        RefundOrder(payment_id, 20_000, ""), ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW
    )
    assert settle().net_minor == 30_000
    assert outcomes() == [("MATCHED", False)] * 2
    assert posted("bank:trust") == Money(30_000)
    assert posted("acquirer_receivable") == Money(0)


def test_the_same_file_again_changes_nothing() -> None:
    pay()
    first, second = settle(), settle()
    assert first.pk == second.pk
    assert SettlementMatch.objects.count() == 1
    assert posted("bank:trust") == Money(50_000)


def test_a_charge_that_no_file_holds_is_missing_and_a_later_file_brings_it() -> None:
    """The late card settles two days after its capture."""
    pay("4000000000006066")
    assert sandbox.publish(day=DAY, livemode=False, directory=reconciliation.inbox()) is None
    assert reconciliation.report_missing(now=NEXT_MORNING) == 0, "a day of grace"
    assert reconciliation.report_missing(now=NOW + timedelta(days=2)) == 1
    assert reconciliation.report_missing(now=NOW + timedelta(days=2)) == 0, "said once"
    assert outcomes() == [("MISSING", False)]
    settle(day=DAY + timedelta(days=2), now=NOW + timedelta(days=3))
    assert outcomes() == [("MISSING", False), ("MATCHED", True)]
    assert SettlementMatch.objects.get(outcome="MISSING").resolved_at is not None
    assert posted("bank:trust") == Money(50_000)


def test_a_charge_that_never_settles_stays_missing() -> None:
    pay("4000000000006074")
    later = NOW + timedelta(days=5)
    reconciliation.run(now=later)
    missing = SettlementMatch.objects.get()
    assert (missing.outcome, missing.expected_minor, missing.resolved_at) == ("MISSING", 50_000, None)


def test_another_amount_is_different_and_moves_nothing() -> None:
    pay("4000000000006082")
    settle()
    match = SettlementMatch.objects.get()
    assert (match.outcome, match.expected_minor, match.stated_minor) == ("DIFFERENT", 50_000, 49_999)
    assert posted("bank:trust") == Money(0)
    assert reconciliation.report_missing(now=NOW + timedelta(days=5)) == 0, "known already"


def test_a_line_nobody_knows_is_extra_and_so_is_a_second_line_about_one_charge() -> None:
    payment_id = pay().body["paymentId"]
    lines = [
        Line(2, LineKind.CHARGE, payment_id, "net_1", "", 50_000, "USD"),
        Line(3, LineKind.CHARGE, payment_id, "net_1", "", 50_000, "USD"),
        Line(4, LineKind.CHARGE, "pay_9999999999999_unknown00", "net_2", "", 700, "USD"),
        Line(5, LineKind.REFUND, payment_id, "net_1", "", 50_000, "USD"),
    ]
    content = settlements.write(Settlement("sandbox", False, DAY, tuple(lines)))
    reconciliation.import_file(name="made-up.csv", content=content, gateway="sandbox", now=NEXT_MORNING)
    assert outcomes() == [("MATCHED", False), ("EXTRA", False), ("EXTRA", False), ("EXTRA", False)]
    assert posted("bank:trust") == Money(50_000)


def test_a_charge_settled_before_is_extra_in_another_file() -> None:
    payment_id = pay().body["paymentId"]
    settle()
    line = Line(2, LineKind.CHARGE, payment_id, "net_1", "", 50_000, "USD")
    content = settlements.write(Settlement("sandbox", False, DAY + timedelta(days=1), (line,)))
    reconciliation.import_file(name="again.csv", content=content, gateway="sandbox", now=NEXT_MORNING)
    assert outcomes() == [("MATCHED", False), ("EXTRA", False)]
    assert posted("bank:trust") == Money(50_000)


def test_a_test_file_settles_nothing_that_is_live() -> None:
    payment_id = pay().body["paymentId"]
    line = Line(2, LineKind.CHARGE, payment_id, "net_1", "", 50_000, "USD")
    content = settlements.write(Settlement("sandbox", True, DAY, (line,)))
    reconciliation.import_file(name="live.csv", content=content, gateway="sandbox", now=NEXT_MORNING)
    assert outcomes() == [("EXTRA", False)]


def test_a_file_that_does_not_add_up_is_kept_and_not_believed() -> None:
    payment_id = pay().body["paymentId"]
    line = Line(2, LineKind.CHARGE, payment_id, "net_1", "", 50_000, "USD")
    content = settlements.write(Settlement("sandbox", False, DAY, (line,))).replace("50000,USD", "50001,USD")
    file = reconciliation.import_file(name="bad.csv", content=content, gateway="sandbox", now=NEXT_MORNING)
    assert (file.status, file.problem) == ("UNREADABLE", "the totals do not add up")
    assert SettlementFile.objects.get().content == content
    assert outcomes() == []


def test_an_import_that_was_cut_off_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    for amount in (1_000, 2_000, 3_000):
        pay(amount_minor=amount)
    monkeypatch.setattr(reconciliation, "CHUNK", 1)
    with monkeypatch.context() as patched:
        patched.setattr(reconciliation, "_finish", lambda *_, **__: pytest.fail("not reached"))
        post, calls = reconciliation._post, []

        def die_at_the_second(*args: object, **options: object) -> None:
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            post(*args, **options)  # type: ignore[arg-type]

        patched.setattr(reconciliation, "_post", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            settle()
    assert posted("bank:trust") == Money(1_000)
    assert settle().status == "IMPORTED"
    assert posted("bank:trust") == Money(6_000)
    assert outcomes() == [("MATCHED", False)] * 3


def test_the_periodic_run_settles_yesterday() -> None:
    pay()
    reconciliation.run(now=NOW)
    assert outcomes() == [], "the day is not over"
    reconciliation.run(now=NEXT_MORNING)
    reconciliation.run(now=NEXT_MORNING)
    assert outcomes() == [("MATCHED", False)]
    assert posted("bank:trust") == Money(50_000)
