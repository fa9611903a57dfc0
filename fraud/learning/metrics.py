"""How well scores tell fraud from genuine payments. Equal scores are one threshold everywhere."""

from collections.abc import Hashable, Iterator, Sequence


def auc(labels: Sequence[int], scores: Sequence[float]) -> float:
    """The chance that a fraud scores above a genuine payment; a tie is half a chance. Raises ValueError if one kind."""
    area, frauds, genuines = 0.0, 0, 0
    for fraud, genuine in _steps(labels, scores):
        # Each genuine payment of this step is below all frauds before it and level with the step's own.
        area += genuine * (frauds + fraud / 2)
        frauds += fraud
        genuines += genuine
    if not frauds or not genuines:
        raise ValueError("both kinds of payments are needed")
    return area / (frauds * genuines)


def average_precision(labels: Sequence[int], scores: Sequence[float]) -> float:
    """Precision at each threshold, weighted by the recall it adds. Raises ValueError without fraud."""
    total = sum(labels)
    if not total:
        raise ValueError("there is no fraud to find")
    found = flagged = 0
    summed = 0.0
    for fraud, genuine in _steps(labels, scores):
        found += fraud
        flagged += fraud + genuine
        summed += fraud / total * (found / flagged)
    return summed


def recall_at_false_positive_rate(labels: Sequence[int], scores: Sequence[float], rate: float) -> float:
    """The largest share of fraud above a threshold that at most `rate` of the genuine payments are above, too."""
    total = sum(labels)
    genuine_total = len(labels) - total
    if not total or not genuine_total:
        raise ValueError("both kinds of payments are needed")
    found = disturbed = 0
    best = 0.0
    for fraud, genuine in _steps(labels, scores):
        found += fraud
        disturbed += genuine
        if disturbed > rate * genuine_total:
            break
        best = found / total
    return best


def card_precision(
    days: Sequence[int],
    customers: Sequence[Hashable],
    labels: Sequence[int],
    scores: Sequence[float],
    *,
    top: int = 100,
) -> float:
    """Of the `top` customers looked at each day, the share that was defrauded that day; mean over the days.

    Customers rank by their highest score of the day, level ones in order of appearance. Who was found stays out of
    later days. The share is of `top` even where fewer customers paid. Raises ValueError without days.
    """
    by_day: dict[int, list[tuple[Hashable, int, float]]] = {}
    for day, customer, label, score in zip(days, customers, labels, scores, strict=True):
        by_day.setdefault(day, []).append((customer, label, score))
    if not by_day:
        raise ValueError("there is no day to look at")
    found: set[Hashable] = set()
    shares = []
    for day in sorted(by_day):
        highest: dict[Hashable, float] = {}
        defrauded = set()
        for customer, label, score in by_day[day]:
            if customer in found:
                continue
            highest[customer] = max(highest.get(customer, score), score)
            if label:
                defrauded.add(customer)
        looked_at = sorted(highest, key=lambda customer: -highest[customer])[:top]
        hit = defrauded.intersection(looked_at)
        shares.append(len(hit) / top)
        found |= hit
    return sum(shares) / len(shares)


def _steps(labels: Sequence[int], scores: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Frauds and genuine payments at each different score, highest first."""
    fraud = genuine = 0
    last: float | None = None
    for score, label in sorted(zip(scores, labels, strict=True), key=lambda pair: -pair[0]):
        if last is not None and score != last:
            yield fraud, genuine
            fraud = genuine = 0
        last = score
        fraud += label
        genuine += 1 - label
    if last is not None:
        yield fraud, genuine
