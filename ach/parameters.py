"""Dated configuration of the rail: windows, cutoffs, limits, clocks. Times of day are Eastern, as banks give them."""

import re
from datetime import datetime
from typing import Any

from core.parameters import services as parameters

_TIME = re.compile(r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", re.ASCII)


def _check_windows(value: list[Any]) -> str | None:
    for window in value:
        if not isinstance(window, dict) or set(window) != {"name", "bank", "network", "settles"}:
            return "is a list of windows with name, bank, network and settles"
        if not all(_TIME.match(str(window[key])) for key in ("bank", "network", "settles")):
            return "gives times as HH:MM"
        if not window["bank"] <= window["network"] < window["settles"]:
            return "has windows whose bank closes before the network, and settles after it"
    return None


def _check_times(value: list[Any]) -> str | None:
    return None if value and all(_TIME.match(str(each)) for each in value) else "is a list of times as HH:MM"


parameters.declare(
    "ach.same_day_windows",
    [
        {"name": "1", "bank": "10:00", "network": "10:30", "settles": "13:00"},
        {"name": "2", "bank": "14:15", "network": "14:45", "settles": "17:00"},
        {"name": "3", "bank": "16:15", "network": "16:45", "settles": "18:00"},
    ],
    unit="windows",
    meaning="Same-day windows: until when our bank takes a file, until when the network does, when it settles",
    check=_check_windows,
)
parameters.declare(
    "ach.standard_cutoffs", ["17:00", "20:00"], unit="times of day",
    meaning="When files leave that settle on the next banking day or later", check=_check_times,
)  # fmt: skip
parameters.declare(
    "ach.standard_settles", "08:30", unit="time of day", meaning="When entries that are not same-day settle"
)
parameters.declare(
    "ach.same_day_limit_minor",
    100_000_000,
    unit="minor units",
    meaning="An entry above it settles the next banking day",
)
parameters.declare(
    "ach.entry_limit_minor", 9_999_999_999, unit="minor units", meaning="What ten columns hold", minimum=1,
    maximum=9_999_999_999,
)  # fmt: skip
parameters.declare("ach.never_same_day", "IAT ENR", unit="SEC codes", meaning="What never settles on the same day")
parameters.declare(
    "ach.corporate_sec_codes", "CCD CTX", unit="SEC codes", meaning="Debits that are not open to the extended return"
)
parameters.declare(
    "ach.business_opens", "08:30", unit="time of day", meaning="Opening of business, by which a return has to be there"
)
parameters.declare(
    "ach.sandbox_returns_at", "07:00", unit="time of day", meaning="When the sandbox bank sends what comes back"
)
for _name, _value, _unit, _meaning in (
    ("credit_banking_days", 2, "banking days", "A credit may be sent so long before its effective date"),
    ("debit_banking_days", 1, "banking days", "A debit may be sent so long before its effective date"),
    ("contest_banking_days", 2, "banking days", "A dishonored return can be contested so long"),
    ("lead_minutes", 10, "minutes", "A file leaves so long before the bank's own deadline"),
    ("effective_days_ahead", 30, "days", "An entry may be asked for so long before its effective date"),
    ("return_banking_days", 2, "banking days", "Usual returns come until the opening of this banking day"),
    ("unauthorized_return_days", 60, "days", "Unauthorized consumer debits come back until the banking day after this"),
    ("debit_hold_banking_days", 3, "banking days", "Money of a debit is held so long after it settled"),
    ("prenote_banking_days", 3, "banking days", "Live entries follow a prenote from this banking day on"),
    ("change_banking_days", 6, "banking days", "A correction is applied within so long"),
    ("change_refusal_days", 15, "days", "A correction can be refused so long"),
    ("dishonor_banking_days", 5, "banking days", "A return can be dishonored so long after it settled"),
    ("reversal_banking_days", 5, "banking days", "An entry in error is reversed within so long of its settlement"),
    ("reversal_hours", 24, "hours", "A reversal leaves within so long of the discovery"),
    ("retry_days", 180, "days", "An entry is sent again within so long of its first settlement"),
    ("rate_days", 60, "days", "Return rates are counted over so long"),
    ("rate_minimum_entries", 20, "entries", "Below so many debits a rate says nothing"),
    ("rate_unauthorized_basis_points", 50, "basis points", "Level of unauthorized returns"),
    ("rate_administrative_basis_points", 300, "basis points", "Level of administrative returns"),
    ("rate_overall_basis_points", 1_500, "basis points", "Level of all returns"),
    ("rate_throttle_percent", 80, "percent", "At this share of a level new debits of the seller wait for a person"),
    ("approval_file_minor", 5_000_000, "minor units", "From this total of debits or credits a file needs signatures"),
    ("approval_second_minor", 50_000_000, "minor units", "From this total a file needs two departments"),
    ("delivery_tries_before_alarm", 3, "tries", "A file that cannot be delivered so often opens an incident"),
    ("delivery_retry_seconds", 60, "seconds", "Pause before a file is delivered again; doubles with each try"),
    ("fetch_tries_before_alarm", 3, "tries", "A bank that cannot be reached so often in a row opens an incident"),
    ("fetch_minutes_before_alarm", 15, "minutes", "And so does one that could not be reached for so long"),
    ("fetch_retry_seconds", 60, "seconds", "Pause before a bank is asked again; doubles with each failed try"),
    ("fetch_retry_longest_seconds", 900, "seconds", "The longest pause before a bank is asked again"),
    ("acknowledgement_hours", 4, "hours", "A delivered file that the bank has not acknowledged by then is an alarm"),
    ("file_entries", 100_000, "entries", "A file with more is split"),
    ("sandbox_acknowledges_minutes", 5, "minutes", "The sandbox bank acknowledges a file after so long"),
    ("sandbox_operator_minutes", 30, "minutes", "What the operator refuses comes back after so long, in the sandbox"),
    ("sandbox_counts_days", 180, "days", "Entries to an account whose sandbox behaviour counts them"),
):
    parameters.declare(f"ach.{_name}", _value, unit=_unit, meaning=_meaning, minimum=1)

for _name, _value, _unit, _meaning in (
    ("match_days", 400, "days", "What comes back is matched with entries that were filed so long ago at most"),
    ("match_wait_hours", 24, "hours", "What answers an entry that we have not yet marked as sent waits so long"),
    ("inbound_megabytes", 64, "megabytes", "A larger file of the bank is refused and stays where it is"),
    ("dishonor_settles_banking_days", 1, "banking days", "A dishonored return settles so long after it is sent"),
    ("reply_alarm_banking_days", 1, "banking days", "Of what is to be sent back people hear so long before it is late"),
):
    parameters.declare(f"ach.{_name}", _value, unit=_unit, meaning=_meaning, minimum=1)

parameters.declare(
    "ach.automatic_retries", False, unit="yes or no",
    meaning="Whether an entry that came back for want of funds is sent again without a person asking",
)  # fmt: skip
parameters.declare(
    "ach.sanctions_words", "OFAC SANCTION SANCTIONS SDN", unit="words",
    meaning="A return whose text has one of these words goes to compliance, whatever its code",
)  # fmt: skip


def number(name: str, at: datetime) -> int:
    """One of the numbers above: `number("retry_days", now)`."""
    return int(parameters.read(f"ach.{name}", at=at))


for _name, _value, _unit, _meaning in (
    ("micro_limit_minor", 99, "minor units", "The largest credit of a micro-entry"),
    ("claim_entries", 1_000, "entries", "So many entries are assigned to a file in one transaction"),
    ("delivery_retry_longest_seconds", 1_800, "seconds", "The longest pause before a file is delivered again"),
    ("transport_timeout_seconds", 30, "seconds", "A server that says nothing for so long is taken for down"),
    ("unmapped_minutes", 15, "minutes", "An entry past its cutoff without a place in a file so long is an alarm"),
    ("stuck_hours", 12, "hours", "An entry in a file that has not left so long after its cutoff is an alarm"),
):
    parameters.declare(f"ach.{_name}", _value, unit=_unit, meaning=_meaning, minimum=1)
