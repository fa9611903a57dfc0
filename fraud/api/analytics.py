"""/v1/fraud/analytics: the numbers of the dashboards, for the marketplace's own."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.filters import Filter, choice
from core.api.owners import ADMINS
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.api.wire import WireSerializer
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.enums import Granularity, Outcome, PatternKind, PatternMeasure, RiskLevel
from fraud.ratios import Confusion
from fraud.selectors import analytics
from fraud.selectors import patterns as noticed
from fraud.selectors.analytics import Figures, Period, Totals
from fraud.services.figures import midnight

SHOWN_AT_FIRST = timedelta(days=29)
LONGEST = timedelta(days=731)
PATTERNS_SHOWN = 100
RECOMMENDATIONS = [
    "FALSE_POSITIVE_RATE_ABOVE_TARGET",
    "FALSE_DISCOVERY_RATE_ABOVE_ALARM",
    "UNUSUAL_PATTERNS",
    "DECISIONS_WITHOUT_ADVICE",
    "DEGRADED_DECISIONS",
]


class InvalidPeriod(Refusal):
    """`from` is after `to`, or more than two years lie between them."""

    code = "INVALID_PERIOD"
    title = "Not a period"


class AmountSerializer(WireSerializer):
    """Minor units of one currency."""

    currency = serializers.CharField()
    amount = serializers.IntegerField()


class RatiosSerializer(WireSerializer):
    """Of decisions whose label is final. A ratio is null where there is nothing to divide by."""

    caught = serializers.IntegerField(help_text="Flagged and fraud.")
    disturbed = serializers.IntegerField(help_text="Flagged and genuine.")
    missed = serializers.IntegerField(help_text="Approved and fraud.")
    passed = serializers.IntegerField(help_text="Approved and genuine.")
    precision = serializers.FloatField(allow_null=True, help_text="Of the flagged, fraud.")
    recall = serializers.FloatField(allow_null=True, help_text="Of the fraud, flagged.")
    false_positive_rate = serializers.FloatField(allow_null=True, help_text="Of the genuine, flagged.")
    false_discovery_rate = serializers.FloatField(allow_null=True, help_text="Of the flagged, genuine.")
    false_negative_rate = serializers.FloatField(allow_null=True, help_text="Of the fraud, approved.")
    accuracy = serializers.FloatField(allow_null=True, help_text="Of all, right.")
    majority = serializers.FloatField(allow_null=True, help_text="The accuracy of approving everything.")


class TotalsSerializer(WireSerializer):
    """What was decided. `flagged` is REVIEW, BLOCK and INVESTIGATE together."""

    decisions = serializers.IntegerField()
    approve = serializers.IntegerField()
    review = serializers.IntegerField()
    block = serializers.IntegerField()
    investigate = serializers.IntegerField()
    no_advice = serializers.IntegerField()
    flagged = serializers.IntegerField()
    degraded = serializers.IntegerField()
    bypassed = serializers.IntegerField()
    amounts = AmountSerializer(many=True)
    flagged_amounts = AmountSerializer(many=True)
    unlabelled = serializers.IntegerField(help_text="Decisions of final days without a label.")
    early_labels = serializers.IntegerField(help_text="Labels of days that are not final yet; in no ratio.")
    quality = RatiosSerializer(help_text="Everything that was not approved counts as flagged.")
    blocking = RatiosSerializer(help_text="Only BLOCK and INVESTIGATE count as flagged.")


class PartSerializer(TotalsSerializer):
    """One day, week (from Monday) or month, both days included."""

    since = serializers.DateField()
    until = serializers.DateField()


class ScoreBinSerializer(WireSerializer):
    """Decisions of one outcome up to a score; null without a score."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    score_up_to = serializers.IntegerField(allow_null=True)
    decisions = serializers.IntegerField()
    fraud = serializers.IntegerField()
    genuine = serializers.IntegerField()


class RuleFiguresSerializer(WireSerializer):
    """A rule. `alone`: without it the transaction would have been approved; `heldBack`: true without effect."""

    code = serializers.CharField()
    hits = serializers.IntegerField()
    amounts = AmountSerializer(many=True)
    fraud = serializers.IntegerField()
    genuine = serializers.IntegerField()
    precision = serializers.FloatField(allow_null=True)
    alone = serializers.IntegerField()
    alone_precision = serializers.FloatField(allow_null=True)
    held_back = serializers.IntegerField()


class PatternSerializer(WireSerializer):
    """Something that unusually many attempts within an hour had in common."""

    pattern = serializers.ChoiceField(choices=PatternKind.choices)
    measure = serializers.ChoiceField(choices=PatternMeasure.choices)
    subject = serializers.CharField()
    count = serializers.IntegerField()
    usual = serializers.FloatField()
    risk_level = serializers.ChoiceField(choices=RiskLevel.choices)
    began_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()


class AnalyticsSerializer(WireSerializer):
    """The figures of a period of UTC days, both included."""

    success = serializers.BooleanField()
    since = serializers.DateField()
    until = serializers.DateField()
    granularity = serializers.ChoiceField(choices=Granularity.choices)
    matured_until = serializers.DateField(allow_null=True, help_text="The last day of the period with final labels.")
    counted_at = serializers.DateTimeField(allow_null=True)
    totals = TotalsSerializer()
    series = PartSerializer(many=True)
    scores = ScoreBinSerializer(many=True)
    rules = RuleFiguresSerializer(many=True)
    fraud_patterns = PatternSerializer(many=True)
    recommendations = serializers.ListField(child=serializers.ChoiceField(choices=RECOMMENDATIONS))
    livemode = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


