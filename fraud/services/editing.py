"""Save what somebody edited, unless somebody else was first."""

from collections.abc import Sequence
from datetime import datetime

from core.actors import Actor
from core.errors import Refusal
from fraud.models import RuleSet
from fraud.rules.definitions import Rule
from fraud.selectors import rule_sets as selector
from fraud.services import rule_sets


class RulesChanged(Refusal):
    code = "RULES_CHANGED"
    status = 409
    title = "The rules changed meanwhile"


def tag() -> str:
    """Names what is in force and the newest draft, as an ETag does. Versions never change, so their numbers do."""
    draft = selector.find_newest_draft()
    return f"{selector.get_active().version}.{draft.version if draft else 0}"


def save(*, rules: Sequence[Rule], note: str, seen: str, actor: Actor, now: datetime) -> RuleSet:
    """A draft of these rules, if `seen` is still the tag. Raises RulesChanged, rule_sets.InvalidRules."""

    def require_unchanged() -> None:
        if tag() != seen:
            raise RulesChanged("another version was saved or put into force since you began")

    return rule_sets.draft(rules=rules, note=note, actor=actor, now=now, require_unchanged=require_unchanged)
