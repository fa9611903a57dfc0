"""The calendar under the configuration in force at a moment."""

from datetime import datetime, time

from ach.calendar.cutoffs import Cutoffs, Window
from ach.calendar.deadlines import Periods
from ach.calendar.settlement import Terms
from ach.parameters import number
from core.parameters import services as parameters


def cutoffs(at: datetime) -> Cutoffs:
    windows = parameters.read("ach.same_day_windows", at=at)
    return Cutoffs(
        same_day=tuple(
            Window(str(each["name"]), _time(each["bank"]), _time(each["network"]), _time(each["settles"]))
            for each in windows
        ),
        standard=tuple(_time(each) for each in parameters.read("ach.standard_cutoffs", at=at)),
        lead_minutes=number("lead_minutes", at),
    )


def terms(at: datetime) -> Terms:
    return Terms(
        cutoffs=cutoffs(at),
        same_day_limit_minor=number("same_day_limit_minor", at),
        never_same_day=_words("ach.never_same_day", at),
        credit_banking_days=number("credit_banking_days", at),
        debit_banking_days=number("debit_banking_days", at),
        longest_ahead_days=number("effective_days_ahead", at),
        standard_settles=_time(parameters.read("ach.standard_settles", at=at)),
    )


def periods(at: datetime) -> Periods:
    return Periods(
        opens=_time(parameters.read("ach.business_opens", at=at)),
        corporate=_words("ach.corporate_sec_codes", at),
        return_banking_days=number("return_banking_days", at),
        extended_return_days=number("unauthorized_return_days", at),
        change_banking_days=number("change_banking_days", at),
        change_refusal_days=number("change_refusal_days", at),
        dishonor_banking_days=number("dishonor_banking_days", at),
        contest_banking_days=number("contest_banking_days", at),
        reversal_banking_days=number("reversal_banking_days", at),
        reversal_hours=number("reversal_hours", at),
        reinitiation_days=number("retry_days", at),
        prenote_banking_days=number("prenote_banking_days", at),
        rate_days=number("rate_days", at),
    )


def _time(text: object) -> time:
    return time.fromisoformat(str(text))


def _words(name: str, at: datetime) -> frozenset[str]:
    return frozenset(str(parameters.read(name, at=at)).split())