def _day(name: str, meaning: str) -> Filter:
    def read(value: str) -> date:
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError:
            raise ValueError("Must be a date as in 2024-01-15.") from None

    return Filter(name, name, read, {"type": "string", "format": "date"}, meaning)


class AnalyticsView(ApiView):
    scopes = {"GET": "fraud:read"}
    owned_by = {"GET": ADMINS}
    filters = (
        _day("from", "First UTC day. Without it: thirty days up to the last."),
        _day("to", "Last UTC day, included. Without it: today."),
        *choice("granularity", Granularity.values, meaning="How long one part of `series` is. Without it: DAY."),
    )

    @describe(
        "getFraudAnalytics",
        summary="Get fraud analytics",
        answers={200: AnalyticsSerializer},
        refusals=[InvalidPeriod],
    )
    def get(self, request: Request) -> Response:
        """What was decided and how good it was. Ratios are of decisions whose labels are final."""
        call, now = cast("ApiRequest", request), clock.now()
        period = _period(self.query, livemode=call.livemode, now=now)
        granularity = Granularity(self.query.get("granularity", Granularity.DAY))
        figures = analytics.get(period, now=now)
        patterns = _patterns(period)
        return Response(
            {
                "success": True,
                "since": period.since,
                "until": period.until,
                "granularity": granularity,
                "matured_until": figures.matured_until,
                "counted_at": figures.built_at,
                "totals": _totals(figures.totals),
                "series": [
                    {"since": one.since, "until": one.until, **_totals(one.totals)}
                    for one in analytics.slices(figures, granularity, now=now)
                ],
                "scores": [
                    {"outcome": outcome, "score_up_to": up_to, "decisions": number, "fraud": fraud, "genuine": genuine}
                    for outcome, up_to, number, fraud, genuine in analytics.by_bin(figures)
                ],
                "rules": [_rule(line) for line in analytics.list_rules(period, now=now)],
                "fraud_patterns": patterns,
                "recommendations": _recommendations(figures, bool(patterns), now),
                "livemode": call.livemode,
                "timestamp": now,
            }
        )


def _period(query: Mapping[str, Any], *, livemode: bool, now: datetime) -> Period:
    until: date = query.get("to") or now.astimezone(UTC).date()
    since: date = query.get("from") or until - SHOWN_AT_FIRST
    if since > until:
        raise InvalidPeriod("`from` is after `to`")
    if until - since > LONGEST:
        raise InvalidPeriod("at most two years at once")
    return Period(since, until, livemode)


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "decisions": totals.decisions,
        **{outcome.value.lower(): totals.outcomes[outcome] for outcome in Outcome},
        "flagged": totals.flagged,
        "degraded": totals.degraded,
        "bypassed": totals.bypassed,
        "amounts": _amounts(totals.amounts),
        "flagged_amounts": _amounts(totals.flagged_amounts),
        "unlabelled": totals.unlabelled,
        "early_labels": totals.immature,
        "quality": totals.matured.in_full(),
        "blocking": totals.stopped.in_full(),
    }


def _amounts(amounts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"currency": currency, "amount": minor} for currency, minor in sorted(amounts.items())]


def _rule(line: analytics.RuleLine) -> dict[str, Any]:
    return {
        "code": line.code,
        "hits": line.hits,
        "amounts": _amounts(line.amounts),
        "fraud": line.fraud,
        "genuine": line.genuine,
        "precision": line.precision,
        "alone": line.alone,
        "alone_precision": line.alone_precision,
        "held_back": line.held_back,
    }


def _patterns(period: Period) -> list[dict[str, Any]]:
    begun = noticed.all_of(livemode=period.livemode).filter(
        first_seen_at__gte=midnight(period.since), first_seen_at__lt=midnight(period.until) + timedelta(days=1)
    )
    return [
        {
            "pattern": one.kind,
            "measure": one.measure,
            "subject": one.subject,
            "count": one.peak,
            "usual": one.expected,
            "risk_level": RiskLevel.HIGH,
            "began_at": one.first_seen_at,
            "last_seen_at": one.last_seen_at,
        }
        for one in begun.order_by("-first_seen_at", "-id")[:PATTERNS_SHOWN]
    ]


def _recommendations(figures: Figures, has_patterns: bool, now: datetime) -> list[str]:
    """What somebody should look at, in the order of RECOMMENDATIONS."""
    found: Confusion = figures.totals.matured
    said = (
        (found.false_positive_rate or 0) > parameters.read("fraud.false_positive_target", at=now),
        (found.false_discovery_rate or 0) > parameters.read("fraud.false_discovery_alarm", at=now),
        has_patterns,
        figures.totals.outcomes[Outcome.NO_ADVICE] > 0,
        figures.totals.degraded > 0,
    )
    return [name for name, is_so in zip(RECOMMENDATIONS, said, strict=True) if is_so]
