"""Accounts that a return has stopped: what may still go there, and who opens them again."""

import pytest
from django.db import IntegrityError, transaction

from ach.approvals_returns import LiftStop
from ach.enums import Direction, StopScope
from ach.models import AccountStop
from ach.services import stops
from compliance.models import BankAccount
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts, staff
from tests.factories.ach_inbound import CAME

pytestmark = pytest.mark.django_db

NUMBER = "739184650273"


def stopped(scope: StopScope) -> tuple[BankAccount, AccountStop]:
    account = bank_accounts.active(number=NUMBER)
    item = ach.item(ach.sent(account), "R02" if scope == StopScope.ALL else "R10")
    return account, stops.stop(account=account, scope=scope, item=item, now=CAME)


def test_a_closed_account_gets_neither_credits_nor_debits() -> None:
    account, stop = stopped(StopScope.ALL)
    for direction in Direction:
        with pytest.raises(stops.AccountStopped) as refused:
            stops.require_open(account, direction)
        assert refused.value.code == "ACCOUNT_VERIFICATION_FAILED"
        assert refused.value.detail == (f"{account.account_id}: entries to it were stopped by R02 ({stop.public_id})")


def test_a_revoked_authorization_ends_debits_and_a_credit_may_still_go_there() -> None:
    account, _ = stopped(StopScope.DEBITS)
    stops.require_open(account, Direction.CREDIT)
    with pytest.raises(stops.AccountStopped, match="debits from it were stopped by R10"):
        stops.require_open(account, Direction.DEBIT)


def test_the_same_number_entered_anew_is_the_same_account() -> None:
    stopped(StopScope.ALL)
    again = bank_accounts.active("prov_other", number=NUMBER)
    with pytest.raises(stops.AccountStopped):
        stops.require_open(again, Direction.CREDIT)
    stops.require_open(bank_accounts.active("prov_third"), Direction.CREDIT)


def test_a_second_return_adds_nothing() -> None:
    account, stop = stopped(StopScope.ALL)
    again = stops.stop(account=account, scope=StopScope.ALL, item=stop.item, now=CAME)
    assert again.pk == stop.pk
    assert Event.objects.filter(name="ach.account_stopped").count() == 1
    assert AuditEntry.objects.filter(action="ach.account.stopped").count() == 1


def test_another_person_signs_before_the_account_is_used_again() -> None:
    account, stop = stopped(StopScope.ALL)
    controller = staff.person("CONTROLLER")
    request = ach.asked(LiftStop.name, stop.public_id)
    with pytest.raises(stops.AccountStopped):
        stops.require_open(account, Direction.CREDIT)
    assert ach.signed(request, controller).state == "EXECUTED"
    stops.require_open(account, Direction.CREDIT)
    stop.refresh_from_db()
    assert (stop.lifted_by, stop.approval_id) == (str(controller.user.actor()), request.request_id)
    assert Event.objects.filter(name="ach.account_stop_lifted").count() == 1
    with pytest.raises(stops.StopIsLifted):
        stops.get(stop.public_id)


def test_the_database_lifts_nothing_without_signatures() -> None:
    _, stop = stopped(StopScope.ALL)
    with pytest.raises(Exception, match="no executed approval") as refused, transaction.atomic():
        AccountStop.objects.filter(pk=stop.pk).update(lifted_at=CAME, lifted_by="STAFF:me", approval_id="apr_none")
    assert refusal_name(refused.value) == "act_is_approved"
    with pytest.raises(Exception, match="a stop stays what it was") as refused, transaction.atomic():
        stop.delete()
    assert refusal_name(refused.value) == "ach_stop_stays"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        stop.pk, stop.public_id = None, "stop_2"
        stop.save(force_insert=True)
    assert refusal_name(refused.value) == "ach_stop_stands_once"
