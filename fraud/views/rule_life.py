"""What is done with a version of the rules, and with one rule: shadow, share, publication, the way back, a pause.

What gives more effect is asked for here and signed on the page of approvals; what takes it away happens at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals.models import ApprovalRequest
from core.approvals.selectors import find_open
from core.errors import Refusal
from fraud.approvals import rules as signed
from fraud.enums import RuleSetMove, RuleSetState
from fraud.forms.rules import MoveForm, PauseForm
from fraud.models import RuleSet
from fraud.rules import states
from fraud.selectors import rule_sets, trials
from fraud.services import pauses, rule_life

DRAFT, PUBLISH, PAUSE = "fraud.draft_rule", "fraud.publish_rule", "fraud.pause_rule"
HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Next:
    """What may follow for a version: its moves, what waits for a signature, and how long it was tried."""

    moves: frozenset[RuleSetMove]
    waiting: list[ApprovalRequest]
    trial: trials.Trial | None
    is_candidate: bool
    previous: RuleSet | None

    @property
    def may_ask(self) -> bool:
        return bool(self.moves & {RuleSetMove.SHARE, RuleSetMove.PUBLISH})


def next_of(rule_set: RuleSet) -> Next:
    state, is_candidate = RuleSetState(rule_set.state), rule_set.state in states.CANDIDATE
    asked = [
        find_open(action=action.name, subject=rule_set.subject) for action in (signed.ShareRules, signed.PublishRules)
    ]
    return Next(
        moves=frozenset(states.moves_from(state)),
        waiting=[request for request in asked if request],
        trial=trials.of(rule_set, now=clock.now()) if is_candidate else None,
        is_candidate=is_candidate,
        previous=rule_sets.find_previous() if state == RuleSetState.ACTIVE else None,
    )


@console.page(
    path="rules/<int:version>/move/", name="rule_set_move", title="Move a version", permission=DRAFT, methods=("POST",)
)
def rule_set_move(request: HttpRequest, version: int) -> HttpResponse:
    """`do` is shadow, share, unshare, publish or withdraw; share and publish only ask."""
    form, actor, now, do = MoveForm(request.POST), console.actor(request), clock.now(), request.POST.get("do")
    if not form.is_valid():
        return _wrong(request, version, "Say why. A share is in percent, with two decimals at most.")
    reason, percent = form.cleaned_data["reason"], form.cleaned_data["share"]
    acts: dict[str, Callable[[], ApprovalRequest | RuleSet]] = {
        "shadow": lambda: rule_life.start_shadow(version=version, reason=reason, actor=actor, now=now),
        "unshare": lambda: rule_life.end_share(version=version, reason=reason, actor=actor, now=now),
        "withdraw": lambda: rule_life.withdraw(version=version, reason=reason, actor=actor, now=now),
        "publish": lambda: signed.ask_publication(version=version, reason=reason, actor=actor, now=now),
        "share": lambda: signed.ask_share(
            version=version, share=round((percent or 0) * HUNDREDTHS), reason=reason, actor=actor, now=now
        ),
    }
    if do not in acts:
        return _wrong(request, version, "Press one of the buttons.")
    return _done(request, version, acts[do], "Version {} is {}.")


@console.page(
    path="rules/<int:version>/roll-back/", name="rule_set_roll_back", title="Roll back", permission=PUBLISH,
    methods=("POST",), step_up=True,
)  # fmt: skip
def rule_set_roll_back(request: HttpRequest, version: int) -> HttpResponse:
    """From this version, if it is the one in force, to the one before it."""
    form, actor, now = MoveForm(request.POST), console.actor(request), clock.now()
    if not form.is_valid():
        return _wrong(request, version, "Say why.")
    if rule_sets.get_active().version != version:
        return _wrong(request, version, f"Version {version} is not in force any more.")
    reason = form.cleaned_data["reason"]
    return _done(
        request, version, lambda: rule_life.roll_back(reason=reason, actor=actor, now=now), "Version {} is {} again."
    )


@console.page(path="rules/pause/", name="rule_stop", title="Pause a rule", permission=PAUSE, methods=("POST",))
def rule_stop(request: HttpRequest) -> HttpResponse:
    """Pauses a rule at once, or with `resume` asks for the signature that lets it act again."""
    form, actor, now = PauseForm(request.POST), console.actor(request), clock.now()
    back = HttpResponseRedirect(reverse("admin:rules"))
    if not form.is_valid():
        messages.error(request, "Choose a rule and say why.")
        return back
    code, reason = form.cleaned_data["code"], form.cleaned_data["reason"]
    try:
        if "resume" in request.POST:
            asked = signed.ask_resumption(code=code, reason=reason, actor=actor, now=now)
            return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))
        pauses.pause(code=code, reason=reason, actor=actor, now=now)
    except Refusal as refused:
        messages.error(request, f"{refused.title}: {refused.detail}.")
    else:
        messages.success(request, f"{code} is paused: it is asked and has no effect.")
    return back


def _done(request: HttpRequest, version: int, act: Callable[[], ApprovalRequest | RuleSet], told: str) -> HttpResponse:
    try:
        outcome = act()
    except rule_sets.RuleSetNotFound as unknown:
        raise Http404 from unknown
    except Refusal as refused:
        return _wrong(request, version, f"{refused.title}: {refused.detail}.")
    if isinstance(outcome, ApprovalRequest):
        messages.success(request, "Asked. It happens when somebody else has signed.")
        return HttpResponseRedirect(reverse("admin:approval", args=[outcome.request_id]))
    messages.success(request, told.format(outcome.version, outcome.get_state_display().lower()))
    return HttpResponseRedirect(reverse("admin:rule_set", args=[outcome.version]))


def _wrong(request: HttpRequest, version: int, what: str) -> HttpResponse:
    messages.error(request, what)
    return HttpResponseRedirect(reverse("admin:rule_set", args=[version]))
