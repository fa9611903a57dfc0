"""The demo shows an escrow in each state, once however often it starts."""

import pytest
from django.utils import timezone

from core.approvals.models import ApprovalRequest
from escrow.models import Escrow
from ops.marketplace import escrows
from tests.factories import staff

pytestmark = pytest.mark.django_db


def test_one_in_each_state_and_a_question_of_6400_waits() -> None:
    for _ in range(2):
        staff.person("ESCROW_APPROVER")
    for _ in range(2):
        escrows.seed(treasurer="treasury@holdfast.example", now=timezone.now())
    assert sorted(Escrow.objects.values_list("status", flat=True)) == [
        "CREATED", "DISPUTED", "FUNDED", "FUNDED", "LOCKED", "REFUNDED", "RELEASED",
    ]  # fmt: skip
    assert ApprovalRequest.objects.get(action="escrow.release").content["facts"]["amountMinor"] == 640_000
