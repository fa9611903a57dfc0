"""Everything can be reached and done without a mouse."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_looks import shoot
from tests.factories import staff


@pytest.fixture(autouse=True)
def _someone(sign_in: Callable[..., staff.Person]) -> None:
    sign_in("ADMINISTRATOR", full_name="Ada Admin")


def test_question_mark_shows_the_keys_and_escape_hides_them(
    page: Page, violations: Callable[[Page], list[str]]
) -> None:
    page.goto("/admin/staff/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("New person")
    shoot(page, "keys")
    assert violations(page) == []

    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_slash_goes_to_the_search_and_letters_typed_there_are_letters(page: Page) -> None:
    page.goto("/admin/staff/")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("jn?")
    assert page.locator("#find").input_value() == "jn?"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="New person")).to_be_visible()


def test_g_and_a_letter_jump(page: Page) -> None:
    page.goto("/admin/components/")
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="People")).to_be_visible()


def test_j_k_and_enter_walk_a_table(page: Page) -> None:
    staff.person("AUDITOR", full_name="Bo Below")
    page.goto("/admin/staff/")
    for key in "jjk":
        page.keyboard.press(key)
    page.keyboard.press("j")
    expect(page.locator("tr.at")).to_have_count(1)
    expect(page.locator("tr.at")).to_contain_text("Ada Admin")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada Admin")).to_be_visible()
    shoot(page, "person")


def test_first_tab_offers_to_skip_the_navigation(page: Page) -> None:
    page.goto("/admin/components/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_click_anywhere_on_a_row_opens_it(page: Page) -> None:
    page.goto("/admin/staff/")
    page.locator("tbody tr").first.locator("td").last.click()
    expect(page.get_by_role("heading", name="Ada Admin")).to_be_visible()


def test_menu_opens_on_a_phone(page: Page, violations: Callable[[Page], list[str]]) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/admin/components/")
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(menu).to_be_visible()
    shoot(page, "menu-phone")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(menu).not_to_be_visible()


def test_scheme_follows_the_system(page: Page) -> None:
    page.goto("/admin/components/")
    grounds = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 247, 248)", "rgb(16, 20, 23)"]


def test_print_leaves_the_shell_out(page: Page) -> None:
    page.goto("/admin/components/")
    page.emulate_media(media="print")
    expect(page.locator(".side")).not_to_be_visible()
    expect(page.locator(".top")).not_to_be_visible()
    expect(page.get_by_role("heading", name="Components")).to_be_visible()
