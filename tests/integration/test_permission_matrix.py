"""Every address as every role, really asked. What is let in must be what docs/permissions.md says, line by line."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.http import HttpResponse
from django.template.backends.django import Template
from django.test import Client
from django.urls import path
from django.utils.safestring import SafeString
from django_otp import DEVICE_ID_SESSION_KEY

from compliance.services import referrals
from core.api import catalogue
from core.audit.models import AuditEntry
from core.console import reach
from core.console.management.commands import permissions_table
from core.console.reach import Address
from core.outbox import services as outbox
from core.staff import roles
from core.staff.models import User
from escrow.models import Escrow
from fraud.models import ReviewCase
from fraud.services import lists
from ledger.models import Entry
from ops.services import incidents
from ops.services.incidents import Alarm
from payments.models import Payment
from payments.services import reconciliation, refunds
from payments.services.refunds import RefundOrder
from tests.architecture.test_permissions import GUARDED_INSIDE, PUBLIC
from tests.factories import api, bank_accounts, staff
from tests.factories.chargebacks import charge_back
from tests.factories.payments import BACKEND, NOW, pay, ticket

pytestmark = pytest.mark.django_db

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "permissions.md"
ADDRESSES = reach.addresses()
ASKED = [address for address in ADDRESSES if address.kind in ("page", "record")]
PLACEHOLDERS = {"int": "999999999", "uuid": "00000000-0000-7000-8000-000000000000"}
# Open while the password has still to be replaced: that is what they are for.
OPEN_WITH_ISSUED_PASSWORD = {"password", "logout"}


@dataclass
class World:
    """Rows that addresses can name: by the page's name and argument, else by the argument alone."""

    examples: dict[str, str] = field(default_factory=dict)

    def url(self, address: Address) -> str:
        """The address with a row that exists in every place, or with a name nobody has."""

        def fill(match: re.Match[str]) -> str:
            converter, argument = match["converter"] or "str", match["argument"]
            for name in (f"{address.name}.{argument}", argument):
                if name in self.examples:
                    return self.examples[name]
            return PLACEHOLDERS.get(converter, "unknown")

        return re.sub(r"<(?:(?P<converter>\w+):)?(?P<argument>\w+)>", fill, address.route)

    def is_known(self, address: Address) -> bool:
        return not any(name in self.url(address) for name in ("unknown", *PLACEHOLDERS.values()))


@pytest.fixture(scope="module")
def furnished(kept_rows: Callable[[Callable[[], World]], World], tmp_path_factory: pytest.TempPathFactory) -> World:
    inbox = tmp_path_factory.mktemp("inbox")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconciliation, "inbox", lambda: inbox)
        return kept_rows(_furnish)


@pytest.fixture
def world(furnished: World) -> World:
    return World(dict(furnished.examples))


def _furnish() -> World:
    """A completed payment with its escrow and a refund, one that waits for review, a settlement file with a break."""
    done = pay().body["paymentId"]
    held = pay(amount_minor=100_000).body["paymentId"]
    pay("4000000000006082")
    order = RefundOrder(done, 10_000, "")
    refunds.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=NOW)
    outbox.drain(now=NOW)
    reconciliation.run(now=NOW + timedelta(hours=12))
    payment = Payment.objects.get(public_id=done)
    chargeback = charge_back(payment, 10_000)
    found = {
        "chargeback_id": chargeback.public_id,
        "refund_id": payment.refunds.get().public_id,
        "payment_id": done,
        "payment_of_transaction.identifier": payment.transaction_id,
        "escrow_id": Escrow.objects.get(payment=payment).public_id,
        "escrow_satisfy.condition_id": "service_completed",
        "case_id": ReviewCase.objects.get(payment_id=held).case_id,
        "audit_entry.entry_id": str(AuditEntry.objects.order_by("id").values_list("pk", flat=True)[0]),
        "entry_id": Entry.objects.order_by("id").values_list("public_id", flat=True)[0],
        "fraud_list.name": "blocked_customers",
        "fraud_list_entry.entry_id": _listed(),
        "rule_set.version": "1",
        "profile.party_id": "cus_abc123def456",
        "party_standing.party_id": "cus_abc123def456",
        "account_id": bank_accounts.active().account_id,
        "account": "acquirer_receivable",
        "user_id": str(staff.person("TREASURY").user.pk),
        "referral_id": _handed_over(held),
        "incident_id": incidents.open_or_continue(
            Alarm("fraud.drift", "amount", "P3", "The amount drifts.", "/admin/overview/", NOW)
        ).incident_id,
    }
    for model in site._registry:
        if (row := model.objects.order_by("pk").first()) is not None:  # type: ignore[attr-defined]
            label = f"{model._meta.app_label}_{model._meta.model_name}"
            found |= {f"{label}_{suffix}.object_id": str(row.pk) for suffix in ("change", "delete", "history")}
    return World(found)


