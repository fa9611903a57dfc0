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
    "feature_source",
    "degraded",
    "model_version",
    "model_raw",
    "model_score",
    "contributions",
    "challenger_version",
    "challenger_raw",
    "challenger_score",
    "held_back",
    "shadow",
    "arm",
    "allowed_by",
    "bypass_turn",
    "rescores_id",
    "evaluation_us",
    "created_at",
)
UNAVAILABLE = "FRAUD_DETECTOR_UNAVAILABLE"
JSON_COLUMNS = {"inputs", "features", "thresholds", "hits", "contributions", "held_back", "shadow"}
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
    rescores: int | None,
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
        decided.source.value,
        decided.degraded[:60],
        *_opinions(decided),
        json.dumps(list(decided.held_back)),
        json.dumps(decided.shadow) if decided.shadow is not None else None,
        str(decided.arm),
        decided.allowed_by,
        decided.bypass_turn,
        rescores,
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


def _opinions(decided: Decided) -> list[Any]:
    """The champion's version, answer, score and contributions, then the challenger's without them."""
    model, challenger = decided.model, decided.challenger
    return [
        *((model.version, model.raw, model.score) if model else (None, None, None)),
        json.dumps(list(model.contributions) if model else []),
        *((challenger.version, challenger.raw, challenger.score) if challenger else (None, None, None)),
    ]


def _verdict(decided: Decided) -> tuple[str, list[str], list[str]]:
    judgement = decided.judgement
    if judgement is None:
        return "[]", [], [UNAVAILABLE]
    return json.dumps([hit.as_json() for hit in judgement.hits]), list(judgement.not_evaluated), judgement.reason_codes
