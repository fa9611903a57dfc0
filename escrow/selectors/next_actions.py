"""If nobody acts: what happens to an escrow, when, and why that is safe. Read from the rows of one or of many.

The terms say what is agreed (`escrow.terms.timeline`); the rows say what has come of it: which timers still wait, what
signers answered, what stands in the way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db.models import prefetch_related_objects

from core.approvals.models import OPEN, ApprovalRequest
from core.approvals.selectors import quorum
from core.approvals.states import State as QuestionState
from core.switches import services as switches
from core.switches.enums import Switch
from escrow.enums import EscrowStatus, TermsState, TimerKind, TimerState
from escrow.models import Condition, Escrow, Lock, Setback, Terms, Timer
from escrow.selectors.agreements import InForce
from escrow.services import escrows as rows
from escrow.services import signing
from escrow.states import OPEN as OPEN_STATES
from escrow.terms import document, timeline
from escrow.terms.timeline import ApprovalNow, ConditionNow, DisputeNow, NextAction, Situation
from escrow.terms.words import Act, State

RELEASE = "escrow.release"
NOT_AGREED = "Nothing happens until both sides have agreed to the terms; no money is taken before."
BY_THEMSELVES = frozenset({Act.RELEASE, Act.REFUND, Act.ASK_SIGNATURES})


@dataclass(frozen=True, slots=True)
class _Rows:
    """What of many escrows is read at once; by primary key, questions by public id."""

    terms: Mapping[int, InForce]
    locks: Mapping[int, frozenset[str]]
    timers: Mapping[int, Mapping[str, datetime]]
    questions: Mapping[str, ApprovalNow]
    answers: Mapping[str, str]
    failures: Mapping[int, int]


def next_action(escrow: Escrow, terms: InForce | None, now: datetime) -> NextAction:
    """A handful of statements. `terms` None: not agreed yet."""
    return for_many([escrow], now, terms={escrow.pk: terms} if terms else {})[escrow.pk]


def for_many(
    escrows: Iterable[Escrow], now: datetime, *, terms: Mapping[int, InForce] | None = None
) -> dict[int, NextAction]:
    """By primary key, in a number of statements that does not grow with them."""
    there = list(escrows)
    prefetch_related_objects(there, "payee")
    found = _Rows(
        terms=in_force(there) if terms is None else terms,
        locks=_locks(there),
        timers=_timers(there),
        questions=_questions(there, now),
        answers=_answers(there),
        failures=dict(Setback.objects.filter(escrow__in=there).values_list("escrow", "tries")),
    )
    return {escrow.pk: _one(escrow, found, now) for escrow in there}


def in_force(escrows: Iterable[Escrow]) -> dict[int, InForce]:
    """The agreed terms of many, by primary key of the escrow: two statements."""
    agreed = {row.escrow_id: row for row in Terms.objects.filter(escrow__in=list(escrows), state=TermsState.AGREED)}
    conditions: dict[int, dict[str, Condition]] = {row.pk: {} for row in agreed.values()}
    for condition in Condition.objects.filter(terms__in=list(conditions)).order_by("terms", "number"):
        conditions[condition.terms_id][condition.condition_id] = condition
    return {key: InForce(row, document.parse(row.document), conditions[row.pk]) for key, row in agreed.items()}


def _one(escrow: Escrow, found: _Rows, now: datetime) -> NextAction:
    terms, timers = found.terms.get(escrow.pk), found.timers.get(escrow.pk, {})
    if escrow.status == EscrowStatus.CREATED:
        return _unfunded(terms, timers.get(TimerKind.FUNDING_EXPIRY))
    if terms is None:
        return NextAction(Act.NONE, None, NOT_AGREED)
    situation = _situation(escrow, terms, found, timers.get(TimerKind.AUTO_RESOLUTION), now)
    action = timeline.next_action(situation, now)
    if action.action in (Act.RELEASE, Act.ASK_SIGNATURES) and situation.approval is None:
        action = _as_far_as_timers_go(action, timers, found.answers.get(escrow.public_id, ""), now)
    return _in_the_way(escrow, action, found.failures.get(escrow.pk, 0), now)


def _unfunded(terms: InForce | None, ends_at: datetime | None) -> NextAction:
    why = "Nothing happens until the payer funds it" if terms else NOT_AGREED.partition(";")[0]
    if ends_at is None:
        return NextAction(Act.FUND if terms else Act.NONE, None, f"{why}; no money is held yet.")
    return NextAction(
        Act.FUND if terms else Act.NONE, ends_at, f"{why}; unfunded it ends {_on(ends_at)}, and no money is held yet."
    )


def _situation(
    escrow: Escrow, terms: InForce, found: _Rows, resolution_at: datetime | None, now: datetime
) -> Situation:
    disputed = escrow.status == EscrowStatus.DISPUTED
    held = rows.money(escrow, escrow.held_minor)
    return Situation(
        agreed=terms.agreed,
        status=escrow.status,
        funded_at=escrow.funded_at,
        available_at=escrow.available_at,
        conditions={name: _condition(row) for name, row in terms.conditions.items()},
        locks=found.locks.get(escrow.pk, frozenset()),
        approval=found.questions.get(escrow.public_id),
        dispute=DisputeNow(resolution_at, terms.agreed.disputes.auto_resolution) if disputed else None,
        signatures_needed=signing.needed(escrow, terms.agreed, held, now=now).count if held.minor else 0,
    )


def _as_far_as_timers_go(action: NextAction, timers: Mapping[str, datetime], answer: str, now: datetime) -> NextAction:
    """By the terms it is time. Then a timer waits for it, or signers have said no and nothing comes by itself."""
    waits = timers.get(TimerKind.AUTO_RELEASE) or timers.get(TimerKind.TIME_LOCK_END)
    if action.at is None or action.at > now:
        return action
    if waits is None:
        said = "The hour of the release has passed"
        if answer and answer != QuestionState.EXECUTED:
            said = f"The question for signatures was {answer.lower()}"
        return NextAction(Act.ESCALATE, None, f"{said}: the money stays held until a person asks for it again.")
    if waits > now and answer == QuestionState.EXPIRED:
        return NextAction(
            Act.ASK_SIGNATURES, waits, f"Nobody signed in time; signatures are asked for again {_on(waits)}, and"
            " unsigned no money moves.",
        )  # fmt: skip
    return replace(action, at=max(waits, now)) if waits > now else action


def _in_the_way(escrow: Escrow, action: NextAction, failures: int, now: datetime) -> NextAction:
    """What is due now and does not happen all the same."""
    if action.action not in BY_THEMSELVES or action.at is None or action.at > now:
        return action
    if not switches.is_open(Switch.ESCROW_MOVEMENTS, now=now, scopes=rows.scopes(escrow)):
        return replace(action, why=f"{action.why} Movements are suspended: it waits until they are opened again.")
    if failures:
        times = "once" if failures == 1 else f"{failures} times"
        return replace(action, why=f"{action.why} It was tried {times} and failed; it is tried again.")
    return action


def _condition(row: Condition) -> ConditionNow:
    return ConditionNow(State(row.state), row.due_at, row.met_at, row.inspection_ends_at)


def _locks(escrows: list[Escrow]) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    open_ = Lock.objects.filter(escrow__in=escrows, lifted_at__isnull=True)
    for escrow, reason in open_.values_list("escrow", "reason"):
        found[escrow] = found.get(escrow, frozenset()) | {reason}
    return found


def _timers(escrows: list[Escrow]) -> dict[int, dict[str, datetime]]:
    """The earliest of each kind that waits."""
    found: dict[int, dict[str, datetime]] = {}
    waiting = Timer.objects.filter(escrow__in=escrows, state=TimerState.PENDING).order_by("-due_at")
    for escrow, kind, due_at in waiting.values_list("escrow", "kind", "due_at"):
        found.setdefault(escrow, {})[kind] = due_at
    return found


def _questions(escrows: list[Escrow], now: datetime) -> dict[str, ApprovalNow]:
    """Open questions of a release, by the escrow's id."""
    names = [escrow.public_id for escrow in escrows if escrow.status == EscrowStatus.LOCKED]
    open_ = list(ApprovalRequest.objects.filter(OPEN, action=RELEASE, subject__in=names)) if names else []
    return {
        counted.request.subject: ApprovalNow(counted.request.needed, len(counted.counted), counted.request.expires_at)
        for counted in quorum.list_of(open_, now=now)
    }


def _answers(escrows: list[Escrow]) -> dict[str, str]:
    """How the last question ended that ended without a release."""
    names = [escrow.public_id for escrow in escrows if escrow.status in OPEN_STATES]
    ended = ApprovalRequest.objects.filter(action=RELEASE, subject__in=names).exclude(OPEN).order_by("asked_at")
    return dict(ended.values_list("subject", "state")) if names else {}


def _on(at: datetime) -> str:
    return f"on {at.astimezone(UTC).day} {at.astimezone(UTC):%B %Y at %H:%M} UTC"