def _listed() -> str:
    entry = lists.add(
        name="blocked_customers", livemode=False, value="cus_bad", reason="Three chargebacks.", actor=BACKEND, now=NOW,
        expires_at=NOW + timedelta(days=30),
    )  # fmt: skip
    return entry.entry_id


def _handed_over(payment_id: str) -> str:
    return referrals.open(
        subject_kind="PAYMENT",
        subject_id=payment_id,
        party_ids=[],
        livemode=False,
        reason="The buyer denies everything.",
        referred_by=BACKEND,
        now=NOW,
    ).referral_id


class Visitor:
    """A browser in one state of signing in. Whatever a request does is undone, so one session serves all of them."""

    def __init__(self, *codes: str, **different: Any) -> None:
        client = staff.signed_in(*codes)
        self.session = client.session
        for name, value in different.items():
            if value is None:
                del self.session[name]
            else:
                self.session[name] = value
        self.session.save()

    def asks(self, method: str, url: str) -> HttpResponse:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.session.session_key
        with transaction.atomic():
            answer = client.generic(method, url)
            transaction.set_rollback(True)
        assert answer.status_code < 500, f"{method} {url}: {answer.status_code}"
        assert answer.status_code != 405, f"{method} {url} is declared and refused"
        return answer


def let_in(answer: HttpResponse) -> bool:
    """Anything but a refusal: also a form with faults, or a row that is not there."""
    return answer.status_code != 403 and not leads_to(answer, "login", "password")


def leads_to(answer: HttpResponse, *places: str) -> bool:
    there = {"login": "/admin/login/", "password": "/admin/account/password/"}
    wanted = tuple(there[place] for place in places)
    return answer.status_code in (301, 302, 303) and answer["Location"].startswith(wanted)


@dataclass(frozen=True)
class Observed:
    """Which addresses let which roles in."""

    pairs: frozenset[tuple[str, str, str]]

    def __call__(self, address: Address, role: str) -> bool:
        return (address.method, address.route, role) in self.pairs


def observe(world: World, found: list[Address], codes: list[str]) -> Observed:
    pairs = set()
    for role in codes:
        visitor = Visitor(role)
        for address in found:
            if let_in(visitor.asks(address.method, world.url(address))):
                pairs.add((address.method, address.route, role))
    return Observed(frozenset(pairs))


