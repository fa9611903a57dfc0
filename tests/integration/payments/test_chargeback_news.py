"""How chargebacks are heard of: from the sandbox network, from settlement files, from the command; each once."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from core import clock
from core.work import services as work
from ledger.selectors import accounts, balances
from payments import settlements
from payments.enums import LineKind
from payments.gateways.sandbox import chargebacks as sandbox
from payments.gateways.sandbox import settlement as sandbox_settlement
from payments.models import Chargeback, Payment, SandboxCharge, SandboxChargeback, SettlementMatch
from payments.services import chargeback_answers, chargeback_news, reconciliation
from payments.settlements import Line, Settlement
from tests.factories.payments import BACKEND, NOW, pay

pytestmark = pytest.mark.django_db

AS_FRAUD, AS_NOT_RECEIVED = "4000000000006108", "4000000000006116"
DISPUTED = NOW + timedelta(minutes=10)
NEXT_MORNING = NOW + timedelta(hours=12)


@pytest.fixture(autouse=True)
def _own_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "inbox", lambda: tmp_path)


def paid(number: str = "4242424242424242") -> Payment:
    return Payment.objects.get(public_id=pay(number).body["paymentId"])


def posted(account: str) -> int:
    return balances.get("test", account).posted.minor


def answer(chargeback: Chargeback, said: str) -> None:
    chargeback_answers.contest(
        chargeback_id=chargeback.public_id, evidence=said, livemode=False, actor=BACKEND, now=DISPUTED
    )
    work.drain(now=DISPUTED)
    chargeback_news.hear(now=DISPUTED)
    chargeback.refresh_from_db()


@pytest.mark.parametrize(
    ("number", "code", "kind"), [(AS_FRAUD, "10.4", "FRAUD"), (AS_NOT_RECEIVED, "13.1", "NOT_RECEIVED")]
)
def test_two_magic_cards_dispute_ten_minutes_after_capture(number: str, code: str, kind: str) -> None:
    payment = paid(number)
    assert chargeback_news.hear(now=DISPUTED - timedelta(seconds=1)) == 0
    assert chargeback_news.hear(now=DISPUTED) == 1
    assert chargeback_news.hear(now=DISPUTED) == 0, "heard and acknowledged"
    chargeback = Chargeback.objects.get()
    assert (chargeback.payment_id, chargeback.reason_code, chargeback.kind) == (payment.pk, code, kind)
    assert (chargeback.amount_minor, chargeback.opened_at) == (50_000, DISPUTED)


def test_news_whose_acknowledgement_was_lost_is_the_same_chargeback() -> None:
    paid(AS_FRAUD)
    chargeback_news.hear(now=DISPUTED)
    SandboxChargeback.objects.update(told="")
    assert chargeback_news.hear(now=DISPUTED) == 1
    assert Chargeback.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "state"),
    [("Here is winning evidence.", "WON"), ("Only losing evidence, sorry.", "LOST"), ("A long story.", "OPEN")],
)
def test_the_sandbox_decides_by_what_it_reads(said: str, state: str) -> None:
    paid(AS_FRAUD)
    chargeback_news.hear(now=DISPUTED)
    chargeback = Chargeback.objects.get()
    answer(chargeback, said)
    assert chargeback.state == state
    assert SandboxChargeback.objects.get().evidence == said


def test_an_accepted_one_is_lost_at_the_network_and_accepted_here() -> None:
    paid(AS_FRAUD)
    chargeback_news.hear(now=DISPUTED)
    chargeback = Chargeback.objects.get()
    chargeback_answers.accept(chargeback_id=chargeback.public_id, livemode=False, actor=BACKEND, now=DISPUTED)
    work.drain(now=DISPUTED)
    assert chargeback_news.hear(now=DISPUTED) == 1
    chargeback.refresh_from_db()
    assert (chargeback.state, SandboxChargeback.objects.get().outcome) == ("ACCEPTED", "LOST")


def test_without_an_answer_it_is_lost_after_thirty_days() -> None:
    paid(AS_FRAUD)
    chargeback_news.hear(now=DISPUTED)
    chargeback_news.hear(now=DISPUTED + timedelta(days=29))
    assert Chargeback.objects.get().state == "OPEN"
    chargeback_news.hear(now=DISPUTED + timedelta(days=30))
    assert Chargeback.objects.get().state == "LOST"


def test_news_that_cannot_be_taken_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    """The network knows a charge that our books do not."""
    paid()
    charge = SandboxCharge.objects.get()
    sandbox.dispute(charge=charge, amount_minor=20_000, reason_code="13.1", now=NOW)
    sandbox.dispute(charge=charge, amount_minor=10_000, reason_code="13.1", now=NOW)
    assert chargeback_news.hear(now=NOW) == 1, "one at a time"
    assert "CHARGEBACK_ALREADY_OPEN" in caplog.text
    sandbox.decide(reference=Chargeback.objects.get().network_reference, outcome="LOST", now=NOW)  # type: ignore[arg-type]
    chargeback_news.hear(now=NOW)
    chargeback_news.hear(now=NOW)
    assert [(row.amount_minor, row.state) for row in Chargeback.objects.order_by("id")] == [
        (20_000, "LOST"),
        (10_000, "OPEN"),
    ]


class TestSettlement:
    def test_the_acquirer_keeps_a_chargeback_back_and_pays_a_won_one(self) -> None:
        """500.00 paid, 500.00 kept, and 500.00 paid again the day it is won."""
        paid(AS_FRAUD)
        chargeback_news.hear(now=DISPUTED)
        reconciliation.run(now=NEXT_MORNING)
        assert kinds() == [("CHARGE", "MATCHED"), ("CHARGEBACK", "MATCHED")]
        assert (posted("bank:trust"), posted("acquirer_receivable")) == (0, 0)

        chargeback = Chargeback.objects.get()
        assert chargeback.settled_at == NEXT_MORNING
        won = NOW + timedelta(days=1)
        sandbox.decide(reference=chargeback.network_reference, outcome="WON", now=won)  # type: ignore[arg-type]
        chargeback_news.hear(now=won)
        assert posted("acquirer_receivable") == 50_000
        reconciliation.run(now=won + timedelta(hours=12))
        assert kinds()[2:] == [("CHARGEBACK_RETURN", "MATCHED")]
        assert (posted("bank:trust"), posted("acquirer_receivable")) == (50_000, 0)
        assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []

    def test_a_file_may_be_the_first_to_tell_of_a_chargeback_and_of_its_end(self) -> None:
        paid(AS_FRAUD)
        sandbox.SandboxChargebacks().chargebacks(now=DISPUTED)
        row = SandboxChargeback.objects.get()
        sandbox.decide(reference=row.reference, outcome="WON", now=DISPUTED)  # type: ignore[arg-type]
        reconciliation.run(now=NEXT_MORNING)
        chargeback = Chargeback.objects.get()
        assert (chargeback.state, chargeback.opened_at) == ("WON", DISPUTED)
        assert kinds() == [("CHARGE", "MATCHED"), ("CHARGEBACK", "MATCHED"), ("CHARGEBACK_RETURN", "MATCHED")]
        assert posted("bank:trust") == 50_000
        chargeback_news.hear(now=NEXT_MORNING)
        assert Chargeback.objects.count() == 1, "the network's own word comes later and is the same"

    def test_another_amount_is_different_and_an_unknown_charge_is_extra(self) -> None:
        payment = paid()
        made = sandbox.dispute(charge=SandboxCharge.objects.get(), amount_minor=20_000, reason_code="13.1", now=NOW)
        chargeback_news.hear(now=NOW)
        lines = (
            Line(2, LineKind.CHARGEBACK, made.reference, payment.public_id, NOW.isoformat(), 19_999, "USD", "13.1"),
            Line(3, LineKind.CHARGEBACK, "ncb_x", "pay_9999999999999_unknown00", NOW.isoformat(), 700, "USD", "13.1"),
            Line(4, LineKind.CHARGEBACK_RETURN, made.reference, payment.public_id, "", 20_001, "USD", "13.1"),
        )
        content = settlements.write(Settlement("sandbox", False, NOW.date(), lines))
        reconciliation.import_file(name="odd.csv", content=content, gateway="sandbox", now=NEXT_MORNING)
        assert kinds() == [("CHARGEBACK", "DIFFERENT"), ("CHARGEBACK", "EXTRA"), ("CHARGEBACK_RETURN", "EXTRA")]
        assert Chargeback.objects.get().state == "OPEN"
        assert posted("bank:trust") == 0

    def test_one_that_no_file_holds_is_missing(self) -> None:
        paid(AS_FRAUD)
        chargeback_news.hear(now=DISPUTED)
        SandboxChargeback.objects.update(settled_file="lost.csv")
        later = NOW + timedelta(days=3)
        reconciliation.run(now=later)
        reconciliation.run(now=later)
        missing = SettlementMatch.objects.get(outcome="MISSING")
        assert (missing.kind, missing.expected_minor) == ("CHARGEBACK", 50_000)
        assert missing.chargeback == Chargeback.objects.get()

    def test_the_same_chargeback_is_settled_once(self) -> None:
        paid(AS_FRAUD)
        chargeback_news.hear(now=DISPUTED)
        reconciliation.run(now=NEXT_MORNING)
        SandboxChargeback.objects.update(settled_file="")
        day = (NOW + timedelta(days=1)).date()
        path = sandbox_settlement.publish(day=day, livemode=False, directory=reconciliation.inbox())
        assert path is not None
        reconciliation.run(now=NEXT_MORNING + timedelta(days=1))
        assert kinds()[2:] == [("CHARGEBACK", "EXTRA")]
        assert posted("bank:trust") == 0


def kinds() -> list[tuple[str, str]]:
    return [(match.kind, match.outcome) for match in SettlementMatch.objects.order_by("id")]


class TestCommand:
    def test_open_and_close(self) -> None:
        payment = Payment.objects.get(public_id=pay(now=clock.now()).body["paymentId"])
        out = StringIO()
        call_command("chargeback", "open", payment.public_id, "--amount", "20000", "--reason", "13.1", stdout=out)
        chargeback = Chargeback.objects.get()
        assert out.getvalue() == f"{chargeback.public_id} OPEN\n"
        assert (chargeback.amount_minor, chargeback.kind) == (20_000, "NOT_RECEIVED")
        with pytest.raises(CommandError, match="not decided yet"):
            call_command("chargeback", "open", payment.public_id)
        call_command("chargeback", "close", chargeback.public_id, "won", stdout=out)
        chargeback.refresh_from_db()
        assert chargeback.state == "WON"
        with pytest.raises(CommandError, match="no open chargeback"):
            call_command("chargeback", "close", chargeback.public_id, "lost")

    def test_not_more_than_was_charged_and_not_what_nobody_knows(self) -> None:
        payment = paid()
        with pytest.raises(CommandError, match="not taken so much"):
            call_command("chargeback", "open", payment.public_id, "--amount", "50001")
        with pytest.raises(CommandError, match="no test charge"):
            call_command("chargeback", "open", "pay_1703123456789_k2n8m9p1q")
        with pytest.raises(CommandError, match="No such chargeback"):
            call_command("chargeback", "close", "cb_none", "won")
