"""The documented rate limits, as dated parameters."""

from core.api import throttles
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
