"""Reads of weekly reports."""

from datetime import date

from django.db.models import QuerySet

from core.errors import Refusal
from fraud.models import WeeklyReport


class WeeklyReportNotFound(Refusal):
    code = "FRAUD_REPORT_NOT_FOUND"
    status = 404
    title = "This week was not reported"


def get(*, week: date, livemode: bool) -> WeeklyReport:
    """By its Monday. Raises WeeklyReportNotFound."""
    found = WeeklyReport.objects.filter(week=week, livemode=livemode).first()
    if found is None:
        raise WeeklyReportNotFound(f"there is no report of the week of {week}")
    return found


def all_of(*, livemode: bool) -> QuerySet[WeeklyReport]:
    """For pages, newest week first."""
    return WeeklyReport.objects.filter(livemode=livemode)
