"""What a return code leads to: dated rows that people add by signatures, and never backwards.

On Wednesday 11 March 2026 treasury wants that R08 (stopped payment) may be sent again once, from April on.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import Error as DatabaseError
from django.db import transaction

from ach.models import ReturnPolicy
from ach.services import policies, policy_changes
from ach.services.policy_changes import InvalidReturnPolicy, Proposal
from core import clock
from core.approvals.models import ApprovalRequest
from core.approvals.refusals import NobodyCanSign
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from tests.factories import ach_inbound as ach
from tests.factories import staff
from tests.factories.ach_inbound import CAME, TREASURER
from tests.integration.ach.test_pages import post, text

pytestmark = pytest.mark.django_db

APRIL = date(2026, 4, 1)


@pytest.fixture(autouse=True)
def _wednesday() -> Iterator[None]:
    with clock.use(clock.FixedClock(CAME)):
        yield


def proposal(**different: object) -> Proposal:
    wanted: dict[str, object] = {
        "effective_from": APRIL, "retries": 1, "stops_account": False, "stops_authorization": False,
        "freezes_party": False, "to_compliance": False,
    }  # fmt: skip
    return Proposal(**wanted | different)  # type: ignore[arg-type]


def proposed(code: str = "R08", **different: object) -> ApprovalRequest:
    return policy_changes.propose(
        code=code, proposal=proposal(**different), reason="agreed with the bank", actor=TREASURER, now=CAME
    )


def test_a_signed_row_holds_from_its_day_and_the_old_one_until_then() -> None:
    controller = staff.person("CONTROLLER")
    request = proposed()
    assert not ReturnPolicy.objects.filter(code="R08", effective_from=APRIL).exists(), "asking changes nothing"
    assert request.expires_at == min(request.expires_at, datetime(2026, 4, 1, 4, tzinfo=UTC))
    assert ach.signed(request, controller).state == "EXECUTED"
    row = ReturnPolicy.objects.get(code="R08", effective_from=APRIL)
    assert (row.retries, row.approval_id, row.reason) == (1, request.request_id, "agreed with the bank")
    before, after = policies.in_force("R08", date(2026, 3, 31)), policies.in_force("R08", APRIL)
    assert before is not None
    assert (before.retries, after) == (0, row)
    assert AuditEntry.objects.get(action="ach.return_policy.changed").facts["approval"] == request.request_id
    assert Event.objects.get(name="ach.return_policy_changed").payload["effective_from"] == "2026-04-01"
    policies.install_shipped()
    assert ReturnPolicy.objects.get(code="R08", effective_from=APRIL) == row, "what is shipped overrides nothing"


def test_where_sanctions_are_concerned_compliance_signs_too() -> None:
    controller = staff.person("CONTROLLER")
    with pytest.raises(NobodyCanSign):
        proposed("R16", retries=0, stops_account=True)
    officer = staff.person("COMPLIANCE")
    request = proposed("R16", retries=0, stops_account=True)
    assert ach.signed(request, controller).state == "PENDING"
    assert ach.signed(request, officer).state == "EXECUTED"
    row = policies.in_force("R16", APRIL)
    assert row is not None
    assert not row.to_compliance


@pytest.mark.parametrize(
    ("code", "different", "why"),
    [
        ("R48", {}, "code: R48 is none by which an entry comes back"),
        ("R68", {}, "code: R68 is none by which an entry comes back"),
        ("R08", {"effective_from": date(2026, 3, 11)}, "effective_from: is not a day to come"),
        ("R90", {"retries": 0}, "effective_from: R90 is in force from 2028-03-17"),
        ("R03", {"retries": 1}, "retries: the rules allow 2 after R01, R08, R09, and none after others"),
        ("R01", {"retries": 3}, "retries: the rules allow 2"),
        ("R08", {"retries": 0}, "nothing changes: the row from 2020-01-01 says the same"),
        ("R16", {"retries": 0, "effective_from": date(2028, 3, 17)}, "R16 changes on that day already"),
    ],
)
def test_what_the_rules_or_another_row_forbid(code: str, different: dict[str, object], why: str) -> None:
    staff.person("CONTROLLER")
    staff.person("COMPLIANCE")
    with pytest.raises(InvalidReturnPolicy, match=why):
        proposed(code, **different)


def test_the_database_takes_no_row_unsigned_of_the_past_or_of_a_day_twice() -> None:
    controller = staff.person("CONTROLLER")
    request = ach.signed(proposed(), controller)
    row = ReturnPolicy.objects.get(approval_id=request.request_id)

    def refused(**different: object) -> str | None:
        values: dict[str, object] = {
            "code": "R08", "effective_from": date(2026, 5, 1), "retries": 0, "reason": "x", "created_by": "STAFF:x",
            "created_at": CAME, "approval_id": "",
        }  # fmt: skip
        with pytest.raises(DatabaseError) as stopped, transaction.atomic():
            ReturnPolicy.objects.create(**values | different)
        return refusal_name(stopped.value)

    assert refused() == "act_is_approved"
    assert refused(created_by="SYSTEM:holdfast") == "act_is_approved", "only what is shipped needs no signature"
    assert refused(approval_id=request.request_id, code="R09") == "act_is_approved", "it was signed for another code"
    assert refused(approval_id=request.request_id) == "return_policy_is_signed_for_itself"
    late = {"approval_id": request.request_id, "effective_from": date(2026, 3, 11)}
    assert refused(**late) == "return_policy_begins_on_a_day_to_come"
    again = {"created_by": "SYSTEM:holdfast", "created_at": datetime(2020, 1, 1, tzinfo=UTC)}
    assert refused(**again, effective_from=APRIL) == "return_policy_is_one_a_day"
    with pytest.raises(DatabaseError), transaction.atomic():
        ReturnPolicy.objects.filter(pk=row.pk).update(retries=2)


def test_a_row_decides_by_the_day_on_which_the_file_came() -> None:
    """R08 of the shipped row ends an entry; of the signed one it may follow."""
    controller = staff.person("CONTROLLER")
    ach.signed(proposed(effective_from=date(2026, 3, 12)), controller)
    on_the_day, on_the_next = policies.in_force("R08", date(2026, 3, 11)), policies.in_force("R08", date(2026, 3, 12))
    assert [on_the_day and on_the_day.retries, on_the_next and on_the_next.retries] == [0, 1]


def test_pages_list_codes_with_their_days_and_ask() -> None:
    staff.person("CONTROLLER")
    treasury = staff.signed_in("TREASURY", email="tess@holdfast.example")
    listed = text(treasury, "ach_policies")
    assert listed.count("/admin/ach/policies/R") >= 50
    assert "may be sent again twice" in listed
    assert "2028-03-17" in listed, "R16 changes then"
    said = {"effective_from": "2026-04-01", "retries": "1", "reason": "agreed with the bank"}
    assert post(treasury, "ach_policy_change", "R08", **said | {"effective_from": "2026-03-01"})[0] == 400
    assert post(treasury, "ach_policy_change", "R08", **said | {"reason": ""})[0] == 400
    assert post(treasury, "ach_policy_change", "R08", **said)[0] == 200
    request = ApprovalRequest.objects.get(action="ach.change_return_policy")
    page = text(treasury, "ach_policy", "R08")
    assert f"/admin/approvals/{request.request_id}/" in page
    assert "Ask for a change" not in page, "one question at a time"
    ach.signed(request, staff.person("CONTROLLER"))
    after = text(treasury, "ach_policy", "R08")
    assert "To come from 2026-04-01" in after
    assert "In force from 2020-01-01" in after
    auditor = staff.signed_in("AUDITOR")
    assert "Ask for a change" not in text(auditor, "ach_policy", "R09")
    assert post(auditor, "ach_policy_change", "R09", **said)[0] == 403
    assert treasury.get("/admin/ach/policies/R48/").status_code == 404


def test_at_a_terminal_it_is_shown_and_asked_for() -> None:
    def said(*words: str) -> str:
        out = StringIO()
        call_command("ach_policy", *words, stdout=out)
        return out.getvalue()

    staff.person("CONTROLLER")
    assert "R01  from 2020-01-01  may be sent again twice  (shipped)\n" in said("list")
    assert [line.split()[2] for line in said("list", "R16").splitlines()] == ["2020-01-01", "2028-03-17"]
    asked = said("propose", "R08", "--from", "2026-04-01", "--retries", "1", "--reason", "agreed with the bank")
    request = ApprovalRequest.objects.get()
    assert asked.startswith(f"{request.request_id} asks that R08 leads from 2026-04-01 to: may be sent again once.")
    assert request.asked_by.startswith("SYSTEM:terminal:")
    for words in (("list", "R48"), ("propose", "R08", "--from", "soon", "--reason", "x")):
        with pytest.raises(CommandError):
            said(*words)
    with pytest.raises(CommandError, match="is not a day to come"):
        said("propose", "R09", "--from", "2026-03-11", "--reason", "x")
