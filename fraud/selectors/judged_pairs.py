"""Payments that champion and challenger both judged, with what each turned out to be."""

from datetime import UTC, datetime

from fraud.model.comparison import Pair
from fraud.models import Assessment, ModelVersion
from fraud.selectors import labels

AT_ONCE = 2_000
FIELDS = (
    "payment_id", "created_at", "model_raw", "model_score", "challenger_raw", "challenger_score",
)  # fmt: skip


def read(
    champion: ModelVersion, challenger: ModelVersion, *, livemode: bool, until: datetime, as_of: datetime
) -> list[Pair]:
    """Those decided before `until`, by the labels known at `as_of`."""
    found = Assessment.objects.filter(
        livemode=livemode,
        model_version=champion.name,
        challenger_version=challenger.name,
        payment_id__isnull=False,
        rescores__isnull=True,
        created_at__gte=challenger.created_at,
        created_at__lt=until,
    ).order_by("created_at", "id")
    pairs: list[Pair] = []
    rows = list(found.values_list(*FIELDS))
    for start in range(0, len(rows), AT_ONCE):
        batch = rows[start : start + AT_ONCE]
        known = labels.known([row[0] for row in batch], as_of=as_of)
        for payment_id, created_at, raw, score, other_raw, other_score in batch:
            if (label := known.get(payment_id)) is not None:
                day = created_at.astimezone(UTC).toordinal()
                pairs.append(Pair(day, label.is_fraud, raw, other_raw, score, other_score))
    return pairs
