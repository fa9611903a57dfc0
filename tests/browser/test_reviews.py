"""The review queue by keyboard in a real browser, with and without JavaScript."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from compliance.enums import PartyType
from compliance.models import Party
from compliance.services import parties
from core.actors import SYSTEM
from fraud.enums import AttemptOutcome, CaseDecision, CaseState, LabelSource
from fraud.models import ReviewCase
from fraud.services import assessments, cases, labels, observations
from fraud.services.assessments import AssessmentRequest
from fraud.services.observations import Observation
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot

pytestmark = pytest.mark.django_db(transaction=True)


INSTRUMENTS = {"device_id": "dev_5f3a91c0", "card_fingerprint": "card_fp_77aa", "card_bin": "422222"}


def seen(payment_id: str, at: datetime, **changes: object) -> None:
    """An attempt of the customer, as history keeps it."""
    attempt = Observation(
        payment_id=payment_id,
        transaction_id=f"txn_{payment_id}",
        livemode=False,
        payer_id="cus_abc123def456",
        payee_id="prov_xyz789ghi012",
        amount_minor=4_500,
        currency="USD",
        outcome=AttemptOutcome.APPROVED,
        at=at,
        ip_address="192.0.2.7",
    )
    with transaction.atomic():
        observations.record(replace(attempt, **changes))  # type: ignore[arg-type]


@pytest.fixture
def neighbours() -> None:
    """Five others at the customer's device and card; one of them is known for fraud."""
    now = timezone.now()
    for number in range(5):
        payment_id = f"pay_170312345670{number}_neighbour{number}"
        shared = dict(list(INSTRUMENTS.items())[: 1 + number % 3])
        at = now - timedelta(days=2, hours=number)
        seen(payment_id, at, payer_id=f"cus_neighbour{number}", ip_address=f"203.0.113.{number}", **shared)
    labels.record(
        livemode=False,
        payment_id="pay_1703123456702_neighbour2",
        is_fraud=True,
        strength=100,
        source=LabelSource.REPORT,
        reference="frr_1",
        known_at=now,
        actor=SYSTEM,
        now=now,
    )


@pytest.fixture
def waiting() -> list[ReviewCase]:
    """Three held payments of one customer, the first the most urgent."""
    now, made = timezone.now(), []
    for party_id, kind in (("cus_abc123def456", PartyType.CUSTOMER), ("prov_xyz789ghi012", PartyType.PROVIDER)):
        parties.ensure(party_id=party_id, type=kind, livemode=False, actor=SYSTEM, now=now)
    for number, days in enumerate((1, 3, 6)):
        payment_id = f"pay_170312345678{number}_k2n8m9p1{number}"
        seen(f"pay_170312345678{number}_history0{number}", now - timedelta(days=days), amount_minor=4_500 + number)
        seen(payment_id, now, amount_minor=120_000 + number * 10_000, outcome=AttemptOutcome.HELD, **INSTRUMENTS)
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
    page.keyboard.press("n")
    page.wait_for_url(f"**/admin/reviews/{waiting[0].case_id}/")
    expect(page.get_by_text("You hold it")).to_be_visible()
    page.get_by_label("What you found").select_option("GENUINE")
    page.get_by_label("Reason").fill("Called the customer back")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page).to_have_url(f"/admin/reviews/{waiting[1].case_id}/")
    assert ReviewCase.objects.get(pk=waiting[0].pk).decision == CaseDecision.APPROVE


def test_a_case_is_claimed_put_off_and_escalated_by_keyboard(
    page: Page, sign_in: Callable[..., object], waiting: list[ReviewCase]
) -> None:
    sign_in("FRAUD_ANALYST")
    page.goto("/admin/reviews/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/reviews/{waiting[0].case_id}/")
    page.keyboard.press("c")
    expect(page.get_by_text("You hold it")).to_be_visible()
    page.keyboard.press("z")
    page.get_by_label("Why", exact=True).fill("The bank calls back")
    page.get_by_role("button", name="Put off", exact=True).click()
    page.wait_for_url(f"**/admin/reviews/{waiting[1].case_id}/")
    page.keyboard.press("e")
    page.get_by_label("What the lead should know").fill("More than I may decide")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/admin/reviews/{waiting[2].case_id}/")
    put_off, escalated = (ReviewCase.objects.get(pk=waiting[index].pk) for index in (0, 1))
    assert (put_off.snoozed_until is not None, escalated.level) == (True, "LEAD")


def test_an_approval_over_a_warning_is_refused_until_it_is_ticked(
    page: Page, sign_in: Callable[..., object], waiting: list[ReviewCase], neighbours: None
) -> None:
    sign_in("FRAUD_ANALYST")
    page.goto(f"/admin/reviews/{waiting[0].case_id}/")
    expect(page.get_by_role("img", name="5 other customers share Device, Card")).to_be_visible()
    expect(page.get_by_text("is in GB, about 6,900 km from the billing country US")).to_be_visible()
    page.get_by_label("What you found").select_option("GENUINE")
    page.get_by_label("Reason").fill("A family with one telephone")
    page.get_by_role("button", name="Approve and capture").click()
    expect(page.get_by_text("Read and acknowledge first")).to_be_visible()
    assert ReviewCase.objects.get(pk=waiting[0].pk).state != CaseState.DECIDED
    page.get_by_label("Shares card, device with 1 other customer known for fraud").check()
    page.get_by_role("button", name="Approve and capture").click()
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


@each_look
def test_an_analyst_freezes_and_compliance_lifts(
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
    page.goto(f"/admin/reviews/{waiting[0].case_id}/")
    page.get_by_label("What you found").select_option("SUSPECTED_FRAUD")
    page.get_by_label("Reason").fill("The account was sold")
    page.get_by_label("The seller").check()
    page.get_by_role("button", name="Decline and void").click()
    expect(page.get_by_text("Frozen until compliance decides: the seller.")).to_be_visible()
    shoot(page, f"review-frozen-{scheme}-{size['width']}")

    sign_in("COMPLIANCE")
    page.goto("/admin/parties/prov_xyz789ghi012/standing/")
    shoot(page, f"standing-{scheme}-{size['width']}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.get_by_label("Reason").fill("The bank vouches for them")
    page.get_by_role("button", name="Lift").click()
    expect(page.get_by_text("This party may pay and be paid.")).to_be_visible()
    assert Party.objects.get(party_id="prov_xyz789ghi012").status == "ACTIVE"


@each_look
def test_review_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    waiting: list[ReviewCase],
    neighbours: None,
    scheme: str,
    size: dict[str, int],
) -> None:
    sign_in("FRAUD_LEAD")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "reviews": "reviews/",
        "review": f"reviews/{waiting[2].case_id}/",
        "reviews-decided": "reviews/?show=decided",
        "review-agreement": "review-agreement/",
        "review-skills": "review-skills/",
        "profile": "profiles/cus_abc123def456/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
