"""Versions of the rules: the shipped one, and drafts."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max

from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.parameters.services import SHIPPED_SINCE
from fraud.enums import RuleSetState
from fraud.models import RuleSet
from fraud.rules import definitions
from fraud.rules.definitions import Rule
from fraud.rules.shipped import SHIPPED
from fraud.selectors import rule_sets as selector

VERSION_LOCK = 0x46524431  # "FRD1": one writer of version numbers at a time


class InvalidRules(Refusal):
    code = "INVALID_RULES"
    title = "The rules do not check"


def draft(
    *,
    rules: Sequence[Rule],
    note: str,
    actor: Actor,
    now: datetime,
    require_unchanged: Callable[[], None] | None = None,
) -> RuleSet:
    """Store a checked set of rules as the next version, which judges nothing. Raises InvalidRules with pointers.

    The very content of the newest draft again is that draft. `require_unchanged` raises what its caller wants raised
    where the rules are not those it saw; it is asked while no other draft can be written.
    """
    vocabulary = selector.get_vocabulary()
    faults = definitions.faults(rules, kinds=vocabulary.kinds, list_effects=vocabulary.list_effects)
    if faults:
        raise InvalidRules(
            errors=tuple(FieldError(f"/rules/{fault.index}/{fault.field}", str(fault)) for fault in faults)
        )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [VERSION_LOCK])
        if require_unchanged is not None:
            require_unchanged()
        content = [rule.as_json() for rule in rules]
        same = selector.find_newest_draft()
        if same and same.digest == digest(content):
            return same
        newest = RuleSet.objects.aggregate(newest=Max("version"))["newest"] or 0
        rule_set = RuleSet.objects.create(
            version=newest + 1,
            state=RuleSetState.DRAFT,
            rules=content,
            digest=digest(content),
            note=note,
            created_by=str(actor),
            created_at=now,
        )
        audit.record(
            actor=actor,
            action="fraud.rule_set.drafted",
            subject=rule_set.subject,
            at=now,
            details={"version": rule_set.version, "digest": rule_set.digest, "rules": len(rules)},
        )
    return rule_set


def install_shipped() -> None:
    """Version 1, active, where there is no version at all; run after every migrate."""
    if RuleSet.objects.exists():
        return
    content = [rule.as_json() for rule in SHIPPED]
    RuleSet.objects.bulk_create(
        [
            RuleSet(
                version=1,
                state=RuleSetState.ACTIVE,
                rules=content,
                digest=digest(content),
                note="shipped",
                created_by="SYSTEM:holdfast",
                created_at=SHIPPED_SINCE,
            )
        ],
        ignore_conflicts=True,
    )


def shipped_rules() -> list[Rule]:
    """The rules that a new installation begins with; an older one may take them as a draft."""
    return list(SHIPPED)


def digest(content: object) -> str:
    """SHA-256 of the rules in one canonical spelling."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
