"""Versions of the rules, and the compiled form of each kept in the process (versions never change)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from core.errors import Refusal
from fraud.enums import RuleSetMove, RuleSetState
from fraud.models import RuleSet, RuleSetStep
from fraud.parameters import threshold_types
from fraud.rules import definitions, states
from fraud.rules.catalogue import LIST_PREFIX, Kind
from fraud.rules.compiled import CompiledRules, compile_rules, kinds
from fraud.rules.definitions import Rule
from fraud.selectors import lists


class RuleSetNotFound(Refusal):
    code = "RULE_SET_NOT_FOUND"
    status = 404
    title = "No such version of the rules"


class Vocabulary(NamedTuple):
    """What `fraud.rules.definitions.faults` asks: the kind of every name, and what each list is for."""

    kinds: Mapping[str, Kind]
    list_effects: Mapping[str, str]


def get(*, version: int) -> RuleSet:
    """Raises RuleSetNotFound."""
    rule_set = RuleSet.objects.filter(version=version).first()
    if rule_set is None:
        raise RuleSetNotFound(f"there is no version {version}")
    return rule_set


def get_active() -> RuleSet:
    """The version that judges now. Raises RuleSetNotFound before the first is installed."""
    rule_set = RuleSet.objects.filter(state=RuleSetState.ACTIVE).first()
    if rule_set is None:
        raise RuleSetNotFound("no version is active")
    return rule_set


def find_candidate() -> RuleSet | None:
    """The version in shadow or with a share."""
    return RuleSet.objects.filter(state__in=states.CANDIDATE).first()


def find_previous() -> RuleSet | None:
    """The version that rolling back would put into force: the one that the last publication replaced."""
    last = RuleSetStep.objects.filter(to_state=RuleSetState.ACTIVE).order_by("-id").first()
    if last is None or last.move != RuleSetMove.PUBLISH or last.replaces is None:
        return None
    return RuleSet.objects.filter(version=last.replaces).first()


def list_rules_in_use() -> list[Rule]:
    """Rules of the version in force and of the candidate; of one code the one in force."""
    in_use: dict[str, Rule] = {}
    judging = RuleSet.objects.filter(state__in=[RuleSetState.ACTIVE, *states.CANDIDATE])
    for rule_set in sorted(judging, key=lambda each: each.state != RuleSetState.ACTIVE):
        for rule in definitions.read(rule_set.rules):
            in_use.setdefault(rule.code, rule)
    return list(in_use.values())


def list_codes_in_use() -> set[str]:
    """What can be paused."""
    return {rule.code for rule in list_rules_in_use()}


def list_steps(rule_set: RuleSet) -> list[RuleSetStep]:
    """What happened to a version, newest first."""
    return list(rule_set.steps.order_by("-id"))


def get_vocabulary() -> Vocabulary:
    """Everything that rules drafted now may name."""
    effects = lists.effects()
    names = [name.removeprefix(LIST_PREFIX) for name in effects]
    return Vocabulary(kinds(threshold_types(), lists=names), effects)


def find_newest_draft() -> RuleSet | None:
    return RuleSet.objects.filter(state=RuleSetState.DRAFT).order_by("-version").first()


def get_compiled(*, version: int, digest: str) -> CompiledRules:
    """Compiled once per process and content. Raises RuleSetNotFound, fraud.rules.language.RuleError."""
    return _compiled(version, digest)


@lru_cache(maxsize=16)
def _compiled(version: int, digest: str) -> CompiledRules:
    rule_set = RuleSet.objects.filter(version=version, digest=digest).first()
    if rule_set is None:
        raise RuleSetNotFound(f"there is no version {version} with this content")
    return compile_rules(version=version, rules=definitions.read(rule_set.rules), threshold_types=threshold_types())
