"""`make run`: the embedded servers, demo data, no TLS. Refused by production."""

from config import env
from config.settings.base import *  # noqa: F403
from config.settings.base import VAR_DIR, database_settings

# What `make run` started, so that `manage.py …` in a second terminal finds the same servers.
env.load_defaults(VAR_DIR / "run.env")

# Commands that read files alone (`nacha inspect`, `evaluate_model`) run before there are any servers; whatever needs
# one fails on a name that says why.
_NO_DATABASE = "postgresql://postgres@/holdfast?host=/HOLDFAST_DATABASE_URL-is-not-set"
_NO_REDIS = "redis://HOLDFAST_REDIS_URL-is-not-set:6379/0"

SECRET_KEY = env.text("HOLDFAST_SECRET_KEY", "demo-only-not-a-secret-" + "x" * 40)
ALLOWED_HOSTS = ["*"]
DATABASES = {
    "default": database_settings(
        env.database("HOLDFAST_DATABASE_URL", _NO_DATABASE), role=env.text("HOLDFAST_DATABASE_ROLE", "") or None
    )
}
HOLDFAST_REDIS_URL = env.text("HOLDFAST_REDIS_URL", _NO_REDIS)
HOLDFAST_STATE_DIR = VAR_DIR
# One file per database: an anchor speaks of one chain.
HOLDFAST_AUDIT_ANCHORS = env.text("HOLDFAST_AUDIT_ANCHORS", str(VAR_DIR / "audit" / "anchors.jsonl"))
HOLDFAST_FAILPOINTS = True
HOLDFAST_MOVABLE_CLOCK = True
HOLDFAST_LOOPBACK_ISSUERS = True
HOLDFAST_LOCAL_ISSUER = True

# Static files straight from the source tree: no collectstatic before the first start.
WHITENOISE_USE_FINDERS = True
HOLDFAST_CONSOLE_LIVEMODE = False
HOLDFAST_WEBHOOKS_LOOPBACK = True
HOLDFAST_GATEWAYS = {"test": "sandbox", "live": "sandbox"}

# Cookies belong to a host, not to a port: two checkouts on one machine would sign each other out.
SESSION_COOKIE_NAME = f"holdfast_session_{env.text('PORT', '8000')}"
CSRF_COOKIE_NAME = f"holdfast_csrf_{env.text('PORT', '8000')}"
