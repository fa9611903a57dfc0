"""Incidents and referrals worked through by keyboard; no findings in either scheme and size."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from compliance.services import referrals
from core import clock
from core.actors import Actor
from ops.models import Incident
from ops.services import incidents
from ops.services.incidents import Alarm
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_looks import shoot

pytestmark = pytest.mark.django_db(transaction=True)

Looks = Callable[[Page], list[str]]


def look(page: Page, name: str, violations: Looks) -> None:
    """In both schemes and sizes: nothing for axe, nothing that scrolls sideways."""
    for scheme, size in (("light", WIDE), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.set_viewport_size(WIDE)


def test_the_operator_on_call_ends_an_incident_by_keyboard(
    page: Page, sign_in: Callable[..., object], violations: Looks
) -> None:
    said = "Rule night_round_amount_rule fires 41 times in 1,000 payments; forecast was 2 to 9."
    alarm = Alarm("fraud.rule_left_its_band", "night_round_amount_rule", "P1", said, "/admin/overview/", clock.now())
    incident = incidents.open_or_continue(alarm)
    sign_in("ON_CALL")
    page.goto("/admin/incidents/")
    look(page, "incidents", violations)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/incidents/{incident.incident_id}/")
    look(page, "incident", violations)
    page.keyboard.press("a")
    expect(page.get_by_text("Being looked into")).to_be_visible()
    page.get_by_label("Note").fill("All from one promotion.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("All from one promotion.")).to_be_visible()
    page.get_by_label("Cause").fill("A promotion at night; the forecast did not know it.")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("If the alarm comes again, it is a new incident.")).to_be_visible()
    assert Incident.objects.get().state == "RESOLVED"


def test_the_compliance_officer_takes_and_closes_a_referral(
    page: Page, sign_in: Callable[..., object], violations: Looks
) -> None:
    referral = referrals.open(
        subject_kind="PAYMENT",
        subject_id="pay_1703123456789_k2n8m9p1q",
        party_ids=["cus_new", "prov_quick"],
        livemode=False,
        reason="Two new accounts send each other round amounts and ask for the payout at once.",
        referred_by=Actor("STAFF", "noor@holdfast.example"),
        now=clock.now(),
    )
    sign_in("COMPLIANCE")
    page.goto("/admin/referrals/")
    look(page, "referrals", violations)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/referrals/{referral.referral_id}/")
    page.keyboard.press("c")
    expect(page.get_by_text("You have it, since")).to_be_visible()
    look(page, "referral", violations)
    page.get_by_label("What came of it").select_option("PURSUED")
    page.get_by_label("Reason").fill("The pair shares a bank account.")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_text("The referral is closed.")).to_be_visible()
