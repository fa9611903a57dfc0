"""Closing, asking, signing in a real browser; a card number shown once; both colour schemes and widths."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Error, Page, expect

from core import clock
from core.money import Money
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.services import SwitchClosed
from core.vault import cards, envelope
from core.vault.purposes import Purpose
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories import staff
from tests.factories.approvals import code_of
from tests.factories.payments import BACKEND, card
from tests.factories.switches import ON_CALL

pytestmark = pytest.mark.django_db(transaction=True)
SignIn = Callable[..., staff.Person]


def test_one_closes_asks_and_another_opens(page: Page, sign_in: SignIn) -> None:
    sign_in("ON_CALL")
    staff.person("CONTROLLER")
    page.goto("/admin/switches/PAYMENTS/")
    close = page.locator("form[action$='close/']")
    close.get_by_label("Reason").fill("acquirer answers twice")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.get_by_text("Closed everywhere.")).to_be_visible()
    page.wait_for_load_state()
    assert not switches.is_open(Switch.PAYMENTS, now=clock.now())
    ask = page.locator("form[action$='open/']")
    ask.get_by_label("Reason").fill("acquirer is well")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.get_by_text("It opens with the signature of a second person")).to_be_visible()
    assert not switches.is_open(Switch.PAYMENTS, now=clock.now())
    address = page.url
    controller = sign_in("CONTROLLER")
    page.goto(address)
    page.get_by_label("One-time code").first.fill(code_of(controller))
    page.get_by_role("button", name="Sign", exact=False).last.click()
    expect(page.locator("h1 + .badge")).to_have_text("Executed")
    page.goto("/admin/switches/")
    expect(page.get_by_text("Everything runs.")).to_be_visible()
    switches.forget_cache()
    assert switches.is_open(Switch.PAYMENTS, now=clock.now())


def test_a_card_is_shown_once(page: Page, sign_in: SignIn) -> None:
    officer = sign_in("COMPLIANCE")
    token = cards.tokenise(card=card(), party_id="cus_1", livemode=False, actor=BACKEND, now=clock.now()).token
    page.goto(f"/admin/cards/{token}/")
    page.get_by_label("Reason").fill("network dispute 4711")
    page.get_by_label("One-time code").fill(code_of(officer))
    page.get_by_role("button", name="Show the number").click()
    expect(page.locator("#pan")).to_have_text("4242 4242 4242 4242")
    shoot(page, "card-shown")
    assert "4242424242424242" not in page.url
    page.goto("/admin/")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()


@each_look
def test_pages_have_no_findings(
    page: Page, sign_in: SignIn, violations: Callable[[Page], list[str]], scheme: str, size: dict[str, int]
) -> None:
    sign_in("ON_CALL")
    envelope.warm(Purpose.PAYMENT)
    now = clock.now()
    switches.close(switch=Switch.REFUNDS, scope="provider:prov_1", reason="chargebacks", actor=ON_CALL, now=now)
    turn = switches.close(
        switch=Switch.PAYMENTS, reason="acquirer answers twice", actor=ON_CALL, now=now,
        expires_at=now + timedelta(minutes=30),
    )  # fmt: skip
    for _ in range(3):
        with pytest.raises(SwitchClosed):
            switches.require_open(Switch.PAYMENTS, now=now, amount=Money(50_000))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "switches": "switches/",
        "switch": "switches/PAYMENTS/",
        "turn": f"switches/turns/{turn.pk}/",
        "vault": "vault/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
