"""Production: everything comes from the environment, and what is unsafe does not start (config.refusals).

| variable | meaning |
| --- | --- |
| `HOLDFAST_SECRET_KEY` | at least 50 random characters; `HOLDFAST_SECRET_KEY_FALLBACKS` the ones before it |
| `HOLDFAST_DATABASE_URL` | PostgreSQL 15 or later; `HOLDFAST_DATABASE_SSLMODE` is `require` over a network unless set |
| `HOLDFAST_DATABASE_ROLE` | `holdfast_app` unless set; `owner` for `manage.py migrate` alone |
| `HOLDFAST_REDIS_URL` | Redis 7 or Valkey 8 or later |
| `HOLDFAST_ALLOWED_HOSTS` | names, separated by commas |
| `HOLDFAST_STATE_DIR` | a directory of this machine outside the checkout |
| `HOLDFAST_KMS` | `aws` (with `HOLDFAST_KMS_REGION`) or `local` (with `HOLDFAST_MASTER_KEY_FILE`) |
| `HOLDFAST_PROXY_COUNT` | trusted proxies in front; they must set `X-Forwarded-For` and `X-Forwarded-Proto` |
| `HOLDFAST_METRICS_TOKEN` | who may read `/metrics` from another machine |
"""

import os
from pathlib import Path

from config import env, refusals
from config.settings.base import *  # noqa: F403
from config.settings.base import BASE_DIR, REST_FRAMEWORK, database_settings

refusals.refuse_unsafe(os.environ, checkout=BASE_DIR)

SECRET_KEY = env.text("HOLDFAST_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("HOLDFAST_SECRET_KEY_FALLBACKS")
DEBUG = False
ALLOWED_HOSTS = env.words("HOLDFAST_ALLOWED_HOSTS")

# Readiness compares it with the role the session really has.
HOLDFAST_DATABASE_ROLE = env.text("HOLDFAST_DATABASE_ROLE", "holdfast_app")
_connection = env.database("HOLDFAST_DATABASE_URL")
_database = database_settings(_connection, role=None if HOLDFAST_DATABASE_ROLE == "owner" else HOLDFAST_DATABASE_ROLE)
if not str(_connection["HOST"]).startswith("/"):
    _database["OPTIONS"] = {
        **_database["OPTIONS"],  # type: ignore[dict-item]
        "sslmode": env.text("HOLDFAST_DATABASE_SSLMODE", "require"),
    }
DATABASES = {"default": _database}
HOLDFAST_REDIS_URL = env.text("HOLDFAST_REDIS_URL")
HOLDFAST_STATE_DIR = Path(env.text("HOLDFAST_STATE_DIR"))
HOLDFAST_AUDIT_ANCHORS = env.text("HOLDFAST_AUDIT_ANCHORS", str(HOLDFAST_STATE_DIR / "audit" / "anchors.jsonl"))

SECURE_SSL_REDIRECT = True
# Machines that watch machines ask without TLS from inside.
SECURE_REDIRECT_EXEMPT = [r"^(health|ready|metrics)$"]
SECURE_HSTS_SECONDS = env.integer("HOLDFAST_HSTS_SECONDS", 63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# A browser accepts a `__Host-` cookie only over TLS, for this host alone and for the whole of it.
SESSION_COOKIE_NAME = "__Host-holdfast_session"
CSRF_COOKIE_NAME = "__Host-holdfast_csrf"
HOLDFAST_DEVICE_COOKIE = "__Host-holdfast_device"

# How many addresses at the end of X-Forwarded-For our own proxies wrote; without a proxy nobody's word is taken.
HOLDFAST_PROXY_COUNT = env.integer("HOLDFAST_PROXY_COUNT", 0)
REST_FRAMEWORK = {**REST_FRAMEWORK, "NUM_PROXIES": HOLDFAST_PROXY_COUNT}  # type: ignore[dict-item]
if HOLDFAST_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STATIC_ROOT = Path(env.text("HOLDFAST_STATIC_ROOT", str(BASE_DIR / "staticfiles")))

HOLDFAST_FAILPOINTS = False
HOLDFAST_MOVABLE_CLOCK = False
HOLDFAST_LOCAL_ISSUER = False
HOLDFAST_LOOPBACK_ISSUERS = False
