"""The record browser stays fast on large tables: no count, no whole table, no sort, a fixed number of statements."""

from uuid import UUID

import pytest
from django.db import connection, models
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core.console import paging, records
from core.staff.models import SignInCounter
from tests import plans
from tests.factories import staff
from tests.factories.payments import pay

pytestmark = pytest.mark.django_db

ADMINS = list(records.admins())
SEARCHES = [(admin, name) for admin in ADMINS for name in admin.search_fields]
MODEL_NAMES = [admin.opts.label for admin in ADMINS]


def some_value(admin: records.RecordAdmin, name: str) -> object:
    field = admin._field(name)
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.UUIDField):
        return UUID(int=1)
    return 1 if isinstance(field, models.IntegerField) else "some value"


@pytest.mark.parametrize("admin", ADMINS, ids=MODEL_NAMES)
def test_page_of_a_list_is_read_from_an_index(admin: records.RecordAdmin) -> None:
    request = RequestFactory().get("/")
    (statement,) = plans.statements(lambda: paging.keyset(request, admin.rows()), admin.opts.db_table)
    assert plans.reads_whole_tables(statement) == []
    assert "COUNT(" not in statement


@pytest.mark.parametrize(("admin", "name"), SEARCHES, ids=[f"{a.opts.label}.{n}" for a, n in SEARCHES])
def test_search_is_read_from_an_index(admin: records.RecordAdmin, name: str) -> None:
    found = admin.model._default_manager.filter(**{name: some_value(admin, name)})
    statement = str(plans.statements(lambda: list(found[:1]), admin.opts.db_table)[0])
    assert plans.reads_whole_tables(statement) == []


@pytest.mark.parametrize("admin", ADMINS, ids=MODEL_NAMES)
def test_row_is_read_from_an_index(admin: records.RecordAdmin) -> None:
    key = str(some_value(admin, admin.opts.pk.name))
    (statement,) = plans.statements(lambda: admin._find(key), admin.opts.db_table)
    assert plans.reads_whole_tables(statement) == []


def test_control_column_without_an_index_is_noticed() -> None:
    statement = str(plans.statements(lambda: list(SignInCounter.objects.filter(failures=1)), "staff_signincounter")[0])
    assert plans.reads_whole_tables(statement) == ["staff_signincounter"]


class TestList:
    @pytest.fixture
    def auditor(self) -> Client:
        return staff.signed_in("AUDITOR")

    def rows(self, number: int) -> None:
        SignInCounter.objects.bulk_create(
            [SignInCounter(subject=f"x{n:03}", since="2026-11-20T00:00Z") for n in range(number)]
        )

    def test_costs_as_many_statements_with_a_hundred_rows_as_with_one(self, auditor: Client) -> None:
        path = "/admin/records/staff/signincounter/"
        self.rows(1)
        auditor.get(path)
        with CaptureQueriesContext(connection) as few:
            auditor.get(path)
        SignInCounter.objects.all().delete()
        self.rows(100)
        with CaptureQueriesContext(connection) as many:
            auditor.get(path)
        assert len(many) == len(few) <= 7

    def test_pages_go_by_key(self, auditor: Client) -> None:
        self.rows(60)
        first = auditor.get("/admin/records/staff/signincounter/").content.decode()
        assert "x059" in first
        assert "x009" not in first
        before = QueryDict(first.split('rel="next" href="?')[1].split('"')[0])["before"]
        second = auditor.get("/admin/records/staff/signincounter/", {"before": before}).content.decode()
        assert "x009" in second
        assert "x059" not in second

    def test_row_and_work_page_lead_to_each_other(self, auditor: Client) -> None:
        from payments.models import Payment

        pay()
        payment = Payment.objects.get()
        row = f"/admin/records/payments/payment/{payment.pk}/change/"

        assert f'href="{row}"' in auditor.get(f"/admin/payments/{payment.public_id}/").content.decode()
        html = auditor.get(row).content.decode()
        assert f'href="/admin/payments/{payment.public_id}/"' in html
        assert f'href="/admin/records/compliance/party/{payment.customer_id}/change/"' in html

    def test_reference_one_may_not_browse_is_no_link(self) -> None:
        from payments.models import Payment

        pay()
        html = (
            staff.signed_in("INTEGRATION")
            .get(f"/admin/records/payments/payment/{Payment.objects.get().pk}/change/")
            .content.decode()
        )
        assert "/admin/records/compliance/" not in html

    def test_documents_are_shown_in_full_and_without_what_must_not_be_seen(self) -> None:
        assert records.pretty({"b": 1, "a": {"card": "4242424242424242"}}).startswith('{\n  "a": {')
        assert "4242424242424242" not in records.pretty({"card": "4242424242424242"})


@pytest.mark.parametrize("admin", [admin for admin in ADMINS if admin.work_page], ids=lambda admin: admin.opts.label)
def test_declared_work_page_exists(admin: records.RecordAdmin) -> None:
    name, field = admin.work_page or ("", "")
    argument = some_value(admin, field)
    assert records.reverse(name, args=[argument if argument != "some value" else "fees:platform"])
