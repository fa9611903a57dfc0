"""API keys in the console, as an integration engineer, a security officer and an auditor see them."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM
from core.api import keys, rotation
from core.api.models import ApiKey
from core.approvals.models import ApprovalRequest
from core.audit.models import AuditEntry
from tests.factories import keys as live
from tests.factories import staff
from tests.factories.approvals import code_of, signed

pytestmark = pytest.mark.django_db
SECRET = re.compile(r'<code class="secret">([sr]k_(?:live|test)_[A-Za-z0-9]{32})</code>')
FORM = {"name": "shop", "mode": "test", "kind": "RESTRICTED", "scopes": ["payments:read"], "networks": ""}


def browser(person: staff.Person) -> Client:
    client = Client()
    staff.sign_in(client, person.user)
    return client


def secret_on(response: object) -> str:
    found = SECRET.search(response.content.decode())
    assert found, response.content.decode()
    return found[1]


def test_a_test_key_is_made_at_once_and_its_secret_shown_once(integrator: staff.Person) -> None:
    client = browser(integrator)
    answer = client.post("/admin/api-keys/new/", FORM | {"networks": "203.0.113.0/24\n2001:db8::/48"})
    secret, key = secret_on(answer), ApiKey.objects.get()
    assert keys.find_usable(secret=secret, now=timezone.now()) == key
    assert key.networks == ["2001:db8::/48", "203.0.113.0/24"]
    page = client.get(f"/admin/api-keys/{key.public_id}/").content.decode()
    assert secret not in page
    assert key.shown in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scopes": []}, "A restricted key names at least one scope."),
        ({"networks": "203.0.113.7/24"}, "203.0.113.7/24 is not a network"),
        ({"expires_on": "2020-01-01"}, "A key expires in the future."),
        ({"mode": "live"}, "A live key is asked for with a reason."),
        ({"mode": "live", "reason": "x", "expires_on": "2099-01-01"}, "A restricted live key expires by"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    integrator: staff.Person, change: dict[str, object], says: str
) -> None:
    answer = browser(integrator).post("/admin/api-keys/new/", FORM | change)
    assert answer.status_code == 400
    assert says in html.unescape(answer.content.decode())
    assert not ApiKey.objects.exists()


def test_a_live_key_goes_by_the_inbox_and_is_collected_with_a_fresh_code(
    integrator: staff.Person, officer: staff.Person
) -> None:
    client = browser(integrator)
    asked = client.post("/admin/api-keys/new/", FORM | {"mode": "live", "reason": "The shop goes live"})
    request = ApprovalRequest.objects.get()
    assert asked["Location"] == f"/admin/approvals/{request.request_id}/"
    signed(request, officer)

    address = f"/admin/api-keys/{request.subject}/"
    assert "Collect the secret" in client.get(address).content.decode()
    assert "Collect the secret" not in browser(officer).get(address).content.decode()
    assert browser(officer).post(f"{address}collect/", {"collect-code": code_of(officer)}).status_code == 403

    wrong = client.post(f"{address}collect/", {"collect-code": "000000"})
    assert wrong.status_code == 400
    assert ApiKey.objects.get().secret_hash is None
    got = client.post(f"{address}collect/", {"collect-code": code_of(integrator)})
    assert keys.find_usable(secret=secret_on(got), now=timezone.now())
    again = client.post(f"{address}collect/", {"collect-code": code_of(integrator)})
    assert again.status_code == 400
    assert not SECRET.search(again.content.decode())


def test_rotation_shows_the_new_secret_and_the_pair(integrator: staff.Person) -> None:
    client = browser(integrator)
    old, _ = keys.create(name="shop", livemode=False, scopes=["payments:read"], actor=SYSTEM, now=timezone.now())
    address = f"/admin/api-keys/{old.public_id}/"
    assert client.post(f"{address}rotate/", {"rotate-code": "000000"}).status_code == 400
    assert ApiKey.objects.count() == 1
    answer = client.post(f"{address}rotate/", {"rotate-code": code_of(integrator)})
    new = keys.find_usable(secret=secret_on(answer), now=timezone.now())
    assert new is not None
    assert new.replaces == old
    session = client.session
    session["console.livemode"] = False
    session.save()
    listed = client.get("/admin/api-keys/").content.decode()
    assert f"replaced by …{new.last4}" in listed
    assert f"successor of …{old.last4}" in listed


def test_narrower_rights_of_a_live_key_hold_at_once_and_wider_ones_are_asked_for(
    integrator: staff.Person, officer: staff.Person
) -> None:
    key, _ = live.collected(integrator, officer, "payments:read", "parties:read")
    client, address = browser(integrator), f"/admin/api-keys/{key.public_id}/rights/"
    end = key.expires_at.date().isoformat()
    fewer = {"rights-scopes": ["payments:read"], "rights-networks": "", "rights-expires_on": end}
    assert client.post(address, fewer)["Location"] == f"/admin/api-keys/{key.public_id}/"
    key.refresh_from_db()
    before = key.expires_at
    assert key.scopes == ["payments:read"]

    more = fewer | {"rights-scopes": ["payments:read", "refunds:write"], "rights-reason": "Refunds by program"}
    request = client.post(address, more)["Location"]
    assert request.startswith("/admin/approvals/apr_")
    signed(ApprovalRequest.objects.get(action="api.widen_live_key"), officer)
    key.refresh_from_db()
    assert (key.scopes, key.expires_at) == (["payments:read", "refunds:write"], before)


def test_revoking_needs_nobody_else(integrator: staff.Person, officer: staff.Person) -> None:
    key, secret = live.collected(integrator, officer, "payments:read")
    browser(integrator).post(f"/admin/api-keys/{key.public_id}/revoke/")
    assert keys.find_usable(secret=secret, now=timezone.now()) is None


@pytest.mark.parametrize("verb", ["collect", "rotate", "rights", "revoke"])
def test_who_only_looks_changes_nothing(verb: str) -> None:
    key, _ = keys.create(name="shop", livemode=False, scopes=["payments:read"], actor=SYSTEM, now=timezone.now())
    client, before = staff.signed_in("AUDITOR"), ApiKey.objects.values().get()
    address = f"/admin/api-keys/{key.public_id}/"
    assert client.get(address).status_code == 200
    assert client.post(f"{address}{verb}/").status_code == 403
    assert ApiKey.objects.values().get() == before
    assert AuditEntry.objects.filter(action="console.page.refused").exists()


def test_a_key_nobody_made_is_a_404(integrator: staff.Person) -> None:
    assert browser(integrator).get("/admin/api-keys/key_none/").status_code == 404


def test_fifty_keys_cost_as_many_statements_as_two(integrator: staff.Person, django_assert_max_num_queries) -> None:
    now, client = timezone.now(), browser(integrator)
    session = client.session
    session["console.livemode"] = False
    session.save()
    for number in range(51):
        key, _ = keys.create(
            name=f"shop {number}", livemode=False, scopes=["payments:read"], actor=SYSTEM,
            now=now + timedelta(seconds=number),
        )  # fmt: skip
        if number % 2:
            rotation.rotate(key_id=key.public_id, actor=SYSTEM, now=now + timedelta(seconds=number))
    client.get("/admin/api-keys/")
    with django_assert_max_num_queries(8):
        page = client.get("/admin/api-keys/").content.decode()
    assert page.count("row-link") == 50
    assert 'rel="next"' in page


def test_the_scopes_say_what_they_open(integrator: staff.Person) -> None:
    page = browser(integrator).get("/admin/api-keys/scopes/").content.decode()
    assert "Take a payment" in page
    assert re.search(r"card-tokens:reveal</code></td><td>Show a card in clear</td><td>[^|]*[Oo]nly if named", page)


def test_the_search_box_knows_the_id(integrator: staff.Person) -> None:
    key, _ = keys.create(name="shop", livemode=False, scopes=["payments:read"], actor=SYSTEM, now=timezone.now())
    answer = browser(integrator).get("/admin/search/", {"q": key.public_id})
    assert answer["Location"] == f"/admin/api-keys/{key.public_id}/"
