"""Judge a payment before the money moves. The answer always comes, and a failure is never an approval."""

import hashlib
import hmac
import logging
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from core import ids
from core.money import Currency, Money
from core.parameters import services as parameters
from core.switches import services as switches
from core.switches.enums import Switch
from fraud import data
from fraud.decisions import Assessment, AssessmentRequest, Decided
from fraud.enums import RECOMMENDATIONS, RISK_LEVELS, Outcome
from fraud.models import Assessment as AssessmentRow
from fraud.parameters import thresholds
from fraud.rules import features, scoring
from fraud.rules.scoring import Bands, Judgement
from fraud.selectors import history, rule_sets
from fraud.services import assessment_rows

logger = logging.getLogger(__name__)

NO_MODEL = "rules_unavailable"
SHIPPED_BANDS = Bands(300, 700, 900)
SHIPPED_BASE = 125


def evaluate(request: AssessmentRequest, *, now: datetime) -> Assessment:
    """Judge and store, in the caller's transaction (or one of its own): one SELECT, one INSERT. Never raises.

    Whatever fails, a slow read of history included, ends as NO_ADVICE with score None, stored like any other
    decision; the caller treats it as REVIEW. Counts hold committed payments only: two payments of one customer that
    run at the same moment do not see each other, the next one sees both.
    """
    started = time.perf_counter()
    assessment_id = ids.prefixed("fra", now)
    try:
        with transaction.atomic(savepoint=False):
            decided = _decide(request, now=now)
            row_id = assessment_rows.insert(
                assessment_id=assessment_id,
                request=request,
                inputs=_inputs(request),
                decided=decided,
                elapsed_us=_microseconds_since(started),
                now=now,
            )
    except Exception as error:  # noqa: BLE001 - whatever it is, the payment gets an answer, and the answer is no advice
        logger.error("fraud decision was not kept: %s", type(error).__name__)
        row_id = None
    if row_id is None:
        decided = _no_advice("NOT_STORED")
    return _answer(assessment_id, row_id, decided, started)


def replay(assessment: AssessmentRow) -> Judgement:
    """The same decision made again from what was stored. Raises RuleSetNotFound if its rules are gone."""
    if assessment.rule_set_version is None:
        raise rule_sets.RuleSetNotFound("the decision was made without rules")
    rule_set = rule_sets.get(version=assessment.rule_set_version)
    return scoring.judge(
        rule_sets.get_compiled(version=rule_set.version, digest=rule_set.digest),
        features=assessment.features,
        thresholds=assessment.thresholds,
        base_score=assessment.base_score,
        bands=Bands(assessment.approve_up_to, assessment.review_up_to, assessment.block_up_to),
    )


def _decide(request: AssessmentRequest, *, now: datetime) -> Decided:
    try:
        return _judge(request, now=now)
    except Exception as error:  # noqa: BLE001 - see `evaluate`
        # The text of a database error may hold row values: its class is all that is kept.
        logger.error("no fraud advice: %s", type(error).__name__)
        return _no_advice(type(error).__name__)


def _judge(request: AssessmentRequest, *, now: datetime) -> Decided:
    # Closed is a failure like any other: nobody is approved by it.
    switches.require_open(Switch.FRAUD_SCORING, now=now, scopes=[f"party:{request.payer_id}"], amount=_amount(request))
    issuer = data.find_issuer(request.card_bin)
    ip_address = data.readable_ip(request.ip_address)
    ip_country = data.find_country(ip_address)
    past = history.read(
        history.Subject(
            livemode=request.livemode,
            payment_id=request.payment_id,
            payer_id=request.payer_id,
            payee_id=request.payee_id,
            card_fingerprint=request.card_fingerprint,
            ip_address=ip_address,
            ip_country=ip_country,
            device_id=(request.device_id or "")[:128] or None,
        ),
        timeout_ms=parameters.read("fraud.timeout_ms", at=now),
        rows=parameters.read("fraud.history_rows", at=now),
        now=now,
    )
    compiled = rule_sets.get_compiled(version=past["rule_set_version"], digest=past["rule_set_digest"])
    values = features.derive(
        features.Facts(
            amount_minor=request.amount_minor,
            currency=request.currency,
            payment_method=request.payment_method,
            card_brand=request.card_brand or (issuer.brand if issuer else None),
            card_funding=issuer.funding if issuer else None,
            issuer_country=issuer.country if issuer else None,
            ip_country=ip_country,
            billing_country=request.billing_country or None,
            shipping_country=request.shipping_country or None,
            payer_since=request.payer_since,
            payee_since=request.payee_since,
        ),
        history=past,
        now=now,
    )
    in_force = thresholds(at=now)
    base_score = parameters.read("fraud.base_score", at=now)
    bands = Bands(
        parameters.read("fraud.approve_up_to", at=now),
        parameters.read("fraud.review_up_to", at=now),
        parameters.read("fraud.block_up_to", at=now),
    )
    judgement = scoring.judge(compiled, features=values, thresholds=in_force, base_score=base_score, bands=bands)
    return Decided(judgement, "", values, in_force, compiled.version, base_score, bands)


def _amount(request: AssessmentRequest) -> Money | None:
    """None in a currency we do not know: it is scored all the same."""
    known = Currency.__members__.get(request.currency)
    return Money(request.amount_minor, known) if known else None


def _no_advice(failure: str) -> Decided:
    return Decided(None, failure, {}, {}, None, SHIPPED_BASE, SHIPPED_BANDS)


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
        model_version=model_version(decided.rule_set_version),
        evaluation_ms=-(-_microseconds_since(started) // 1000),
    )


def model_version(rule_set_version: int | None) -> str:
    """As the API names what judged: `marketplace_rules_v1`."""
    return f"marketplace_rules_v{rule_set_version}" if rule_set_version else NO_MODEL


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
        "email_hash": email_hash(request.email),
        "billing_country": request.billing_country,
        "shipping_country": request.shipping_country,
    }


def email_hash(email: str | None) -> str | None:
    """A keyed hash that is the same for the same address in any case; the address itself is not kept."""
    if not email:
        return None
    message = b"fraud.email:" + email.strip().lower().encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()
