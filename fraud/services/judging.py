"""The way of one decision: history from where it can be had, then rules. Fails upwards to no advice, never to approve.

The ladder: values that the feature store gave before the transaction; else the same counts for customer and seller
from PostgreSQL, with floors; else the rules that need no history, which may block; else no advice.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseError

from core.parameters import services as parameters
from fraud import data
from fraud.decisions import AssessmentRequest, Decided, Opinion
from fraud.detectors import DetectorAnswer
from fraud.enums import Arm, FeatureSource, Outcome, RuleSetState
from fraud.features import degraded, values
from fraud.features.store import LONGEST_NAME, Seen
from fraud.model import live
from fraud.models import Assessment
from fraud.parameters import thresholds
from fraud.rules import lists, verdicts
from fraud.rules.compiled import CompiledRules
from fraud.rules.scoring import Bands, Judgement
from fraud.selectors import history, in_force, risk_resets, rule_sets
from fraud.selectors.in_force import InForce, Version

logger = logging.getLogger(__name__)

NOT_ASKED = "NOT_ASKED"
SHIPPED_BANDS = Bands(300, 700, 900)
SHIPPED_BASE = 125
NEVER_PASSED = {Outcome.BLOCK, Outcome.INVESTIGATE}


@dataclass(frozen=True, slots=True)
class Known:
    """The variables of a payment and where they are from; `reason` names what is missing, the store or a detector."""

    values: dict[str, Any]
    source: FeatureSource
    reason: str = ""
    detected: DetectorAnswer | None = None

    @property
    def has_floors(self) -> bool:
        """A store that was asked and did not answer leaves scores blind; one nobody asked does not."""
        return self.reason not in ("", NOT_ASKED)


def judge(request: AssessmentRequest, *, seen: Seen | None, now: datetime) -> Decided:
    """Raises whatever keeps rules from being read or asked; the caller makes no advice of it."""
    active = in_force.read(request, now=now)
    detected = seen.detected if seen else None
    reason = _reason(seen)
    if seen is not None and seen.raw is not None:
        stored = risk_resets.cleared(values.from_store(request, seen), request=request, now=now)
        return _judge(request, active, Known(stored, FeatureSource.REDIS, reason, detected), now=now)
    try:
        past = _history(request, now=now)
    except DatabaseError as error:
        logger.error("no history for a fraud decision: %s", type(error).__name__)
        known = Known(values.from_nothing(request, now=now), FeatureSource.NONE, f"NO_HISTORY,{reason}", detected)
        decided = _judge(request, active, known, now=now)
        blocks = decided.judgement is not None and decided.judgement.outcome in NEVER_PASSED
        return decided if blocks else no_advice(type(error).__name__)
    counted = risk_resets.cleared(values.from_database(request, past, now=now), request=request, now=now)
    return _judge(request, active, Known(counted, FeatureSource.DATABASE, reason, detected), now=now)


def judge_passed(request: AssessmentRequest, row: Assessment, *, now: datetime) -> Decided:
    """What was approved unseen, judged by today's rules on what was known at its own moment."""
    active = in_force.read(request, now=now)
    if row.features:
        return _judge(request, active, Known(dict(row.features), FeatureSource.REDIS), now=now)
    past = _history(request, now=row.created_at)
    known = values.from_database(request, past, now=row.created_at)
    return _judge(request, active, Known(known, FeatureSource.DATABASE, "NOT_KEPT"), now=now)


def pass_unseen(request: AssessmentRequest, seen: Seen | None, *, turn_id: int, now: datetime) -> Decided:
    """Approved under a turn of the bypass. What the store remembered is kept, to judge by when the turn is over."""
    score, limits = parameters.read("fraud.bypass_score", at=now), bands(at=now)
    judgement = Judgement(score=score, outcome=limits.outcome(score), hits=(), not_evaluated=())
    known: dict[str, Any] = {}
    source = FeatureSource.NONE
    if seen is not None and seen.raw is not None:
        known, source = values.from_store(request, seen), FeatureSource.REDIS
    return Decided(judgement, "", known, {}, None, score, limits, source=source, degraded="BYPASS", bypass_turn=turn_id)


def no_advice(failure: str) -> Decided:
    return Decided(None, failure, {}, {}, None, SHIPPED_BASE, SHIPPED_BANDS)


def bands(*, at: datetime) -> Bands:
    return Bands(
        parameters.read("fraud.approve_up_to", at=at),
        parameters.read("fraud.review_up_to", at=at),
        parameters.read("fraud.block_up_to", at=at),
    )


