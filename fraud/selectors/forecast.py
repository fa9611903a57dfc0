"""What the newest finished backtest expects of a version of the rules."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from fraud.enums import BacktestState
from fraud.models import Backtest, RuleSet
from fraud.rules.watching import Band


@dataclass(frozen=True, slots=True)
class Forecast:
    """`reference` names the backtest, `bands` are by the code of the rule, `livemode` is whose payments it judged."""

    reference: str
    version: int
    livemode: bool
    bands: Mapping[str, Band]


def for_version(version: int) -> Forecast | None:
    """Of exactly this content; of live payments rather than of test ones. None where none was finished that judged any
    decision: from nothing nothing can be expected.
    """
    found = (
        _done(version)
        .filter(result__decisions__gt=0)
        .order_by("-livemode", "-id")
        .only("backtest_id", "livemode", "result")
        .first()
    )
    if found is None or found.result is None:
        return None
    told = {code: rule.get("band") for code, rule in found.result["rules"].items()}
    bands = {code: Band(band["low"], band["high"]) for code, band in told.items() if band}
    return Forecast(found.backtest_id, version, found.livemode, bands)


def is_empty(version: int) -> bool:
    """Whether backtests were finished and none of them judged a decision."""
    return _done(version).exists() and for_version(version) is None


def _done(version: int) -> QuerySet[Backtest]:
    digest = RuleSet.objects.filter(version=version).values_list("digest", flat=True).first()
    return Backtest.objects.filter(rule_set_version=version, digest=digest, state=BacktestState.DONE)