def role_codes() -> list[str]:
    return [role.code for role in reach.staff_roles()]


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is let in shows in status and place of an answer; thousands of pages need not be written for it."""
    monkeypatch.setattr(Template, "render", lambda *_, **__: SafeString("a page"))


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("unrendered")
def test_every_address_answers_every_role_as_the_document_says(world: World) -> None:
    observed = observe(world, ASKED, role_codes())
    assert permissions_table.document(observed) == DOCUMENT.read_text(), "manage.py permissions_table writes it anew"


def test_the_document_says_what_is_declared() -> None:
    assert permissions_table.document() == DOCUMENT.read_text(), "manage.py permissions_table writes it anew"


def test_what_the_world_has_is_really_shown(world: World) -> None:
    """To be let in to a page of nothing proves little: where the world has the row, an auditor sees it."""
    auditor = Visitor("AUDITOR")
    shown, strange = 0, []
    for address in ASKED:
        if address.method == "GET" and world.is_known(address) and reach.is_declared_open(address, "AUDITOR"):
            answer = auditor.asks("GET", world.url(address))
            shown += answer.status_code == 200
            if answer.status_code not in (200, 302):
                strange.append(f"{world.url(address)}: {answer.status_code}")
    assert strange == []
    assert shown > 60


@pytest.mark.usefixtures("unrendered")
def test_records_are_added_changed_and_deleted_by_nobody(world: World) -> None:
    """Not by who sees every row, not by who runs the service, not by who gives out roles."""
    opened = []
    for role in ("AUDITOR", "ON_CALL", "ADMINISTRATOR"):
        visitor = Visitor(role)
        for each in ADDRESSES:
            if each.kind == "refused":
                methods = ("GET", "POST")
            elif each.kind == "record" and each.name.endswith("_change"):
                methods = ("POST",)
            else:
                continue
            opened += [
                f"{role} {method} {each.route}" for method in methods if let_in(visitor.asks(method, world.url(each)))
            ]
    assert opened == []


def test_a_person_without_a_role_gets_nothing(world: World) -> None:
    nobody = Visitor()
    assert [each for each in ASKED if let_in(nobody.asks(each.method, world.url(each)))] == []


def test_without_the_second_factor_everything_leads_to_the_door(world: World) -> None:
    """Also for the role that may see most."""
    halfway = Visitor("AUDITOR", **{DEVICE_ID_SESSION_KEY: None})
    assert halfway.session[SESSION_KEY]
    answers = {each: halfway.asks(each.method, world.url(each)) for each in ASKED}
    assert [each for each, answer in answers.items() if not leads_to(answer, "login")] == []


def test_with_a_password_that_was_issued_only_its_change_is_open(world: World) -> None:
    newcomer = Visitor("AUDITOR")
    User.objects.filter(pk=newcomer.session[SESSION_KEY]).update(must_change_password=True)
    opened = {each.name for each in ASKED if let_in(newcomer.asks(each.method, world.url(each)))}
    assert opened <= OPEN_WITH_ISSUED_PASSWORD
    assert "password" in opened


def test_the_row_without_a_name_of_its_own_only_leads_on(world: World) -> None:
    visitor = Visitor("INTEGRATION")
    for address in ADDRESSES:
        if address.kind == "redirect":
            answer = visitor.asks("GET", world.url(address))
            assert answer.status_code in (301, 302), address
            assert answer["Location"].endswith("/change/"), address


def test_nothing_is_reachable_undeclared() -> None:
    """What asks neither a role nor a key has its reason on the list of open addresses, or asks by itself."""
    named = {address.name for address in ADDRESSES if address.kind == "other"}
    assert named <= set(PUBLIC) | GUARDED_INSIDE
    assert [address for address in ADDRESSES if address.kind != "other" and not address.permission] == []


def test_each_operation_opens_to_its_scope_and_to_no_other() -> None:
    """Exactly its scope lets in; all the others together do not. Let in means judged, for what the body says."""
    wrong = []
    for address in ADDRESSES:
        if address.kind != "api":
            continue
        url = World().url(address)
        others = [scope for scope in catalogue.scopes() if scope != address.permission]
        for scopes, expected in (((address.permission,), False), (others, True)):
            answer = api.client(*scopes).generic(address.method, url, "{}")
            if (answer.status_code == 403 and answer.json()["code"] == "INSUFFICIENT_SCOPE") is not expected:
                wrong.append(f"{address.method} {url} with {scopes}: {answer.status_code}")
    assert wrong == []


def test_no_staff_session_opens_the_api() -> None:
    visitor = Visitor("AUDITOR")
    statuses = {visitor.asks(each.method, World().url(each)).status_code for each in ADDRESSES if each.kind == "api"}
    assert statuses == {401}


def test_no_key_opens_the_console(world: World) -> None:
    key = api.client(*catalogue.scopes())
    answers = [key.generic(each.method, world.url(each)) for each in ASKED]
    assert [answer for answer in answers if not leads_to(answer, "login")] == []


@pytest.fixture
def _analysts_see_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    role = roles.ROLES["FRAUD_ANALYST"]
    too_much = replace(role, permissions=role.permissions | {"ledger.view_account"})
    monkeypatch.setitem(roles.ROLES, "FRAUD_ANALYST", too_much)
    monkeypatch.setattr(roles, "in_force", lambda: roles.SHIPPED)


@pytest.mark.usefixtures("_analysts_see_the_books")
def test_control_a_role_that_was_given_too_much_is_noticed(world: World) -> None:
    accounts = [each for each in ASKED if each.permission == "ledger.view_account"]
    observed = observe(world, accounts, ["FRAUD_ANALYST"])
    assert len(observed.pairs) == len(accounts) > 0
    assert permissions_table.document() != DOCUMENT.read_text()


def forgotten(request: Any) -> HttpResponse:
    return HttpResponse("everything")


def test_control_a_page_that_nobody_declared_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from config import urls

    with_more = [*urls.urlpatterns, path("admin/forgotten/", forgotten)]
    found = reach.addresses(with_more)
    undeclared = [each for each in found if each.kind == "other" and each.name not in set(PUBLIC) | GUARDED_INSIDE]
    assert [each.route for each in undeclared] == ["/admin/forgotten/"]
    monkeypatch.setattr(reach, "addresses", lambda: found)
    assert permissions_table.document() != DOCUMENT.read_text()
