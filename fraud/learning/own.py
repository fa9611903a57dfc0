"""The product's own decisions as a dataset: the very values they were made from, and what is known of them by a day."""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from fraud.enums import FeatureSource, Outcome
from fraud.features.variables import MODEL_VARIABLES, numbers
from fraud.learning.dataset import Dataset
from fraud.models import Assessment, Label
from fraud.selectors import labels

AT_ONCE = 2_000
WHOLE_STRENGTH = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

IMMATURE, WITHOUT_HISTORY, UNLABELLED, JUDGED_AGAIN = "immature", "without_history", "unlabelled", "judged_again"


@dataclass(slots=True)
class _Rows:
    at: array = field(default_factory=lambda: array("q"))
    customers: list[str] = field(default_factory=list)
    columns: list[array] = field(default_factory=lambda: [array("d") for _ in MODEL_VARIABLES])
    labels: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, decided: Assessment, label: Label) -> None:
        self.at.append((decided.created_at - EPOCH) // MICROSECOND)
        self.customers.append(decided.customer_id)
        for column, value in zip(self.columns, numbers(decided.features), strict=True):
            column.append(value)
        self.labels.append(int(label.is_fraud))
        self.weights.append(label.strength / WHOLE_STRENGTH if label.is_fraud else 1.0)


def dataset(from_at: datetime, to_at: datetime, *, livemode: bool, as_of: datetime, delay_days: int) -> Dataset:
    """Judged payments of `[from_at, to_at)` with the label that counted for each at `as_of`.

    A payment is in once it is `delay_days` old, whether its label came sooner or not: fraud is known before genuine
    payments are, and taking the known ones alone would teach that everything new is fraud. Left out, and counted in
    `left_out`, are younger ones (immature); those judged without the whole history (without_history); those nobody can
    say anything of (unlabelled), a blocked payment above all, which has a label only where a person found out; and
    every judgement of a payment but its first (judged_again). Fraud that is only suspected weighs its label's strength.
    """
    matured = min(to_at, as_of - timedelta(days=delay_days))
    judged = Assessment.objects.filter(livemode=livemode, payment_id__isnull=False, rescores__isnull=True)
    asked = judged.filter(created_at__gte=from_at, created_at__lt=to_at)
    left_out = Counter({IMMATURE: asked.filter(created_at__gte=matured).count()})
    whole = Q(feature_source=FeatureSource.REDIS) & ~Q(outcome=Outcome.NO_ADVICE)
    mature = asked.filter(created_at__lt=matured)
    left_out[WITHOUT_HISTORY] = mature.exclude(whole).count()
    rows, seen = _Rows(), set[str]()
    for batch in _batches(mature.filter(whole)):
        known = labels.known([decided.payment_id for decided in batch if decided.payment_id], as_of=as_of)
        for decided in batch:
            payment_id = str(decided.payment_id)
            if payment_id in seen:
                left_out[JUDGED_AGAIN] += 1
            elif (label := known.get(payment_id)) is None:
                left_out[UNLABELLED] += 1
            else:
                rows.add(decided, label)
            seen.add(payment_id)
    columns = dict(zip(MODEL_VARIABLES, rows.columns, strict=True))
    return Dataset(rows.at, rows.customers, columns, rows.labels, rows.weights, +left_out)


def _batches(decisions: QuerySet[Assessment]) -> Iterator[list[Assessment]]:
    """In order of time, by the key of the index on it."""
    fields = "id", "payment_id", "customer_id", "features", "created_at"
    ordered = decisions.order_by("created_at", "id").only(*fields)
    last: Assessment | None = None
    while True:
        rest = ordered
        if last is not None:
            rest = ordered.filter(
                Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, id__gt=last.id),
                created_at__gte=last.created_at,
            )
        batch = list(rest[:AT_ONCE])
        if not batch:
            return
        yield batch
        last = batch[-1]
