"""The demo leaves two questions open, each for whom it concerns, and asks them once however often it starts."""

import pytest
from django.utils import timezone

from core.approvals.models import ApprovalRequest
from core.approvals.selectors import inbox
from ops.marketplace import signatures
from tests.factories import staff

pytestmark = pytest.mark.django_db


def test_two_questions_wait() -> None:
    controller, compliance = staff.person("CONTROLLER"), staff.person("COMPLIANCE")
    for _ in range(2):
        signatures.ask(treasurer="treasury@holdfast.example", now=timezone.now())
    assert sorted(request.needed for request in ApprovalRequest.objects.all()) == [1, 2]
    now = timezone.now()
    assert [len(inbox.of(person.user, now=now).for_me) for person in (controller, compliance)] == [2, 1]
