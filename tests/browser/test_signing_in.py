"""Signing in as a person does: typing, scanning, waiting for the next code."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from core.staff.services import authenticators
from tests.browser.test_looks import shoot
from tests.factories import staff


def give_password(page: Page, person: staff.Person) -> None:
    page.goto("/admin/records/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(person.user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")


def test_password_then_code_open_the_page_asked_for(page: Page, violations: Callable[[Page], list[str]]) -> None:
    person = staff.person("AUDITOR")
    give_password(page, person)

    expect(page.get_by_label("One-time code")).to_be_focused()
    shoot(page, "code")
    assert violations(page) == []
    page.keyboard.type(authenticators.code_at(person.secret, time.time()))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Records")).to_be_visible()


def test_wrong_password_says_so_and_keeps_nothing_typed(
    page: Page, faults: list[str], violations: Callable[[Page], list[str]]
) -> None:
    person = staff.person("AUDITOR")
    give_password(page, staff.Person(person.user, "not the password 1", ""))

    expect(page.get_by_role("alert")).to_contain_text("These details were not accepted")
    shoot(page, "login-refused")
    assert page.get_by_label("Password").input_value() == ""
    assert violations(page) == []
    faults[:] = [fault for fault in faults if "400" not in fault]


def test_first_sign_in_shows_a_code_to_scan(page: Page, violations: Callable[[Page], list[str]]) -> None:
    give_password(page, staff.person("AUDITOR", enrolled=False))

    expect(page.get_by_role("img", name="QR code with the secret below")).to_be_visible()
    shoot(page, "enrol")
    page.emulate_media(color_scheme="dark")
    shoot(page, "enrol-dark")
    assert violations(page) == []
    secret = page.locator(".secret code").inner_text()
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    page.get_by_label("One-time code").fill(authenticators.code_at(secret, time.time()))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    shoot(page, "recovery-codes-dark")
    page.emulate_media(color_scheme="light")
    shoot(page, "recovery-codes")
    assert violations(page) == []
    codes = page.locator(".recovery-codes code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as text").click()
    assert codes == Path(download.value.path()).read_text().splitlines()[3:]
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Records")).to_be_visible()


def test_signing_out_leads_back_to_the_first_step(page: Page, sign_in: Callable[..., staff.Person]) -> None:
    sign_in("AUDITOR", full_name="Ada Auditor")
    page.goto("/admin/")
    page.get_by_label("Account of Ada Auditor").click()
    expect(page.get_by_text("Auditor", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_window_locks_itself_when_its_session_has_ended(page: Page, sign_in: Callable[..., staff.Person]) -> None:
    """The page is told it has a second left, asks, and finds the session gone."""
    person = sign_in("AUDITOR")
    page.route(
        "**/admin/records/",
        lambda route: _with(route, lambda html: re.sub(r'data-seconds-left="\d+"', 'data-seconds-left="1"', html)),
    )
    page.goto("/admin/records/")
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=10_000)
    assert "next=%2Fadmin%2Frecords%2F" in page.url


def _with(route, change: Callable[[str], str]) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=change(answer.text()))
