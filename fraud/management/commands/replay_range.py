"""`manage.py replay_range --from 2026-10-01 --to 2026-11-01 --rules draft.json`: what would change.

Nothing is kept. With `--challenger` the candidate starts from what that model says: the score it gave then, or one made
now from the values that were stored. The version in force still starts from what it started from, and a decision
without a whole history is counted apart, for a model would be blind. Both options may be given together.
"""

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.errors import Refusal
from fraud.management import windows
from fraud.model import live as models
from fraud.model.scorer import NotOurSource
from fraud.parameters import threshold_types
from fraud.rules import definitions
from fraud.rules.backtest import Rescore
from fraud.rules.compiled import CompiledRules, compile_rules
from fraud.rules.language import RuleError
from fraud.selectors import replays, rule_sets, stored_decisions
from fraud.selectors.stored_decisions import Window
from fraud.services import backtests


class Command(BaseCommand):
    help = "Judge stored decisions again with other rules or another model and show what would change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        windows.add_window(parser)
        parser.add_argument("--rules", default="", help="a version, or a file of rules; the active version if left out")
        parser.add_argument("--challenger", default="", help="a registered model the candidate starts from")

    def handle(
        self,
        *_: Any,
        from_at: datetime,
        to_at: datetime,
        live: bool,
        as_json: bool,
        rules: str,
        challenger: str,
        **__: Any,
    ) -> None:
        now = clock.now()
        active_set = rule_sets.get_active()
        active = rule_sets.get_compiled(version=active_set.version, digest=active_set.digest)
        window = Window(live, from_at, to_at, now, backtests.mature_before(now=now), challenger)
        result = replays.compare(
            active=active,
            candidate=_candidate(rules) if rules else active,
            window=window,
            terms=backtests.terms_in_force(now=now),
            watch=backtests.watch(now=now),
            rescore=_scorer(challenger) if challenger else None,
            progress=windows.bar(stored_decisions.count(window), lambda text: self.stderr.write(text, ending="")),
        )
        self.stderr.write("")
        for line in [json.dumps(result, indent=2)] if as_json else windows.lines(result):
            self.stdout.write(line)


def _scorer(name: str) -> Rescore:
    """Asked once of nothing, so that a model that cannot answer is told before anything is read."""
    try:
        models.score(name, {}, reasons=0)
    except (Refusal, NotOurSource) as refused:
        raise CommandError(str(refused)) from refused
    return lambda values: models.score(name, values, reasons=0).score


def _candidate(rules: str) -> CompiledRules:
    try:
        if rules.isdecimal():
            rule_set = rule_sets.get(version=int(rules))
            return rule_sets.get_compiled(version=rule_set.version, digest=rule_set.digest)
        content = json.loads(Path(rules).read_text(encoding="utf-8"))
        listed = content["rules"] if isinstance(content, dict) else content
        return compile_rules(version=0, rules=definitions.read(listed), threshold_types=threshold_types())
    except Refusal as refused:
        raise CommandError(refused.detail) from refused
    except (OSError, ValueError, KeyError, TypeError, RuleError) as unreadable:
        raise CommandError(f"{rules} holds no rules: {unreadable}") from unreadable
