"""Write a decision down: one message to the database, kept apart from the caller's transaction by a savepoint."""

import json
import logging
from datetime import datetime
from typing import Any

from django.db import Error, connection

from fraud.decisions import AssessmentRequest, Decided
from fraud.enums import Outcome

logger = logging.getLogger(__name__)

COLUMNS = (
    "assessment_id",
    "livemode",
    "payment_id",
    "transaction_id",
    "customer_id",
    "amount_minor",
    "currency",
    "inputs",
    "features",
    "thresholds",
    "hits",
    "not_evaluated",
    "reason_codes",
    "rule_set_version",
    "base_score",
    "approve_up_to",
    "review_up_to",
    "block_up_to",
    "score",
    "outcome",
    "failure",
    "evaluation_us",
    "created_at",
)
UNAVAILABLE = "FRAUD_DETECTOR_UNAVAILABLE"
JSON_COLUMNS = {"inputs", "features", "thresholds", "hits"}
INSERT = """
SAVEPOINT fraud_assessment;
INSERT INTO fraud_assessment ({columns}) VALUES ({values}) RETURNING id;
RELEASE SAVEPOINT fraud_assessment
""".format(
    columns=", ".join(COLUMNS),
    values=", ".join("%s::jsonb" if column in JSON_COLUMNS else "%s" for column in COLUMNS),
)
UNDO = "ROLLBACK TO SAVEPOINT fraud_assessment; RELEASE SAVEPOINT fraud_assessment"


def insert(
    *,
    assessment_id: str,
    request: AssessmentRequest,
    inputs: dict[str, Any],
    decided: Decided,
    elapsed_us: int,
    now: datetime,
) -> int | None:
    """The new row's key; None if the database would not take it, which leaves the transaction as it was."""
    values = [
        assessment_id,
        request.livemode,
        request.payment_id,
        request.transaction_id,
        request.payer_id,
        request.amount_minor,
        request.currency,
        json.dumps(inputs),
        json.dumps(decided.features),
        json.dumps(decided.thresholds),
        *_verdict(decided),
        decided.rule_set_version,
        decided.base_score,
        decided.bands.approve_up_to,
        decided.bands.review_up_to,
        decided.bands.block_up_to,
        decided.judgement.score if decided.judgement else None,
        decided.judgement.outcome.value if decided.judgement else Outcome.NO_ADVICE.value,
        decided.failure[:60],
        elapsed_us,
        now,
    ]
    with connection.cursor() as cursor:
        try:
            cursor.execute(INSERT, values)
        except Error as error:
            logger.error("fraud decision was not stored: %s", type(error).__name__)
            cursor.execute(UNDO)
            return None
        # From what SAVEPOINT answered to what INSERT did.
        cursor.nextset()
        (row_id,) = cursor.fetchone() or (None,)
        return row_id


def _verdict(decided: Decided) -> tuple[str, list[str], list[str]]:
    judgement = decided.judgement
    if judgement is None:
        return "[]", [], [UNAVAILABLE]
    return json.dumps([hit.as_json() for hit in judgement.hits]), list(judgement.not_evaluated), judgement.reason_codes
