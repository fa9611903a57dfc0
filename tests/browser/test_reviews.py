"""The review queue by keyboard in a real browser, with and without JavaScript."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from fraud.enums import CaseDecision
from fraud.models import ReviewCase
from fraud.services import assessments, cases, observations
from fraud.services.assessments import AssessmentRequest
from fraud.services.observations import Observation
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_looks import shoot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting() -> list[ReviewCase]:
    """Three held payments of one customer, the first the most urgent."""
    now, made = timezone.now(), []
    for number, days in enumerate((1, 3, 6)):
        observations.record(
            Observation(
                payment_id=f"pay_170312345678{number}_history0{number}",
                transaction_id=f"txn_{number}",
                livemode=False,
                payer_id="cus_abc123def456",
                payee_id="prov_xyz789ghi012",
                amount_minor=4_500 + number,
                currency="USD",
                outcome="APPROVED",
                at=now - timedelta(days=days),
                ip_address="192.0.2.7",
            )
        )
        payment_id = f"pay_170312345678{number}_k2n8m9p1{number}"
        answer = assessments.evaluate(
            AssessmentRequest(
                livemode=False,
                payment_id=payment_id,
                payer_id="cus_abc123def456",
                payee_id="prov_xyz789ghi012",
                amount_minor=120_000 + number * 10_000,
                currency="USD",
                card_bin="422222",
                ip_address="198.51.100.7",
                billing_country="US",
                payer_since=now - timedelta(days=2),
            ),
            now=now,
        )
        case = cases.NewCase(
            payment_id=payment_id,
            transaction_id=f"txn_{number}",
            livemode=False,
            payer_id="cus_abc123def456",
            payee_id="prov_xyz789ghi012",
            amount_minor=120_000 + number * 10_000,
            currency="USD",
            score=answer.score,
            why="The amount is high; a new customer pays a high amount",
            capture_deadline=now + timedelta(days=days),
        )
        made.append(cases.open(case=case, assessment_row_id=answer.row_id, now=now))
    return made


def test_an_analyst_decides_by_keyboard_and_the_next_case_opens(
    page: Page, sign_in: Callable[..., object], waiting: list[ReviewCase]
) -> None:
    sign_in("FRAUD_ANALYST")
    page.goto("/admin/reviews/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/admin/reviews/{waiting[0].case_id}/")
    page.keyboard.press("c")
    expect(page.get_by_text("You hold it")).to_be_visible()
    page.get_by_label("What you found").select_option("GENUINE")
    page.get_by_label("Reason").fill("Called the customer back")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page).to_have_url(f"/admin/reviews/{waiting[1].case_id}/")
    assert ReviewCase.objects.get(pk=waiting[0].pk).decision == CaseDecision.APPROVE


def test_a_decision_without_a_reason_stays_on_the_page(
    page: Page, sign_in: Callable[..., object], waiting: list[ReviewCase]
) -> None:
    sign_in("FRAUD_ANALYST")
    page.goto(f"/admin/reviews/{waiting[0].case_id}/")
    page.get_by_label("What you found").select_option("CONFIRMED_FRAUD")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page).to_have_url(f"/admin/reviews/{waiting[0].case_id}/")
    assert not ReviewCase.objects.filter(state="DECIDED").exists()


def test_it_works_without_javascript(
    chromium: Browser, live_server: object, window: object, sign_in: Callable[..., object], waiting: list[ReviewCase]
) -> None:
    sign_in("FRAUD_ANALYST")
    plain = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(window.cookies())
    page = plain.new_page()
    page.goto("/admin/reviews/")
    page.get_by_role("button", name="Take the next case").click()
    expect(page).to_have_url(f"/admin/reviews/{waiting[0].case_id}/")
    page.get_by_label("What you found").select_option("SUSPECTED_FRAUD")
    page.get_by_label("Reason").fill("Card and customer in different countries")
    page.get_by_role("button", name="Decline and void").click()
    expect(page).to_have_url(f"/admin/reviews/{waiting[1].case_id}/")
    plain.close()
    assert ReviewCase.objects.get(pk=waiting[0].pk).decision == CaseDecision.DECLINE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_review_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    waiting: list[ReviewCase],
    scheme: str,
    size: dict[str, int],
) -> None:
    sign_in("FRAUD_ANALYST")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "reviews": "reviews/",
        "review": f"reviews/{waiting[2].case_id}/",
        "reviews-decided": "reviews/?show=decided",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
