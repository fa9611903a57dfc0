"""Judge a payment before the money moves. The answer always comes, and a failure is never an approval."""

import logging
import time
from datetime import datetime
from typing import Any

from django.db import transaction

from core import ids
from core.actors import SYSTEM
from core.audit import services as audit
from core.money import Currency, Money
from core.switches import services as switches
from core.switches.enums import Switch
from fraud import data
from fraud.decisions import Assessment, AssessmentRequest, Decided
from fraud.enums import RECOMMENDATIONS, RISK_LEVELS, Outcome
from fraud.features.store import Seen
from fraud.identities import email_hash
from fraud.models import Assessment as AssessmentRow
from fraud.services import assessment_rows, judging, rule_cases

logger = logging.getLogger(__name__)

__all__ = ["email_hash", "evaluate", "model_version"]

NO_MODEL = "rules_unavailable"


def evaluate(
    request: AssessmentRequest, *, now: datetime, seen: Seen | None = None, passed: AssessmentRow | None = None
) -> Assessment:
    """Judge and store, in the caller's transaction (or one of its own). Never raises.

    `seen` is what `fraud.features.store.look` said before the transaction; without it history is read from PostgreSQL.
    Whatever fails ends as NO_ADVICE with score None, stored like any other decision; the caller treats it as REVIEW.
    `passed` is a decision that was made under the bypass and is made up for now, from what was known then.
    """
    started = time.perf_counter()
    assessment_id = ids.prefixed("fra", now)
    try:
        with transaction.atomic(savepoint=False):
            decided = _decide(request, seen=seen, passed=passed, now=now)
            row_id = assessment_rows.insert(
                assessment_id=assessment_id,
                request=request,
                inputs=_inputs(request),
                decided=decided,
                rescores=passed.pk if passed else None,
                elapsed_us=_microseconds_since(started),
                now=now,
            )
            _record_bypass(assessment_id, decided, now=now)
            if passed is None and decided.judgement:
                rule_cases.order(assessment_id, request.payment_id, decided.judgement, now=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, the payment gets an answer, and the answer is no advice
        logger.error("fraud decision was not kept: %s", type(error).__name__)
        row_id = None
    if row_id is None:
        decided = judging.no_advice("NOT_STORED")
    return _answer(assessment_id, row_id, decided, started)


def _decide(request: AssessmentRequest, *, seen: Seen | None, passed: AssessmentRow | None, now: datetime) -> Decided:
    try:
        if passed is not None:
            return judging.judge_passed(request, passed, now=now)
        # Closed is a failure like any other: nobody is approved by it, not even by the bypass.
        switches.require_open(
            Switch.FRAUD_SCORING, now=now, scopes=[f"party:{request.payer_id}"], amount=_amount(request)
        )
        turn = switches.find_way_round(Switch.FRAUD_BYPASS, now=now, amount=_amount(request))
        if turn is not None:
            return judging.pass_unseen(request, seen, turn_id=turn, now=now)
        return judging.judge(request, seen=seen, now=now)
    except Exception as error:  # noqa: BLE001 - see `evaluate`
        # The text of a database error may hold row values: its class is all that is kept.
        logger.error("no fraud advice: %s", type(error).__name__)
        return judging.no_advice(type(error).__name__)


def _record_bypass(assessment_id: str, decided: Decided, *, now: datetime) -> None:
    if decided.bypass_turn is not None:
        audit.record(
            actor=SYSTEM,
            action="fraud.assessment.bypassed",
            subject=assessment_id,
            at=now,
            details={"turn": decided.bypass_turn},
        )


def _amount(request: AssessmentRequest) -> Money | None:
    """None in a currency we do not know: it is scored all the same."""
    known = Currency.__members__.get(request.currency)
    return Money(request.amount_minor, known) if known else None


def _answer(assessment_id: str, row_id: int | None, decided: Decided, started: float) -> Assessment:
    judgement = decided.judgement
    outcome = judgement.outcome if judgement else Outcome.NO_ADVICE
    return Assessment(
        assessment_id=assessment_id,
        row_id=row_id,
        score=judgement.score if judgement else None,
        outcome=outcome,
        recommendation=RECOMMENDATIONS[outcome],
        risk_level=RISK_LEVELS.get(outcome),
        reason_codes=judgement.reason_codes if judgement else [assessment_rows.UNAVAILABLE],
        rule_matches=[hit.code for hit in judgement.hits] if judgement else [],
        model_version=model_version(decided.rule_set_version, decided.model.version if decided.model else None),
        evaluation_ms=-(-_microseconds_since(started) // 1000),
    )


def model_version(rule_set_version: int | None, model: str | None = None) -> str:
    """As the API names what judged: `marketplace_rules_v1`, after the model where one gave the base score."""
    rules = f"marketplace_rules_v{rule_set_version}" if rule_set_version else NO_MODEL
    return f"{model}+{rules}" if model else rules


def _microseconds_since(started: float) -> int:
    return int((time.perf_counter() - started) * 1_000_000)


def _inputs(request: AssessmentRequest) -> dict[str, Any]:
    """What was asked, with the e-mail address as a keyed hash."""
    return {
        "payee_id": request.payee_id,
        "payment_method": request.payment_method,
        "card_fingerprint": request.card_fingerprint,
        "card_bin": (request.card_bin or "")[:6] or None,
        "ip_address": data.readable_ip(request.ip_address),
        "user_agent": (request.user_agent or "")[:300] or None,
        "device_id": (request.device_id or "")[:128] or None,
        "email_hash": request.email_hash or email_hash(request.email),
        "billing_country": request.billing_country,
        "shipping_country": request.shipping_country,
    }