def _judge(request: AssessmentRequest, active: InForce, known: Known, *, now: datetime) -> Decided:
    known, model = _with_opinion(known, active.champion, now=now)
    terms: dict[str, Any] = {
        "features": known.values,
        "thresholds": _thresholds(request, active, known, now=now),
        "base_score": model.score if model else parameters.read("fraud.base_score", at=now),
        "bands": bands(at=now),
        "held_back": active.held_back,
    }
    version, arm = _judging_version(active, request)
    judgement = verdicts.judge(_compiled(version), **terms)
    return Decided(
        judgement,
        "",
        known.values,
        terms["thresholds"],
        version.version,
        terms["base_score"],
        terms["bands"],
        source=known.source,
        degraded=known.reason,
        model=model,
        challenger=_challenger(known, active.challenger),
        arm=arm,
        shadow=_shadow(active.candidate, terms),
        held_back=tuple(held.as_json() for held in judgement.held_back),
        allowed_by=judgement.allowed_by,
    )


def _reason(seen: Seen | None) -> str:
    """What is missing, empty where nothing is."""
    if seen is None:
        return NOT_ASKED
    detector = f"DETECTOR_{seen.detector_failure}" if seen.detector_failure else ""
    return ",".join(each for each in (seen.failure, detector) if each)


def _with_opinion(known: Known, champion: str, *, now: datetime) -> tuple[Known, Opinion | None]:
    """The score that the rules start from: of somebody else's detector, else of our champion.

    Without the store's memory a model is blind and is not asked. One that fails leaves what a lost memory leaves.
    """
    if known.detected is not None:
        return known, Opinion(known.detected.version, float(known.detected.score), known.detected.score)
    if not champion or known.source != FeatureSource.REDIS:
        return known, None
    try:
        scored = live.score(champion, known.values, reasons=parameters.read("fraud.model_reasons", at=now))
    except Exception as error:  # noqa: BLE001 - rules judge without it, and what is large or new is reviewed
        logger.error("the champion could not score: %s", type(error).__name__)
        return replace(known, reason=",".join(filter(None, (known.reason, "MODEL")))), None
    return known, Opinion(champion, scored.raw, scored.score, tuple(scored.contributions))


def _challenger(known: Known, challenger: str) -> Opinion | None:
    """What stands beside the decision without effect, also where it fails."""
    if not challenger or known.source != FeatureSource.REDIS:
        return None
    try:
        scored = live.score(challenger, known.values)
    except Exception as error:  # noqa: BLE001 - a challenger has no effect, not even by failing
        logger.error("the challenger could not score: %s", type(error).__name__)
        return None
    return Opinion(challenger, scored.raw, scored.score)


def _thresholds(request: AssessmentRequest, active: InForce, known: Known, *, now: datetime) -> dict[str, Any]:
    """Numbers in force, and of every list the entries that name this payment."""
    found = thresholds(at=now)
    found.update(lists.named(active.lists, known.values, livemode=request.livemode, now=now))
    if known.has_floors:
        found[degraded.FLOOR] = parameters.read("fraud.degraded_floor_minor", at=now)
    if known.detected is not None and known.detected.floor is not None:
        found[verdicts.DETECTOR_FLOOR] = known.detected.floor
    return found


def _judging_version(active: InForce, request: AssessmentRequest) -> tuple[Version, Arm | str]:
    candidate = active.candidate
    if candidate is None or candidate.state != RuleSetState.SHARED:
        return active.rule_set, ""
    if verdicts.is_of_the_share(version=candidate.version, share=candidate.share, customer_id=request.payer_id):
        return candidate, Arm.CANDIDATE
    return active.rule_set, Arm.CONTROL


def _shadow(candidate: Version | None, terms: dict[str, Any]) -> dict[str, Any] | None:
    """What a candidate in shadow would have said. Whatever is wrong with it, the decision stands without it."""
    if candidate is None or candidate.state != RuleSetState.SHADOW:
        return None
    try:
        beside = verdicts.judge(_compiled(candidate), **terms)
    except Exception as error:  # noqa: BLE001 - a candidate has no effect, not even by failing
        logger.error("the candidate could not judge: %s", type(error).__name__)
        return None
    return {
        "version": candidate.version,
        "score": beside.score,
        "outcome": beside.outcome.value,
        "hits": [hit.code for hit in beside.hits],
    }


def _compiled(version: Version) -> CompiledRules:
    return rule_sets.get_compiled(version=version.version, digest=version.digest)


def _history(request: AssessmentRequest, *, now: datetime) -> dict[str, Any]:
    ip_address = data.readable_ip(request.ip_address)
    return history.read(
        history.Subject(
            livemode=request.livemode,
            payment_id=request.payment_id,
            payer_id=request.payer_id,
            payee_id=request.payee_id,
            card_fingerprint=request.card_fingerprint,
            ip_address=ip_address,
            ip_country=data.find_country(ip_address),
            device_id=(request.device_id or "")[:LONGEST_NAME] or None,
        ),
        timeout_ms=parameters.read("fraud.timeout_ms", at=now),
        rows=parameters.read("fraud.history_rows", at=now),
        now=now,
    )
