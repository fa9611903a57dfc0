"""What is the same everywhere. Values that differ by place are read in local, test and production."""

import os
from pathlib import Path

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

DEBUG = False
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "core.database",
    "core.telemetry",
    "core.parameters",
    "core.switches",
    "core.audit",
    "core.work",
    "core.outbox",
    "core.idempotency",
    "core.vault",
    "core.staff",
    "core.approvals",
    "core.oidc",
    "core.api",
    "core.webhooks",
    "core.console",
    "ledger",
    "compliance",
    "fraud",
    "ach",
    "payments",
    "escrow",
    "ops",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "core.console.apps.AdminConfig",
    "django_otp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
]

MIDDLEWARE = [
    "core.telemetry.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core.console.middleware.SecurityHeadersMiddleware",
    # From here on for pages only; requests to /v1/ go straight to their view.
    "core.api.lane.ApiLaneMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.staff.presence.PresenceMiddleware",
]

# --- Signing in (core.staff). Passwords and codes are checked by its services, never by `authenticate()`.
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["core.staff.backends.StaffBackend"]
LOGIN_URL = "admin:login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "core.staff.validators.LettersAndDigits"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {"NAME": "core.staff.validators.NotRecentlyUsed"},
]
# Trusted proxies in front of the program: how many addresses of X-Forwarded-For were written by our own.
HOLDFAST_PROXY_COUNT = 0

# --- Sessions: rows, so that ending one ends it everywhere. Idle and absolute limits: core.staff.presence.
SESSION_ENGINE = "core.staff.session_store"
SESSION_COOKIE_NAME = "holdfast_session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
HOLDFAST_DEVICE_COOKIE = "holdfast_device"  # tells a browser apart from a new one; opens nothing
CSRF_COOKIE_NAME = "holdfast_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.console.errors.csrf_failure"

# --- What a browser may do with an answer. Name and form of Django 6's setting.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# The editor of rules sends up to seven fields for each of 200 rules.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_500

# Which data the console shows until the person chooses.
HOLDFAST_CONSOLE_LIVEMODE = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.console.shell.shell",
            ],
        },
    }
]

APPEND_SLASH = False

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
# Of values Django itself writes, in the record browser; UTC is said, not assumed.
DATETIME_FORMAT = r"j M Y H:i:s \U\T\C"
DATE_FORMAT = "j M Y"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"

# `core.telemetry` sets up logging: one redacted JSON object a line on standard error.
LOGGING_CONFIG = None
HOLDFAST_LOG_LEVEL = env.text("HOLDFAST_LOG_LEVEL", "INFO")
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.telemetry.errors.SilentReporterFilter"
HOLDFAST_MOVABLE_CLOCK = False
HOLDFAST_METRICS_TOKEN = env.text("HOLDFAST_METRICS_TOKEN", "")
# A directory shared by the web processes of one machine, so that each answers /metrics for all.
HOLDFAST_METRICS_DIR = env.text("HOLDFAST_METRICS_DIR", "")
if HOLDFAST_METRICS_DIR:
    Path(HOLDFAST_METRICS_DIR).mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = HOLDFAST_METRICS_DIR

# The vault: who holds the master keys (`local` file or `aws`), one key for each purpose.
HOLDFAST_KMS = env.text("HOLDFAST_KMS", "local")
HOLDFAST_MASTER_KEY_FILE = env.text("HOLDFAST_MASTER_KEY_FILE", "")
HOLDFAST_KMS_ALIASES = {
    "PAYMENT": env.text("KMS_PAYMENT_KEY_ALIAS", "alias/ecosystemaws-payment-key"),
    "ACH": env.text("KMS_ACH_KEY_ALIAS", "alias/ach-transfer"),
    "ESCROW": env.text("KMS_ESCROW_KEY_ALIAS", "alias/escrow-management"),
    "DATABASE": env.text("KMS_DATABASE_KEY_ALIAS", "alias/database-encryption"),
    "AUDIT": env.text("KMS_AUDIT_KEY_ALIAS", "alias/audit-logging"),
}
HOLDFAST_KMS_REGION = env.text("HOLDFAST_KMS_REGION", env.text("AWS_REGION", "us-east-1"))
HOLDFAST_KMS_ENDPOINT = env.text("HOLDFAST_KMS_ENDPOINT", "")
HOLDFAST_KMS_TIMEOUT_SECONDS = float(env.text("HOLDFAST_KMS_TIMEOUT_SECONDS", "0.2"))

