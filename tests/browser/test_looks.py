"""Every page in both colour schemes and in both widths: nothing to complain about, for axe or for the browser."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from core import clock
from core.actors import SYSTEM
from core.audit import verifications
from core.audit.models import AuditEntry, VerificationScope
from core.console import pages
from core.outbox import services as outbox
from core.outbox.models import Event
from core.staff import roles
from core.work.models import State, WorkItem
from ledger.models import Entry
from ops.services import incidents
from ops.services.incidents import Alarm
from payments.models import Payment
from tests.browser.conftest import each_look
from tests.factories.payments import NOW, pay

SHOTS = os.environ.get("HOLDFAST_SCREENSHOTS", "")
DATA_ONLY = {"presence"}


def paths_for(role: str) -> list[str]:
    """Pages without arguments that this role opens; the console's own special cases besides."""
    allowed = [
        page.path
        for page in pages.registered()
        if "GET" in page.methods and "<" not in page.path and page.name not in DATA_ONLY
        if roles.grants([role], page.permission)
    ]
    return ["", *allowed, "search/?q=pay", "no-such-page/"]


def detail_paths(role: str) -> list[str]:
    """Pages about one thing, opened for a thing of each kind; what the role may not open is left out."""
    payment, now = _taken_payment(), clock.now()
    entry = AuditEntry.objects.order_by("-id")[0]
    asked = verifications.request(scope=VerificationScope.WHOLE, actor=SYSTEM, now=now)
    parked = {"state": State.PARKED, "attempts": 12, "due_at": now, "created_at": now, "last_error": "GatewayAway"}
    item = WorkItem.objects.create(kind="payments.resume", key=payment.public_id, **parked)
    known = {
        "payment": payment.public_id,
        "account": f"escrow_held:{payment.escrow_id}",
        "entry": Entry.objects.order_by("-id")[0].public_id,
        "audit_entry": entry.pk,
        "audit_verification": asked.public_id,
        "work_item": item.pk,
        "event": Event.objects.order_by("-published_at")[0].pk,
        "job": "audit.seal",
        "incident": incidents.open_or_continue(
            Alarm("fraud.drift", "amount", "P1", "PSI of the amount is 0.31.", "/admin/overview/", now)
        ).incident_id,
    }
    opened = [
        re.sub("<[^>]+>", str(known[page.name]), page.path)
        for page in pages.registered()
        if page.name in known and roles.grants([role], page.permission)
    ]
    if roles.grants([role], "payments.view_payment"):
        opened += [f"records/payments/payment/{payment.pk}/change/", "records/payments/payment/", "search/?q=4242"]
        opened += ["views/new/?page=payments&query=status%3DFAILED"]
    return opened


def _taken_payment() -> Payment:
    pay()
    outbox.drain(now=NOW)
    return Payment.objects.latest("id")


def shoot(page: Page, name: str) -> None:
    """Kept only when somebody wants to look: HOLDFAST_SCREENSHOTS=directory."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.timeout(600)  # a hundred pages
@each_look
@pytest.mark.parametrize("role", ["AUDITOR", "ADMINISTRATOR"])
def test_pages_have_no_findings(
    page: Page,
    faults: list[str],
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    role: str,
    scheme: str,
    size: dict[str, int],
) -> None:
    sign_in(role)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    findings = {}
    for path in [*paths_for(role), *detail_paths(role)]:
        page.goto(f"/admin/{path}")
        shoot(page, f"{path.split('?')[0].strip('/').replace('/', '-') or 'home'}-{scheme}-{size['width']}")
        if found := violations(page):
            findings[path] = found
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            findings[path] = [*findings.get(path, []), f"scrolls sideways: {width}"]
    faults[:] = [fault for fault in faults if "404" not in fault]
    assert not findings


def test_sign_in_page_has_no_findings(window: BrowserContext, violations: Callable[[Page], list[str]]) -> None:
    page = window.new_page()
    page.goto("/admin/")
    shoot(page, "login")
    assert violations(page) == []


def test_page_that_breaks_a_rule_is_found(page: Page, violations: Callable[[Page], list[str]]) -> None:
    """The control: axe does look."""
    page.goto("/admin/login/")
    page.evaluate("document.querySelector('label').remove()")
    assert [finding.split(":")[0] for finding in violations(page)] == ["label"]


def test_inline_style_and_script_are_refused_by_the_policy(page: Page, faults: list[str]) -> None:
    """The control: the browser does enforce the header."""
    page.goto("/admin/login/")
    page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", "<p style='color:red'>x</p>");
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
        }"""
    )
    assert page.evaluate("window.ran") is None
    assert len([fault for fault in faults if "Content Security Policy" in fault]) == 2
    faults.clear()
