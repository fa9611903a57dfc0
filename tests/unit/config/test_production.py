"""Production does not start unsafe. Every refusal names the variable that has to change."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import refusals

ROOT = Path(__file__).resolve().parents[3]
SAFE = {
    "HOLDFAST_SECRET_KEY": "k3J9-vQ2x_7TnB4wZ8sLmR5cY1pD6fH0gA-uE_oViXjNqCtMzPyKbWl",
    "HOLDFAST_DATABASE_URL": "postgresql://holdfast:pw@db.internal:5432/holdfast",
    "HOLDFAST_REDIS_URL": "rediss://cache.internal:6379/0",
    "HOLDFAST_ALLOWED_HOSTS": "pay.example.com,api.example.com",
    "HOLDFAST_STATE_DIR": "/var/lib/holdfast",
    "HOLDFAST_KMS": "aws",
    "HOLDFAST_KMS_REGION": "eu-central-1",
}
SOCKET = "/tmp/holdfast-0123456789abcdef"


def found(**changes: str | None) -> list[str]:
    environment = {name: value for name, value in {**SAFE, **changes}.items() if value is not None}
    return list(refusals.of_production(environment, checkout=ROOT))


def test_a_safe_environment_is_not_refused():
    assert found() == []
    assert (
        found(HOLDFAST_KMS="local", HOLDFAST_MASTER_KEY_FILE="/etc/holdfast/master.json", HOLDFAST_KMS_REGION=None)
        == []
    )
    assert found(DEBUG="false", HOLDFAST_COOKIE_SECURE="true", HOLDFAST_PROXY_COUNT="1") == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HOLDFAST_SECRET_KEY", None),
        ("HOLDFAST_SECRET_KEY", "   "),
        ("HOLDFAST_SECRET_KEY", "demo-only-not-a-secret-k3J9-vQ2x_7TnB4wZ8sLmR5cY1pD6fH0gA"),
        ("HOLDFAST_SECRET_KEY", "django-insecure-k3J9-vQ2x_7TnB4wZ8sLmR5cY1pD6fH0gA-uE_oV"),
        ("HOLDFAST_SECRET_KEY", "k3J9-vQ2x_7TnB4wZ8sLmR5cY1pD6fH0"),
        ("HOLDFAST_SECRET_KEY", "ab" * 40),
        ("HOLDFAST_DATABASE_URL", None),
        ("HOLDFAST_DATABASE_URL", f"postgresql://postgres@/holdfast?host={SOCKET}"),
        ("HOLDFAST_DATABASE_URL", f"postgresql://postgres@/holdfast?host={ROOT}/var/postgres"),
        ("HOLDFAST_REDIS_URL", None),
        ("HOLDFAST_REDIS_URL", f"unix://{SOCKET}/valkey.sock?db=0"),
        ("HOLDFAST_ALLOWED_HOSTS", None),
        ("HOLDFAST_ALLOWED_HOSTS", "*"),
        ("HOLDFAST_ALLOWED_HOSTS", "pay.example.com, *"),
        ("HOLDFAST_STATE_DIR", None),
        ("HOLDFAST_STATE_DIR", "var"),
        ("HOLDFAST_STATE_DIR", str(ROOT / "var")),
        ("HOLDFAST_KMS", None),
        ("HOLDFAST_KMS", "plain"),
        ("HOLDFAST_KMS_REGION", None),
        ("HOLDFAST_KMS_ENDPOINT", "http://localhost:4566"),
        ("DEBUG", "1"),
        ("HOLDFAST_DEBUG", "true"),
        ("HOLDFAST_DEBUG", "maybe"),
        ("HOLDFAST_COOKIE_SECURE", "false"),
        ("HOLDFAST_COOKIE_SECURE", ""),
        ("HOLDFAST_SSL_REDIRECT", "off"),
        ("HOLDFAST_HSTS_SECONDS", "60"),
        ("HOLDFAST_HSTS_SECONDS", "-1"),
        ("HOLDFAST_PROXY_COUNT", "some"),
        ("HOLDFAST_METRICS_TOKEN", "short"),
        ("HOLDFAST_FAILPOINT", "payments.after_charge"),
        ("HOLDFAST_FAILPOINTS", "1"),
        ("HOLDFAST_MOVABLE_CLOCK", "yes"),
        ("HOLDFAST_LOCAL_ISSUER", "1"),
        ("HOLDFAST_LOOPBACK_ISSUERS", "true"),
        ("HOLDFAST_DEMO_API_KEY", "anything"),
        ("SHOP_API_KEY", "sk_test_0123456789abcdef"),
        ("BYPASS_FRAUD_DETECTION", "false"),
        ("BYPASS_MODE", "approve all"),
    ],
)  # fmt: skip
def test_an_unsafe_variable_is_refused_by_name(variable, value):
    sentences = found(**{variable: value})
    assert sentences, f"{variable}={value} was accepted"
    assert all(sentence.startswith(variable) for sentence in sentences)


@pytest.mark.parametrize("path", [None, "master.json", str(ROOT / "keys" / "master.json")])
def test_the_local_master_key_lies_outside_the_checkout(path):
    sentences = found(HOLDFAST_KMS="local", HOLDFAST_MASTER_KEY_FILE=path)
    assert [sentence.split()[0] for sentence in sentences] == ["HOLDFAST_MASTER_KEY_FILE"]


def test_everything_wrong_is_said_at_once():
    assert len(found(HOLDFAST_SECRET_KEY=None, HOLDFAST_REDIS_URL=None, DEBUG="1")) == 3


def test_no_refusal_repeats_a_value():
    secret = "demo-only-hunter2"
    assert not any("hunter2" in sentence for sentence in found(HOLDFAST_SECRET_KEY=secret))


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The real command line with nothing in its environment but what is given."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        **SAFE,
        **changes,
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_check_is_clean():
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_an_unsafe_program_does_not_start():
    done = manage("check", HOLDFAST_SECRET_KEY="demo-only-hunter2", DEBUG="1")
    assert done.returncode != 0
    assert "HOLDFAST_SECRET_KEY is a demo key" in done.stderr
    assert "DEBUG must be off" in done.stderr
    assert "hunter2" not in done.stderr


def test_cookies_and_transport_of_production():
    """What the settings say once they start, read in a process of their own."""
    script = (
        "from django.conf import settings as s; options = s.DATABASES['default']['OPTIONS']; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS >= 31536000,"
        " s.DEBUG, s.HOLDFAST_MOVABLE_CLOCK, s.HOLDFAST_FAILPOINTS,"
        " options['sslmode'], '-c role=holdfast_app' in options['options'])"
    )
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.production", **SAFE}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True", "True", "True", "True", "False", "False", "False", "require", "True"], (
        done.stderr
    )
