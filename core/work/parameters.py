"""Dated parameters of the work list. `outbox.*` follows the same names for deliveries, `jobs.*` for periodic jobs."""

from core.parameters import services as parameters


def declare_retries(
    lane: str, *, max_attempts: int, base_seconds: int, cap_seconds: int, batch_size: int, lease_seconds: int = 10
) -> None:
    """The parameters one lane of claimable rows needs."""
    parameters.declare(f"{lane}.max_attempts", max_attempts, unit="tries", meaning="tries before a row parks")
    parameters.declare(
        f"{lane}.retry_base_seconds", base_seconds, unit="seconds", meaning="pause before the second try; then doubles"
    )
    parameters.declare(
        f"{lane}.retry_cap_seconds", cap_seconds, unit="seconds", meaning="longest pause between two tries"
    )
    parameters.declare(
        f"{lane}.lease_seconds",
        lease_seconds,
        unit="seconds",
        meaning="after this others ask whether a runner still lives",
    )
    parameters.declare(f"{lane}.batch_size", batch_size, unit="rows", meaning="rows one worker claims at a time")


# Work may be slow, so a worker takes little at a time and leaves the rest to others; of jobs it takes one.
declare_retries("work", max_attempts=12, base_seconds=1, cap_seconds=600, batch_size=10)
declare_retries("jobs", max_attempts=8, base_seconds=1, cap_seconds=60, batch_size=1, lease_seconds=3)
parameters.declare("work.keep_days", 14, unit="days", meaning="how long finished work stays readable")
parameters.declare("jobs.keep_days", 1, unit="days", meaning="how long finished runs of periodic jobs stay readable")