# Somebody else's fraud detector beside our own decision: empty for none, or `amazon`.
HOLDFAST_FRAUD_DETECTOR = env.text("HOLDFAST_FRAUD_DETECTOR", "")
HOLDFAST_FRAUD_DETECTOR_ID = env.text("HOLDFAST_FRAUD_DETECTOR_ID", "")
HOLDFAST_FRAUD_DETECTOR_EVENT_TYPE = env.text("HOLDFAST_FRAUD_DETECTOR_EVENT_TYPE", "")
HOLDFAST_FRAUD_DETECTOR_REGION = env.text("HOLDFAST_FRAUD_DETECTOR_REGION", env.text("AWS_REGION", "us-east-1"))
HOLDFAST_FRAUD_DETECTOR_TIMEOUT_SECONDS = float(env.text("HOLDFAST_FRAUD_DETECTOR_TIMEOUT_SECONDS", "0.2"))


def database_settings(connection: dict[str, object], *, role: str | None) -> dict[str, object]:
    """Timeouts on every session; `role` drops the session to the application role (no owner rights)."""
    options = [
        "-c statement_timeout=15000",
        "-c lock_timeout=5000",
        "-c idle_in_transaction_session_timeout=30000",
    ]
    if role:
        options.append(f"-c role={role}")
    return {
        **connection,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # A statement sent five times with separate parameters keeps its plan (the ledger's calls are).
        "OPTIONS": {"options": " ".join(options), "application_name": "holdfast", "prepare_threshold": 5},
    }


# Mail to staff: to a server where one is named, else onto the console.
EMAIL_HOST = env.text("HOLDFAST_EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = int(env.text("HOLDFAST_EMAIL_PORT", "587"))
EMAIL_HOST_USER = env.text("HOLDFAST_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env.text("HOLDFAST_EMAIL_PASSWORD", "")
EMAIL_USE_TLS = bool(EMAIL_HOST_USER)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("HOLDFAST_EMAIL_FROM", "holdfast@localhost")

# Webhooks to this very machine and without TLS, for test data only; a file of certificate authorities of one's own.
HOLDFAST_WEBHOOKS_LOOPBACK = False
HOLDFAST_WEBHOOKS_CA_FILE = env.text("HOLDFAST_WEBHOOKS_CA_FILE", "")

# Broker messages only wake workers (see docs/adr/0005); tests run the list themselves.
HOLDFAST_WAKE_WORKERS = True
HOLDFAST_FAILPOINTS = False
# The role a session must have to be ready; empty where it does not matter.
HOLDFAST_DATABASE_ROLE = ""
# Issuers of access tokens on this very machine without TLS, and the one that the program itself plays.
HOLDFAST_LOOPBACK_ISSUERS = False
HOLDFAST_LOCAL_ISSUER = False

REST_FRAMEWORK = {
    # Views of the public API stand on core.api.views.ApiView, which settles everything else itself.
    "NON_FIELD_ERRORS_KEY": "",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "EXCEPTION_HANDLER": "core.api.problems.handler",
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.ApiSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Holdfast API",
    "DESCRIPTION": (
        "Payments, escrow, fraud checks and parties of a marketplace. JSON in camelCase, amounts in whole minor units, "
        "times in UTC. Every POST carries an `Idempotency-Key`; every failure is a problem (RFC 9457) whose `code` is "
        "explained at `/v1/docs/errors`."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "/"}],
    "SCHEMA_PATH_PREFIX": "/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["core.api.schema.name_paths", "core.webhooks.api.described.add_webhooks"],
    "SORT_OPERATION_PARAMETERS": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

# Which gateway takes the payments of each mode. A mode without one takes none.
HOLDFAST_GATEWAYS: dict[str, str] = {"test": "sandbox"}
