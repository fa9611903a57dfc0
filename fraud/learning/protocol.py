"""The published way to measure a fraud model: some days to learn from, a delay, then days to find fraud in.

Le Borgne, Siblini, Lebichot, Bontempi: Reproducible Machine Learning for Credit Card Fraud Detection, chapters 3 and 5.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fraud.features.replay import Recorded
from fraud.features.rings import DAY
from fraud.learning import metrics
from fraud.learning.dataset import Dataset, from_stream
from fraud.model import training

LOOKED_AT_A_DAY = 100
FALSE_POSITIVE_RATE = 0.01
EPOCH = date(1970, 1, 1)


class UnableToMeasure(Exception):
    """The stream does not hold what the protocol needs; the text says which days or which kind of payment."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """Whole days of UTC: training begins on `train_start`, the delay follows it, then the test."""

    train_start: date
    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7

    @property
    def train(self) -> tuple[int, int]:
        """`[from, to)` in microseconds since 1970."""
        start = (self.train_start - EPOCH).days * DAY
        return start, start + self.train_days * DAY

    @property
    def test(self) -> tuple[int, int]:
        start = self.train[1] + self.delay_days * DAY
        return start, start + self.test_days * DAY


@dataclass(frozen=True, slots=True)
class Measured:
    """`cp100`: card precision at 100 a day; `recall_at_1_fpr`: fraud found while 1 % of genuine payments are flagged.

    The test leaves out, day by day, customers whose fraud was known by then (`test_left_out` payments).
    """

    train_start: str
    test_end: str
    auc: float
    ap: float
    cp100: float
    recall_at_1_fpr: float
    train_payments: int
    train_frauds: int
    test_payments: int
    test_frauds: int
    test_left_out: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(
    recorded: Recorded,
    protocols: Sequence[Protocol],
    *,
    threads: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Measured]:
    """Train and test for each protocol; one pass through the stream for all with the same delay.

    Raises UnableToMeasure, before the pass where days are missing.
    """
    for protocol in protocols:
        _check_covered(recorded, protocol)
    results: dict[Protocol, Measured] = {}
    for delay_days in sorted({protocol.delay_days for protocol in protocols}):
        together = [protocol for protocol in protocols if protocol.delay_days == delay_days]
        windows = [window for protocol in together for window in (protocol.train, protocol.test)]
        everything = from_stream(recorded, windows=windows, delay=delay_days * DAY, advance=advance)
        for protocol in together:
            results[protocol] = _measure(recorded, everything, protocol, threads)
    return [results[protocol] for protocol in protocols]


def _measure(recorded: Recorded, everything: Dataset, protocol: Protocol, threads: int) -> Measured:
    train = everything.between(*protocol.train)
    days = everything.between(*protocol.test)
    test = testable(recorded, days, protocol)
    if not 0 < train.frauds < len(train):
        raise UnableToMeasure(f"{_span(protocol.train)}: {train.frauds} of {len(train)} training payments are fraud")
    if not 0 < test.frauds < len(test):
        raise UnableToMeasure(f"{_span(protocol.test)}: {test.frauds} of {len(test)} test payments are fraud")
    fitted = training.fit(train.columns, train.labels, threads=threads)
    scores = training.predict(fitted.model_text, test.columns, threads=threads)
    test_days = [at // DAY for at in test.at]
    return Measured(
        train_start=protocol.train_start.isoformat(),
        test_end=_day(protocol.test[1] - 1),
        auc=metrics.auc(test.labels, scores),
        ap=metrics.average_precision(test.labels, scores),
        cp100=metrics.card_precision(test_days, test.customers, test.labels, scores, top=LOOKED_AT_A_DAY),
        recall_at_1_fpr=metrics.recall_at_false_positive_rate(test.labels, scores, FALSE_POSITIVE_RATE),
        train_payments=len(train),
        train_frauds=train.frauds,
        test_payments=len(test),
        test_frauds=test.frauds,
        test_left_out=len(days) - len(test),
    )


def testable(recorded: Recorded, test: Dataset, protocol: Protocol) -> Dataset:
    """The test without customers already known as defrauded, day by day.

    Known on test day d (from 0) is the fraud of the training days and of the d days that follow them.
    """
    train_start, train_end = protocol.train
    since: dict[str | int, int] = {}
    for at, customer, is_fraud in zip(recorded.at, recorded.customer, recorded.is_fraud, strict=True):
        if is_fraud and train_start <= at < train_end + protocol.test_days * DAY:
            # The first test day on which it is known: 0 for the training days.
            since.setdefault(customer, max((at - train_end) // DAY + 1, 0))
    first = protocol.test[0]
    unknown = protocol.test_days
    return test.only(
        [
            row
            for row, (at, customer) in enumerate(zip(test.at, test.customers, strict=True))
            if (at - first) // DAY < since.get(customer, unknown)
        ]
    )


def _check_covered(recorded: Recorded, protocol: Protocol) -> None:
    first, last = recorded.at[0] // DAY, recorded.at[-1] // DAY
    needed = protocol.train[0] // DAY, (protocol.test[1] - 1) // DAY
    if needed[0] < first or needed[1] > last:
        raise UnableToMeasure(
            f"the stream covers {_span((first * DAY, (last + 1) * DAY))}, the protocol needs"
            f" {_span((needed[0] * DAY, (needed[1] + 1) * DAY))}"
        )


def _span(window: tuple[int, int]) -> str:
    return f"{_day(window[0])} to {_day(window[1] - 1)}"


def _day(at: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).date().isoformat()
