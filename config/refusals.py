"""What production does not start with. Each sentence begins with the name of the variable to change."""

import os.path
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

Environment = Mapping[str, str]

SHORTEST_SECRET_KEY = 50
SHORTEST_TOKEN = 24
SHORTEST_HSTS_SECONDS = 31_536_000

_REQUIRED = (
    "HOLDFAST_SECRET_KEY",
    "HOLDFAST_DATABASE_URL",
    "HOLDFAST_REDIS_URL",
    "HOLDFAST_ALLOWED_HOSTS",
    "HOLDFAST_STATE_DIR",
    "HOLDFAST_KMS",
)
_MUST_BE_ON = ("HOLDFAST_COOKIE_SECURE", "HOLDFAST_SSL_REDIRECT")
_MUST_BE_OFF = (
    "DEBUG",
    "HOLDFAST_DEBUG",
    "HOLDFAST_FAILPOINTS",
    "HOLDFAST_MOVABLE_CLOCK",
    "HOLDFAST_LOCAL_ISSUER",
    "HOLDFAST_LOOPBACK_ISSUERS",
)
# A crash point, the keys of a demo, and the switches by which older systems let every payment through.
_MUST_BE_ABSENT = ("HOLDFAST_FAILPOINT", "HOLDFAST_DEMO_API_KEY", "BYPASS_FRAUD_DETECTION", "BYPASS_MODE")
_WEAK_SECRET_STARTS = ("demo-only", "test-only", "django-insecure", "insecure", "changeme", "secret")
_EMBEDDED_SOCKET = re.compile(r"/holdfast-[0-9a-f]{16}(/|$)")
_ON, _OFF = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class UnsafeSettings(ImproperlyConfigured):
    """Production would start in a state in which it must not run. Names every variable at once."""


def refuse_unsafe(environment: Environment, *, checkout: Path) -> None:
    """Raises UnsafeSettings with all that is wrong, so that one deployment shows everything."""
    found = list(of_production(environment, checkout=checkout))
    if found:
        raise UnsafeSettings("production refuses to start:\n" + "\n".join(f"- {sentence}" for sentence in found))


def of_production(environment: Environment, *, checkout: Path) -> Iterator[str]:
    def value(name: str) -> str:
        return environment.get(name, "").strip()

    yield from (f"{name} is not set" for name in _REQUIRED if not value(name))
    yield from (f"{name} must be on" for name in _MUST_BE_ON if name in environment and value(name).lower() not in _ON)
    yield from (f"{name} must be off" for name in _MUST_BE_OFF if value(name).lower() not in _OFF)
    yield from (f"{name} has no place in production" for name in _MUST_BE_ABSENT if value(name))
    yield from (f"{name} holds a test key" for name in environment if value(name).startswith(("sk_test_", "rk_test_")))
    yield from _secret_key(value("HOLDFAST_SECRET_KEY"))
    yield from _hosts(value("HOLDFAST_ALLOWED_HOSTS"))
    yield from _servers(value, checkout)
    yield from _keys(value, checkout)
    yield from _numbers(value)


def _secret_key(key: str) -> Iterator[str]:
    if not key:
        return
    if key.lower().startswith(_WEAK_SECRET_STARTS):
        yield "HOLDFAST_SECRET_KEY is a demo key"
    if len(key) < SHORTEST_SECRET_KEY or len(set(key)) < 10:
        yield f"HOLDFAST_SECRET_KEY must be at least {SHORTEST_SECRET_KEY} random characters"


def _hosts(hosts: str) -> Iterator[str]:
    names = [name.strip() for name in hosts.split(",") if name.strip()]
    if any(name in {"*", "."} or name.startswith("*") for name in names):
        yield "HOLDFAST_ALLOWED_HOSTS must name hosts, not everything"


def _servers(value: Callable[[str], str], checkout: Path) -> Iterator[str]:
    """Sockets of the embedded servers: their data lies in a checkout that `make reset` empties."""
    for name in ("HOLDFAST_DATABASE_URL", "HOLDFAST_REDIS_URL"):
        url = urlsplit(value(name))
        places = [*parse_qs(url.query).get("host", []), url.path if url.scheme == "unix" else ""]
        if any(_EMBEDDED_SOCKET.search(place) or _is_inside(place, checkout) for place in places if place):
            yield f"{name} is an embedded server"


def _detector(value: Callable[[str], str]) -> Iterator[str]:
    detector = value("HOLDFAST_FRAUD_DETECTOR")
    if detector and detector != "amazon":
        yield "HOLDFAST_FRAUD_DETECTOR must be amazon or empty"
    if detector == "amazon":
        for name in ("HOLDFAST_FRAUD_DETECTOR_ID", "HOLDFAST_FRAUD_DETECTOR_EVENT_TYPE"):
            if not value(name):
                yield f"{name} is not set, and HOLDFAST_FRAUD_DETECTOR is amazon"


def _keys(value: Callable[[str], str], checkout: Path) -> Iterator[str]:
    kind = value("HOLDFAST_KMS")
    if kind and kind not in {"aws", "local"}:
        yield "HOLDFAST_KMS must be aws or local"
    if kind == "local" and not value("HOLDFAST_MASTER_KEY_FILE"):
        yield "HOLDFAST_MASTER_KEY_FILE is not set, and HOLDFAST_KMS is local"
    if kind == "aws" and not (value("HOLDFAST_KMS_REGION") or value("AWS_REGION")):
        yield "HOLDFAST_KMS_REGION is not set, and HOLDFAST_KMS is aws"
    if value("HOLDFAST_KMS_ENDPOINT") and not value("HOLDFAST_KMS_ENDPOINT").startswith("https://"):
        yield "HOLDFAST_KMS_ENDPOINT must be https"
    yield from _detector(value)
    for name in ("HOLDFAST_MASTER_KEY_FILE", "HOLDFAST_STATE_DIR"):
        if value(name) and (not os.path.isabs(value(name)) or _is_inside(value(name), checkout)):
            yield f"{name} must be an absolute path outside the checkout"


def _numbers(value: Callable[[str], str]) -> Iterator[str]:
    seconds, proxies, token = (
        value(name) for name in ("HOLDFAST_HSTS_SECONDS", "HOLDFAST_PROXY_COUNT", "HOLDFAST_METRICS_TOKEN")
    )
    if seconds and (not seconds.isdecimal() or int(seconds) < SHORTEST_HSTS_SECONDS):
        yield f"HOLDFAST_HSTS_SECONDS must be at least {SHORTEST_HSTS_SECONDS}"
    if proxies and not proxies.isdecimal():
        yield "HOLDFAST_PROXY_COUNT must be a whole number"
    if token and len(token) < SHORTEST_TOKEN:
        yield f"HOLDFAST_METRICS_TOKEN must be at least {SHORTEST_TOKEN} characters"


def _is_inside(place: str, folder: Path) -> bool:
    return Path(place).resolve().is_relative_to(folder.resolve())
