"""Dated parameters of deliveries."""

from core.parameters import services as parameters
from core.work.parameters import declare_retries

declare_retries("outbox", max_attempts=12, base_seconds=1, cap_seconds=600, batch_size=50)
parameters.declare("outbox.keep_days", 30, unit="days", meaning="how long delivered events stay readable")
