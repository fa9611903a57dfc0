"""Alive, ready, numbers: what a load balancer and Prometheus see."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from core.telemetry import metrics, readiness
from core.vault import keys, kms

ROOT = Path(__file__).resolve().parents[4]


def test_health_asks_nobody(client, django_assert_num_queries):
    # No database mark: a query would fail this test.
    response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
class TestReady:
    def test_with_everything_up(self, client):
        response = client.get("/ready")
        assert response.status_code == 200
        assert response.json()["checks"] == {"database": "ok", "redis": "ok", "vault": "ok"}

    def test_names_what_is_down(self, client, settings):
        settings.HOLDFAST_REDIS_URL = "redis://127.0.0.1:1/0"
        response = client.get("/ready")
        assert response.status_code == 503
        assert response.json()["down"] == ["redis"]
        assert "127.0.0.1" not in response.content.decode()

    def test_refuses_to_run_on_a_database_that_forgets(self, client):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        response = client.get("/ready")
        assert response.status_code == 503
        assert response.json()["checks"]["database"] == "synchronous_commit is off"

    def test_refuses_to_run_as_the_owner_of_the_tables(self, client, settings):
        settings.HOLDFAST_DATABASE_ROLE = "holdfast_app"
        assert client.get("/ready").json()["checks"]["database"] == "the session's role is not holdfast_app"
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE holdfast_app")
        assert client.get("/ready").status_code == 200

    def test_without_a_key(self, client, monkeypatch):
        def down(*_, **__):
            raise kms.KeyServiceUnavailable("10.1.2.3 does not answer")

        keys.forget()
        monkeypatch.setattr(type(kms.service()), "unwrap", down)
        monkeypatch.setattr(type(kms.service()), "generate", down)
        response = client.get("/ready")
        keys.forget()
        assert response.json()["down"] == ["vault"]
        assert "10.1.2.3" not in response.content.decode()

    def test_without_a_database(self, client, monkeypatch):
        def down():
            raise OSError("connection to 10.1.2.3 failed")

        monkeypatch.setitem(readiness._CHECKS, "database", down)
        response = client.get("/ready")
        assert response.json()["down"] == ["database"]
        assert "10.1.2.3" not in response.content.decode()


class TestMetrics:
    def test_counts_requests_by_route_and_class_of_status(self, client):
        client.get("/health")
        text = client.get("/metrics").content.decode()
        assert 'holdfast_http_request_seconds_count{method="GET",route="health",status="2xx"}' in text

    def test_an_unknown_address_adds_no_label_of_its_own(self, client):
        client.get("/no/such/thing/4242424242424242")
        text = client.get("/metrics").content.decode()
        assert 'route="unmatched"' in text
        assert "such" not in text

    @pytest.mark.parametrize(
        "headers", [{"REMOTE_ADDR": "10.0.0.7"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.7"}, {"REMOTE_ADDR": ""}]
    )
    def test_is_for_this_machine_only(self, client, headers):
        assert client.get("/metrics", **headers).status_code == 403

    def test_or_for_the_bearer_of_the_token(self, client, settings):
        settings.HOLDFAST_METRICS_TOKEN = "scrape-me"
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 403
        assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer scrape-me", REMOTE_ADDR="10.0.0.7").status_code == 200

    def test_reads_levels_when_asked(self, client, monkeypatch):
        monkeypatch.setattr(metrics, "_readers", {})
        depths = {("due",): 3.0, ("parked",): 1.0}
        metrics.at_scrape("work_depth", "Rows of the work list", lambda: depths, labels=["state"])
        metrics.at_scrape("broken", "Fails", lambda: 1 / 0)
        text = client.get("/metrics").content.decode()
        assert 'holdfast_work_depth{state="due"} 3.0' in text
        assert "holdfast_broken" not in text.replace('metric="broken"', "")
        assert 'holdfast_metric_reads_failed_total{metric="broken"}' in client.get("/metrics").content.decode()


class TestRequestId:
    def test_every_answer_has_one(self, client):
        for address in ("/health", "/nothing/here"):
            assert client.get(address)["Request-Id"].startswith("req_")

    def test_a_sane_one_of_the_caller_is_kept(self, client):
        assert client.get("/health", HTTP_REQUEST_ID="order-7731.retry_2")["Request-Id"] == "order-7731.retry_2"

    @pytest.mark.parametrize(
        "offered",
        [
            "short",
            "with blank in it",
            "x" * 65,
            "line\nbreak-here",
            "4242424242424242",
            "sk_test_abcdefghij",
            "ünïcode-id",
        ],
    )
    def test_any_other_is_replaced(self, client, offered):
        returned = client.get("/health", HTTP_REQUEST_ID=offered)["Request-Id"]
        assert returned.startswith("req_")


def test_one_worker_answers_for_all(tmp_path):
    """Web workers are processes; a scrape reaches one of them and must see what the others counted."""
    script = (
        "import django; django.setup(); from core.telemetry import metrics;"
        " metrics.REQUEST_SECONDS.labels('GET', 'health', '2xx').observe(0.01); print(metrics.render().decode())"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "HOLDFAST_METRICS_DIR": str(tmp_path / "metrics"),
    }
    command = [sys.executable, "-c", script]
    seen = [
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    counted = 'holdfast_http_request_seconds_count{method="GET",route="health",status="2xx"}'
    assert f"{counted} 1.0" in seen[0]
    assert f"{counted} 2.0" in seen[1]
