"""Disputes, debts and breaks like every list: kept as a view, taken out as a file, as filtered."""

from collections.abc import Callable

import pytest
import time_machine
from django.urls import reverse

from core.audit.models import AuditEntry
from core.console.models import SavedView
from escrow.models import Break, Dispute, Receivable
from tests.factories import escrows, staff
from tests.factories.disputes import raised
from tests.factories.payments import NOW
from tests.factories.reconciliation import held, run
from tests.integration.escrow.test_dispute_pages import owed
from tests.integration.escrow.test_reconciliation import damage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock_at_noon():
    with time_machine.travel(NOW, tick=True):
        yield


def one_dispute() -> str:
    return raised(escrows.funded(80_000), now=NOW).public_id


def one_debt() -> str:
    return owed().public_id


def one_break() -> str:
    damage(held(), 100)
    run()
    return Break.objects.latest("id").public_id


LISTS = [
    ("disputes", "show=free", "show=mine", one_dispute, "800.00", ["cus_customer123", "prov_provider456"]),
    ("receivables", "state=OPEN", "state=RECOVERED", one_debt, "460.00", ["prov_xyz789ghi012"]),
    ("escrow_breaks", "state=OPEN", "state=CLEARED", one_break, "-1.00", []),
]


@pytest.mark.parametrize(("name", "filtered", "empty", "make", "amount", "people"), LISTS)
def test_the_file_is_the_list_as_filtered_with_people_masked(
    name: str, filtered: str, empty: str, make: Callable[[], str], amount: str, people: list[str]
) -> None:
    public_id, address = make(), reverse(f"admin:{name}")
    client = staff.signed_in("TREASURY")

    def lines(query: str) -> list[str]:
        response = client.get(f"{address}?{query}&format=csv")
        return b"".join(response.streaming_content).decode().splitlines()

    (_, line) = lines(filtered)
    assert public_id in line
    assert amount in line
    assert not [person for person in people if person in line]
    assert len(lines(empty)) == 1
    assert AuditEntry.objects.filter(action="console.list.exported").count() == 2
    assert staff.signed_in("MEDIATOR").get(f"{address}?format=csv").status_code == 403


@pytest.mark.parametrize(("name", "filtered"), [(name, filtered) for name, filtered, *_ in LISTS])
def test_its_filter_is_kept_as_a_view(name: str, filtered: str) -> None:
    client, address = staff.signed_in("TREASURY"), reverse(f"admin:{name}")
    assert "Save view" in client.get(f"{address}?{filtered}").content.decode()
    data = {"page": name, "query": filtered, "name": "What I look at", "role": ""}
    client.post(reverse("admin:saved_view_new"), data)
    view = SavedView.objects.get()
    page = client.get(f"{address}?{filtered}&v={view.public_id}").content.decode()
    assert "What I look at" in page
    assert 'aria-current="true"' in page
    answer = client.post(reverse("admin:saved_view_new"), data | {"query": "mediator=x", "name": "y"})
    assert answer.status_code == 400


def test_the_lists_name_what_a_file_is_joined_by() -> None:
    """Whoever takes the file to a spreadsheet finds the case, the escrow and the debt again."""
    one_dispute()
    response = staff.signed_in("TREASURY").get(f"{reverse('admin:disputes')}?format=csv")
    text = b"".join(response.streaming_content).decode()
    assert Dispute.objects.get().escrow.public_id in text
    assert not Receivable.objects.exists()
