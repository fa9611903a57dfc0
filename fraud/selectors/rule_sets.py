"""Versions of the rules, and the compiled form of each kept in the process (versions never change)."""

from functools import lru_cache

from core.errors import Refusal
from fraud.enums import RuleSetState
from fraud.models import RuleSet
from fraud.parameters import threshold_types
from fraud.rules import definitions
from fraud.rules.compiled import CompiledRules, compile_rules


class RuleSetNotFound(Refusal):
    code = "RULE_SET_NOT_FOUND"
    status = 404
    title = "No such version of the rules"


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
