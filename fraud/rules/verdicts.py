"""One judgement from everything that takes part in it. Pure: from stored values it is the same again."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fraud.features import degraded
from fraud.rules import scoring
from fraud.rules.compiled import CompiledRules
from fraud.rules.scoring import Bands, Hit, Hold, Judgement

BUCKETS = 10_000
DETECTOR_FLOOR = "detector_floor"


def judge(
    compiled: CompiledRules,
    *,
    features: Mapping[str, Any],
    thresholds: Mapping[str, Any],
    base_score: int,
    bands: Bands,
    held_back: Mapping[str, Hold],
) -> Judgement:
    """As `scoring.judge`. A decision is degraded where its thresholds say from which amount: then floors apply. So does
    the floor of somebody else's detector, where they name one.
    """
    floors = [*degraded.hits(features, thresholds), *_detected(thresholds)]
    judgement = scoring.judge(
        compiled,
        features=features,
        thresholds=thresholds,
        base_score=base_score,
        bands=bands,
        held_back=held_back,
        floors=[hit.floor for hit in floors if hit.floor],
    )
    return replace(judgement, hits=(*judgement.hits, *floors)) if floors else judgement


def _detected(thresholds: Mapping[str, Any]) -> list[Hit]:
    floor = thresholds.get(DETECTOR_FLOOR)
    if floor is None:
        return []
    named = {DETECTOR_FLOOR: floor}
    return [Hit("detector_floor", 0, floor, "The detector that is asked beside us wants it", {}, named)]


def is_of_the_share(*, version: int, share: int, customer_id: str) -> bool:
    """Whether a candidate judges this customer: always the same answer for one version."""
    bucket = int(hashlib.sha256(f"{version}:{customer_id}".encode()).hexdigest(), 16) % BUCKETS
    return bucket < share
