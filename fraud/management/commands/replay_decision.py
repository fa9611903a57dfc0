"""Make a stored decision again from its stored values and versions.

    manage.py replay_decision fra_0lq9ilnhwp0123456789abcd [--json]

Says that it is equal, or the first thing that differs; exit 0 or 1.
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fraud.models import Assessment
from fraud.services import replaying
from fraud.services.replaying import Replay


class Command(BaseCommand):
    help = "Make a stored fraud decision again and compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("assessment_id")
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        assessment = Assessment.objects.filter(assessment_id=options["assessment_id"]).first()
        if assessment is None:
            raise CommandError(f"no decision is named {options['assessment_id']}")
        found = replaying.replay(assessment)
        self.stdout.write(json.dumps(_as_json(assessment, found)) if options["json"] else _in_words(assessment, found))
        if not found.is_equal:
            sys.exit(1)


def _as_json(assessment: Assessment, found: Replay) -> dict[str, Any]:
    return {
        "assessmentId": found.assessment_id,
        "equal": found.is_equal,
        "score": assessment.score,
        "outcome": assessment.outcome,
        "ruleSetVersion": assessment.rule_set_version,
        "modelVersion": assessment.model_version,
        "differs": found.differs or None,
        "stored": found.stored,
        "again": found.again,
        "note": found.note or None,
    }


def _in_words(assessment: Assessment, found: Replay) -> str:
    if found.note:
        return f"{found.assessment_id}: nothing to make again, {found.note}"
    if found.is_equal:
        return f"{found.assessment_id}: equal, score {assessment.score}, {assessment.outcome}"
    return f"{found.assessment_id}: {found.differs} differs: stored {found.stored!r}, again {found.again!r}"
