"""One act, one fresh code: what a signed-in person gives again before something that cannot be taken back."""

import pytest

from core.audit.models import AuditEntry
from core.staff import presence
from core.staff.services import step_up
from tests.factories import staff
from tests.integration.core.staff.conftest import code_of

pytestmark = pytest.mark.django_db


def confirm(person: staff.Person, code: str) -> None:
    step_up.confirm(
        user=person.user,
        code=code,
        act="vault.card.reveal",
        subject="tok_1",
        origin="192.0.2.1",
        now=presence.present(),
    )


def test_a_fresh_code_is_used_up_and_kept_with_its_act() -> None:
    person = staff.person("AUDITOR")

    confirm(person, code_of(person))

    kept = AuditEntry.objects.get(action="staff.step_up.given")
    assert kept.facts == {"act": "vault.card.reveal", "subject": "tok_1"}


def test_a_code_that_was_used_is_refused() -> None:
    person = staff.person("AUDITOR")
    code = code_of(person)
    confirm(person, code)

    with pytest.raises(step_up.NotAccepted):
        confirm(person, code)

    assert AuditEntry.objects.filter(action="staff.step_up.given").count() == 1


def test_who_has_no_authenticator_proves_nothing() -> None:
    person = staff.person("AUDITOR", enrolled=False)

    with pytest.raises(step_up.NotAccepted):
        confirm(person, "123456")
