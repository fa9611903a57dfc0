"""How access tokens are judged, as dated parameters."""

from core.oidc import scopes
from core.oidc.enums import Standing
from core.parameters import services as parameters

DAY = 86400


parameters.declare(
    "oidc.token_max_bytes", 8192, unit="bytes", minimum=512, maximum=16384,
    meaning="Longest access token that is looked at",
)  # fmt: skip
parameters.declare(
    "oidc.leeway_seconds", 30, unit="seconds", maximum=300,
    meaning="How far an issuer's clock may be from ours",
)  # fmt: skip
parameters.declare(
    "oidc.longest_life_seconds", DAY, unit="seconds", minimum=60, maximum=DAY,
    meaning="Longest time from issue to expiry that is accepted in an access token",
)  # fmt: skip
parameters.declare(
    "oidc.keys_fresh_seconds", 3600, unit="seconds", minimum=1, maximum=DAY,
    meaning="After this time an issuer's keys are fetched again",
)  # fmt: skip
parameters.declare(
    "oidc.keys_stale_seconds", 4 * 3600, unit="seconds", minimum=1, maximum=DAY,
    meaning="Keys older than this are not used, even while the issuer does not answer",
)  # fmt: skip
parameters.declare(
    "oidc.keys_pause_seconds", 30, unit="seconds", minimum=1, maximum=3600,
    meaning="Shortest time between two fetches of one issuer's keys by one process",
)  # fmt: skip
parameters.declare(
    "oidc.keys_timeout_ms", 2000, unit="milliseconds", minimum=100, maximum=10_000,
    meaning="How long a fetch of keys may take in all",
)  # fmt: skip
parameters.declare(
    scopes.PARAMETER,
    {
        Standing.CUSTOMER.value: [
            "ach:read", "card-tokens:write", "escrows:read", "escrows:write", "parties:read", "payments:read",
            "payments:write",
        ],
        Standing.PROVIDER.value: [
            "ach:read", "bank-accounts:read", "escrows:read", "escrows:write", "parties:read", "payments:read",
            "payouts:read", "payouts:write",
        ],
        Standing.ADMIN.value: [
            "ach:read", "ach:write", "bank-accounts:read", "bank-accounts:write", "card-tokens:write", "escrows:read",
            "escrows:write", "fraud:read", "fraud:write", "parties:read", "parties:write", "payments:read",
            "payments:write", "payouts:read", "payouts:write", "refunds:write",
        ],
    },
    unit="scopes",
    meaning="What users with an access token may do: customers and providers with what is theirs, admins with all",
    check=scopes.objection,
)  # fmt: skip
