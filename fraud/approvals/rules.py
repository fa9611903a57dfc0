"""What of the rules is signed: a share of the customers, putting a version into force, resuming a paused rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.actors import Actor
from core.approvals import Content, Execution
from core.approvals.models import ApprovalRequest
from core.approvals.refusals import NobodyCanSign
from core.approvals.services import ask
from core.audit.chain import JSON
from core.errors import Refusal
from fraud.enums import RuleSetMove, RuleSetState
from fraud.models import RuleSet
from fraud.rules import definitions, differences, states
from fraud.selectors import hold_backs, rule_sets, trials
from fraud.services import pauses, rule_life

SHARE = "share"
PREFIX = "fraud_rules_v"


class TrialTooShort(Refusal):
    code = "RULE_SET_TRIAL_TOO_SHORT"
    status = 409
    title = "The version was not tried long enough"


class ShareRules(approvals.Action):
    """The subject is the version, `fraud_rules_v7`; `share` is given in hundredths of a percent of the customers."""

    name: ClassVar[str] = "fraud.share_rules"
    title: ClassVar[str] = "Let rules judge a share of the customers"
    ask_permission: ClassVar[str] = "fraud.draft_rule"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 24,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "fraud.publish_rule", "count": 1}}],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises RuleSetNotFound, UnableToMove."""
        rule_set = _version(subject, RuleSetMove.SHARE)
        share = rule_life.require_share(given.get(SHARE))
        return Content(
            summary=f"Let version {rule_set.version} of the rules judge {share / 100:g} % of the customers",
            version=_covered(rule_set),
            facts={SHARE: share},
            people=_author(rule_set),
            url=reverse("admin:rule_set", args=[rule_set.version]),
        )

    def effect(self, execution: Execution) -> None:
        rule_life.share_signed(
            version=version_of(execution.subject),
            share=rule_life.require_share(execution.given.get(SHARE)),
            approval_id=execution.request_id,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class PublishRules(approvals.Action):
    """The subject is the version. Covered are what it changes and the backtest it was judged by.

    `trialIsEnough` is a fact: the shipped policy has no rule for a version that was tried too short. Whoever wants one
    for emergencies writes it into the policy, with its signatures.
    """

    name: ClassVar[str] = "fraud.publish_rules"
    title: ClassVar[str] = "Put rules into force"
    ask_permission: ClassVar[str] = "fraud.draft_rule"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 24,
        "rules": [
            {
                "name": "tried",
                "when": {"trialIsEnough": True},
                "require": {"permission": "fraud.publish_rule", "count": 1},
            }
        ],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises RuleSetNotFound, UnableToMove, ForecastMissing."""
        rule_set = _version(subject, RuleSetMove.PUBLISH)
        found = rule_life.require_forecast(rule_set.version)
        return Content(
            summary=f"Put version {rule_set.version} of the rules into force",
            version=_covered(rule_set),
            evidence={"backtest": found.reference},
            facts={"trialIsEnough": trials.of(rule_set, now=now).is_enough},
            people=_author(rule_set),
            url=reverse("admin:rule_set", args=[rule_set.version]),
        )

    def effect(self, execution: Execution) -> None:
        rule_life.publish_signed(
            version=version_of(execution.subject),
            over=int(str(execution.version["inForce"])),
            approval_id=execution.request_id,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class ResumeRule(approvals.Action):
    """The subject is the code of the rule. Another pause in between voids what was signed."""

    name: ClassVar[str] = "fraud.resume_rule"
    title: ClassVar[str] = "Resume a paused rule"
    ask_permission: ClassVar[str] = "fraud.pause_rule"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 24,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "fraud.publish_rule", "count": 1}}],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises RuleNotPaused."""
        found = pauses.require_paused(subject)
        return Content(
            summary=f"Resume the rule {subject}",
            version={"pause": found.pause_id, "pausedBy": found.paused_by, "pausedFor": found.reason},
            url=reverse("admin:rule_pause", args=[found.pause_id]),
        )

    def effect(self, execution: Execution) -> None:
        pauses.resume_signed(
            code=execution.subject,
            approval_id=execution.request_id,
            reason=execution.reason,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


def ask_share(*, version: int, share: int, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Raises RuleSetNotFound, UnableToMove, and the refusals of `core.approvals.services.ask`."""
    subject, given = rule_sets.get(version=version).subject, {SHARE: share}
    return ask(action=ShareRules.name, subject=subject, given=given, reason=reason, actor=actor, now=now)


def ask_publication(*, version: int, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Raises RuleSetNotFound, UnableToMove, ForecastMissing, TrialTooShort, and the refusals of asking."""
    rule_set = rule_sets.get(version=version)
    try:
        return ask(action=PublishRules.name, subject=rule_set.subject, given={}, reason=reason, actor=actor, now=now)
    except NobodyCanSign:
        trial = trials.of(rule_set, now=now)
        if trial.is_enough:
            raise
        raise TrialTooShort(
            f"tried on {trial.payments} payments in {trial.lasted.total_seconds() / 3600:.1f} h; "
            f"{trial.needed_payments} payments or {trial.needed_hours} h are needed"
        ) from None


def ask_resumption(*, code: str, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """Raises RuleNotPaused, and the refusals of asking."""
    return ask(action=ResumeRule.name, subject=code, given={}, reason=reason, actor=actor, now=now)


def version_of(subject: str) -> int:
    """Raises RuleSetNotFound for what names no version."""
    number = subject.removeprefix(PREFIX)
    if not number.isdecimal() or not subject.startswith(PREFIX):
        raise rule_sets.RuleSetNotFound(f"{subject[:60]} names no version of the rules")
    return int(number)


def _version(subject: str, move: RuleSetMove) -> RuleSet:
    rule_set = rule_sets.get(version=version_of(subject))
    if move not in states.moves_from(RuleSetState(rule_set.state)):
        raise rule_life.UnableToMove(f"{rule_set} is {rule_set.get_state_display().lower()}")
    return rule_set


def _covered(rule_set: RuleSet) -> dict[str, JSON]:
    """The exact content, the version it would change, and what it changes there."""
    active = rule_sets.get_active()
    changes = differences.between(definitions.read(active.rules), definitions.read(rule_set.rules))
    return {
        "version": rule_set.version,
        "digest": rule_set.digest,
        "state": rule_set.state,
        "inForce": active.version,
        "added": [rule.code for rule in changes.added],
        "removed": [rule.code for rule in changes.removed],
        "changed": {
            code: {change.field: [change.before, change.after] for change in fields}
            for code, fields in changes.changed.items()
        },
        "paused": [pause.code for pause in hold_backs.list_paused()],
    }


def _author(rule_set: RuleSet) -> frozenset[str]:
    """Whoever drafted a version does not sign for it, whoever asks."""
    kind, _, email = rule_set.created_by.partition(":")
    return frozenset({email}) if kind == "STAFF" else frozenset()


approvals.register(ShareRules())
approvals.register(PublishRules())
approvals.register(ResumeRule())
