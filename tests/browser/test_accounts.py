"""A person's own account: recovery codes, a code asked for again, sessions, passkeys with a virtual security key."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from core.staff import presence
from core.staff.models import KnownDevice, Passkey, StaffSession, User
from core.staff.services import authenticators, devices, recovery
from tests.browser.test_looks import shoot
from tests.browser.test_signing_in import give_password
from tests.factories import staff


def looks(page: Page, name: str, violations: Callable[[Page], list[str]]) -> None:
    """Light and wide, dark and on a telephone, without a finding."""
    for scheme, width in (("light", 1400), ("dark", 375)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        shoot(page, f"{name}-{scheme}-{width}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1400, "height": 900})


def long_ago(person: staff.Person) -> None:
    """The sign-in of this person's sessions counts no more for pages that ask for a code again."""
    for row in StaffSession.objects.filter(user=person.user):
        data = row.get_decoded() | {"staff.proved_at": 0}
        row.session_data = row.get_session_store_class()().encode(data)
        row.save(update_fields=["session_data"])


@pytest.fixture
def security_key(page: Page) -> Callable[..., Any]:
    """A virtual key in the browser that verifies its user; `security_key("…")` sends it a command."""
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    key = protocol.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )["authenticatorId"]
    return lambda command, **given: protocol.send(f"WebAuthn.{command}", {"authenticatorId": key, **given})


def test_recovery_code_signs_in_without_the_telephone(page: Page, violations: Callable[[Page], list[str]]) -> None:
    person = staff.person("AUDITOR")
    codes = recovery.issue(user=person.user, origin="", now=presence.present())
    give_password(page, person)
    page.get_by_role("link", name="Use a recovery code").click()
    expect(page.get_by_label("Recovery code")).to_be_focused()
    looks(page, "login-recovery", violations)

    page.get_by_label("Recovery code").fill(codes[0].upper())
    page.keyboard.press("Enter")

    expect(page.get_by_text("You signed in with a recovery code; 9 left.")).to_be_visible()


def test_a_fresh_code_opens_the_page_that_asks_for_one(
    page: Page, sign_in: Callable[..., staff.Person], violations: Callable[[Page], list[str]]
) -> None:
    person = sign_in("AUDITOR")
    long_ago(person)
    page.goto("/admin/search/")
    page.get_by_label(f"Account of {person.user}").click()
    page.get_by_role("link", name="Recovery codes").click()
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    expect(page.get_by_label("One-time code")).to_be_focused()
    looks(page, "step-up", violations)

    page.get_by_label("One-time code").fill(authenticators.code_at(person.secret, time.time()))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.wait_for_load_state()
    looks(page, "recovery-codes-left", violations)
    page.keyboard.press("n")
    expect(page.locator(".recovery-codes li")).to_have_count(10)


def test_what_was_sent_is_not_lost(
    page: Page, sign_in: Callable[..., staff.Person], faults: list[str], violations: Callable[[Page], list[str]]
) -> None:
    person, other = sign_in("ADMINISTRATOR"), staff.person("AUDITOR", full_name="Olga Other")
    staff.sign_in(Client(), other.user)
    page.goto(f"/admin/staff/{other.user.pk}/sessions/")
    looks(page, "sessions-of", violations)
    long_ago(person)
    page.get_by_role("button", name="End all").click()
    expect(page.get_by_text("What you were sending is kept")).to_be_visible()
    page.get_by_label("One-time code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("was not accepted")
    time.sleep(2.1)  # the pause after a wrong code

    page.get_by_label("One-time code").fill(authenticators.code_at(person.secret, time.time()))
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 session ended.")).to_be_visible()
    assert not StaffSession.objects.filter(user=other.user).exists()
    faults[:] = [fault for fault in faults if "400" not in fault]


def test_new_device_is_asked_about_and_a_no_ends_its_sessions(
    page: Page, sign_in: Callable[..., staff.Person], violations: Callable[[Page], list[str]]
) -> None:
    person = sign_in("AUDITOR")
    now = presence.present()
    for token, device in (("old", "Firefox 140 on Linux"), ("new", "Chrome 139 on Android")):
        devices.recognise(
            user=User.objects.get(pk=person.user.pk), token=token, device=device, address="198.51.100.7", now=now
        )
    staff.sign_in(Client(), person.user)
    page.goto("/admin/records/")
    page.get_by_role("link", name="Was this you?").click()
    expect(page.get_by_role("button", name="No, end its sessions")).to_be_visible()
    looks(page, "sessions", violations)

    page.get_by_role("button", name="No, end its sessions").click()

    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    expect(page.get_by_text("Every other session of yours has ended.")).to_be_visible()
    assert KnownDevice.objects.get(device="Chrome 139 on Android").answer == "NOT_MINE"
    assert StaffSession.objects.filter(user=person.user).count() == 1


def test_passkey_is_added_and_signs_in(
    page: Page,
    security_key: Callable[..., Any],
    sign_in: Callable[..., staff.Person],
    violations: Callable[[Page], list[str]],
) -> None:
    person = sign_in("AUDITOR")
    page.goto("/admin/account/passkeys/")
    page.get_by_role("textbox", name="Name", exact=True).fill("Blue key")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Blue key is known.")).to_be_visible()
    looks(page, "passkeys", violations)
    assert security_key("getCredentials")["credentials"][0]["isResidentCredential"] is False

    page.get_by_label(f"Account of {person.user}").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/admin/records/")
    page.get_by_label("E-mail").fill(person.user.email)
    page.get_by_label("Password").fill(person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    looks(page, "code-or-passkey", violations)
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("heading", name="Records")).to_be_visible()
    assert Passkey.objects.get(user=person.user).sign_count > 0


def test_passkey_without_the_persons_verification_is_not_taken(
    page: Page,
    security_key: Callable[..., Any],
    sign_in: Callable[..., staff.Person],
) -> None:
    person = sign_in("AUDITOR")
    security_key("setUserVerified", isUserVerified=False)
    page.goto("/admin/account/passkeys/")
    page.get_by_role("button", name="Add a passkey").click()

    expect(page.locator("[data-passkey-error]")).to_have_text("Nothing was confirmed. Try again.")
    assert not Passkey.objects.filter(user=person.user).exists()


def test_roles_and_people_pages_have_no_findings(
    page: Page, sign_in: Callable[..., staff.Person], violations: Callable[[Page], list[str]]
) -> None:
    sign_in("ADMINISTRATOR")
    staff.person("SECURITY_OFFICER")
    other = staff.person("TREASURY", "AUDITOR", full_name="Tess Treasury")
    for path, name in (
        ("roles/", "roles"),
        ("roles/TREASURY/", "role"),
        ("separation/", "separation"),
        (f"{other.user.pk}/", "person"),
        ("", "people"),
    ):
        page.goto(f"/admin/staff/{path}")
        looks(page, name, violations)


def test_role_is_asked_for_on_the_persons_page(page: Page, sign_in: Callable[..., staff.Person]) -> None:
    sign_in("ADMINISTRATOR")
    staff.person("SECURITY_OFFICER")
    other = staff.person(full_name="Nina New")
    page.goto(f"/admin/staff/{other.user.pk}/")
    page.get_by_label("Treasury operator").check()
    page.get_by_label("Reason").first.fill("Joins the treasury on Monday")
    page.get_by_role("button", name="Ask for a signature").click()

    expect(page.get_by_text("Give Nina New the role Treasury operator").first).to_be_visible()
    shoot(page, "role-request")
    page.goto(f"/admin/staff/{other.user.pk}/")
    expect(page.get_by_text("wait for a signature")).to_be_visible()
