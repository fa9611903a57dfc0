"""The settlement page: files of the acquirer, and what does not agree."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from payments.services import reconciliation
from tests.factories import staff
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def treasurer() -> Client:
    return staff.signed_in("TREASURY")


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return str(response.content.decode())


def test_breaks_of_settlement_are_listed(treasurer: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "inbox", lambda: tmp_path)
    pay("4000000000006082")
    reconciliation.run(now=NOW + timedelta(hours=12))
    shown = page(treasurer, "/admin/settlement/")
    assert "DIFFERENT" in shown or "Different" in shown
    assert "499.99" in shown
    assert "sandbox-test-2026-03-02.csv" in shown


def test_an_administrator_sees_no_settlement() -> None:
    assert staff.signed_in("ADMINISTRATOR").get("/admin/settlement/").status_code == 403
