"""The documented rate limits, as dated parameters."""

from core.api import expiry, live_keys, rights, rotation, throttles, unknown_keys, versions
from core.api.throttles import Limit
from core.parameters import services as parameters

MINUTE, HOUR, DAY = 60, 3600, 86400

throttles.declare("payments.create", Limit(100, MINUTE, burst=200))
throttles.declare("tokens.create", Limit(500, MINUTE, burst=1000))
throttles.declare("payments.validate", Limit(1000, MINUTE, burst=2000))
throttles.declare("ach.create", Limit(50, HOUR, burst=50), Limit(500, DAY, burst=500))
throttles.declare("ach.create_same_day", Limit(10, HOUR, burst=10), Limit(50, DAY, burst=50))
throttles.declare("api.read", Limit(3000, MINUTE, burst=3000))
throttles.declare("api.write", Limit(600, MINUTE, burst=1200))
parameters.declare(
    throttles.BULK_FACTOR, 1000, unit="times", meaning="How much wider every limit is for keys of throttle class BULK"
)
throttles.declare(unknown_keys.RATE, Limit(20, MINUTE, burst=100))
parameters.declare(
    unknown_keys.PAUSE_SECONDS, 60, unit="seconds", minimum=1,
    meaning="How long an origin that tried too many API keys is refused unread",
)  # fmt: skip
parameters.declare(
    rights.MAX_DAYS, 365, unit="days", minimum=1, meaning="Within how many days a restricted live API key expires"
)
parameters.declare(
    rotation.OVERLAP_DAYS, 7, unit="days", minimum=1, maximum=30,
    meaning="How long a rotated API key works beside its successor at most",
)  # fmt: skip
parameters.declare(
    live_keys.COLLECT_HOURS, 24, unit="hours", minimum=1, maximum=168,
    meaning="Within how many hours the secret of a signed live API key is collected",
)  # fmt: skip
parameters.declare(
    expiry.WARNING_DAYS, 14, unit="days", minimum=1, meaning="How long before its end an API key is warned about"
)
versions.declare()
