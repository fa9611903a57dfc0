"""The dashboards of fraud with a month of decisions in them, in both schemes and widths: nothing to complain about."""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.actors import SYSTEM
from fraud.enums import CaseDecision, CaseOutcome, Outcome
from fraud.models import UnusualPattern
from fraud.services import cases, figures, patterns, weekly_reports
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories.fraud import attempt, decision, hit
from tests.factories.staff import Person

RULES = ("high_value_rule", "high_velocity_rule", "new_customer_high_rule", "many_cards_rule")


def furnish(person: Person, now: datetime) -> None:
    """Forty days: some ten decisions a day, a tenth flagged, a few of them fraud; cases; a spike of one BIN."""
    luck = random.Random(7)
    for back in range(40):
        for _ in range(luck.randint(6, 14)):
            _decide(now - timedelta(days=back, minutes=luck.randint(1, 200)), luck, is_old=back > 8)
    for number in range(9):
        case = cases.open(
            case=cases.NewCase(
                f"pay_{number}", f"txn_{number}", False, "cus_1", "prov_1", 120_000, "USD", 450, "Amount is high",
                now + timedelta(days=6),
            ),
            assessment_row_id=None, now=now - timedelta(hours=number * 9),
        )  # fmt: skip
        if number < 4:
            attempt(now - timedelta(days=1), payment_id=f"pay_{number}")
            cases.claim(case_id=case.case_id, actor=person.user.actor(), now=now - timedelta(minutes=7))
            cases.decide(
                case_id=case.case_id, decision=CaseDecision.DECLINE, outcome=CaseOutcome.CONFIRMED_FRAUD,
                reason="Three cards in an hour", actor=person.user.actor(), now=now,
            )  # fmt: skip
    for number in range(40):
        attempt(now - timedelta(seconds=number), card_bin="424242", ip_address="198.51.100.1")
    patterns.watch(now=now)
    figures.count_recent(now=now)
    weekly_reports.make(week=weekly_reports.last_week(now), livemode=False, actor=SYSTEM, now=now)


def _decide(at: datetime, luck: random.Random, *, is_old: bool) -> None:
    drawn = luck.random()
    outcome = (
        Outcome.APPROVE if drawn < 0.8 else Outcome.REVIEW if drawn < 0.9
        else Outcome.BLOCK if drawn < 0.95 else Outcome.INVESTIGATE if drawn < 0.98 else Outcome.NO_ADVICE
    )  # fmt: skip
    changes: dict[str, Any] = {}
    if outcome == Outcome.APPROVE:
        changes["score"] = luck.choice([40, 125, 125, 125, 220, 280])
    elif outcome != Outcome.NO_ADVICE:
        changes["hits"] = [hit(code, 200) for code in luck.sample(RULES, luck.randint(1, 2))]
    if is_old and outcome != Outcome.BLOCK:
        changes["is_fraud"] = luck.random() < (0.01 if outcome == Outcome.APPROVE else 0.6)
    if luck.random() < 0.03:
        changes["degraded"] = "feature store"
    decision(at, outcome, amount_minor=luck.randint(900, 180_000), **changes)


def addresses() -> list[str]:
    pattern, week = UnusualPattern.objects.all()[0].pattern_id, weekly_reports.last_week(clock.now())
    return [
        "analytics/", "analytics/?by=WEEK", "analytics/rules/", "analytics/reviewing/", "decisions/",
        "decisions/?outcome=FLAGGED&label=GENUINE", "patterns/", f"patterns/{pattern}/", "weeks/", f"weeks/{week}/",
    ]  # fmt: skip


@each_look
def test_figures_have_no_findings(
    page: Page,
    sign_in: Callable[..., Person],
    violations: Callable[[Page], list[str]],
    scheme: Any,
    size: Any,
) -> None:
    furnish(sign_in("FRAUD_LEAD"), clock.now())
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    findings = {}
    for address in addresses():
        page.goto(f"/admin/fraud/{address}")
        name = address.split("?")[0].strip("/").replace("/", "-") + ("-q" if "?" in address else "")
        shoot(page, f"watching-{name}-{scheme}-{size['width']}")
        found = violations(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            found = [*found, f"scrolls sideways: {width}"]
        if found:
            findings[address] = found
    assert not findings


@pytest.mark.parametrize("label", ["Flagged", "False positive rate"])
def test_a_number_leads_to_its_decisions(page: Page, sign_in: Callable[..., Person], label: str) -> None:
    furnish(sign_in("FRAUD_LEAD"), clock.now())
    page.goto("/admin/fraud/analytics/")
    page.locator(".tile", has_text=label).first.click()
    expect(page).to_have_title(re.compile("^Decisions"))
    expect(page.locator("tbody tr")).not_to_have_count(0)
