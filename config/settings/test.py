"""`make test`: real PostgreSQL and Redis, started by the test session when no URL is given."""

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import VAR_DIR, database_settings

SECRET_KEY = "test-only-" + "x" * 50
ALLOWED_HOSTS = ["*"]
# `tests/conftest.py` starts the embedded servers and sets both variables before Django is set up.
DATABASES = {
    "default": database_settings(
        env.database("HOLDFAST_DATABASE_URL", "postgresql://postgres@/holdfast?host=/nowhere"), role=None
    )
}
HOLDFAST_REDIS_URL = env.text("HOLDFAST_REDIS_URL", "redis://127.0.0.1:1/0")
HOLDFAST_STATE_DIR = VAR_DIR / "test"
HOLDFAST_AUDIT_ANCHORS = str(VAR_DIR / "test" / "audit" / "anchors.jsonl")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests run the work list themselves; a few switch waking on.
HOLDFAST_WAKE_WORKERS = False
HOLDFAST_FAILPOINTS = True
HOLDFAST_LOOPBACK_ISSUERS = True

# Static files are found where they lie; nothing is collected before a test.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# WhiteNoise warns about a missing directory, and warnings are errors.
(VAR_DIR / "static").mkdir(parents=True, exist_ok=True)
HOLDFAST_CONSOLE_LIVEMODE = False
HOLDFAST_WEBHOOKS_LOOPBACK = True

HOLDFAST_GATEWAYS = {"test": "sandbox", "live": "sandbox"}
