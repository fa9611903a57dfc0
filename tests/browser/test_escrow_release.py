"""6,400.00 is released by two people, each with a code of their own; who may not sign reads why on the screen."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.approvals.services import affiliations, policies
from escrow.models import Escrow
from tests.browser.conftest import WIDE, each_look
from tests.browser.test_looks import shoot
from tests.factories import releases, staff
from tests.factories.approvals import code_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies() -> None:
    policies.install()


@pytest.fixture
def desk(chromium: Browser, live_server, faults: list[str]) -> Iterator[Callable[[staff.Person], Page]]:
    """`desk(person)`: a browser of their own, as every person has."""
    windows: list[BrowserContext] = []

    def of(person: staff.Person) -> Page:
        window = chromium.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce")
        window.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        client = Client()
        staff.sign_in(client, person.user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        window.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        windows.append(window)
        return window.new_page()

    yield of
    for window in windows:
        window.close()
    # Refused signatures are answered with a 403, which the browser notes.
    assert not [fault for fault in faults if "403" not in fault], faults


def sign(page: Page, person: staff.Person) -> None:
    page.get_by_label("One-time code").fill(code_of(person))
    page.get_by_role("button", name="Sign").click()


def test_two_sign_and_three_may_not(desk: Callable[[staff.Person], Page]) -> None:
    treasurer = staff.person("TREASURY", full_name="Tomas Vela")
    ines, jonas, dana = (
        staff.person("ESCROW_APPROVER", full_name=name) for name in ("Ines Duarte", "Jonas Berg", "Dana Okafor")
    )
    escrow = releases.funded(640_000)
    affiliations.declare(
        email=dana.user.email, party_id=releases.PAYEE, other_email="", nature="is married to its owner",
        since=escrow.created_at.date(), actor=staff.person("COMPLIANCE").user.actor(), now=escrow.created_at,
    )  # fmt: skip

    # Whoever asks does not sign.
    asking = desk(treasurer)
    asking.goto(f"/admin/escrows/{escrow.public_id}/")
    asking.locator("#id_release_reason").fill("Delivered and accepted")
    asking.get_by_role("button", name="Release, or ask for signatures").click()
    expect(asking.get_by_text("2 people sign before it moves")).to_be_visible()
    expect(asking.get_by_text("Missing: 2 of Escrow approver")).to_be_visible()
    shoot(asking, "escrow-waits")
    asking.get_by_role("link", name="Open the question").click()
    expect(asking.get_by_text("Whoever asks does not sign.")).to_be_visible()
    expect(asking.get_by_role("button", name="Sign", exact=True)).to_have_count(0)

    # Nor does anybody related to a party.
    related = desk(dana)
    related.goto("/admin/escrow-releases/")
    expect(related.locator("#opened")).to_contain_text("is married to its owner")
    shoot(related, "escrow-releases-related")

    # One signs, and not twice.
    first = desk(ines)
    first.goto("/admin/escrow-releases/")
    expect(first.locator("#opened")).to_contain_text("6,400.00 USD")
    first.keyboard.press("a")
    sign(first, ines)
    expect(first.get_by_text("It waits for the others")).to_be_visible()
    expect(first.get_by_text("You have signed this already.")).to_be_visible()
    expect(first.get_by_role("button", name="Sign", exact=True)).to_have_count(0)
    assert Escrow.objects.get(pk=escrow.pk).released_minor == 0

    # The second signature moves the money.
    second = desk(jonas)
    second.goto("/admin/escrow-releases/")
    second.get_by_role("link", name="Read and sign").click()
    sign(second, jonas)
    expect(second.get_by_text("Signed, and done")).to_be_visible()
    second.goto(f"/admin/escrows/{escrow.public_id}/")
    expect(second.locator("h1 .badge")).to_have_text("Released")
    expect(second.locator("#parts")).to_contain_text("release")
    shoot(second, "escrow-released")
    moved = Escrow.objects.get(pk=escrow.pk)
    assert (moved.status, moved.released_minor) == ("RELEASED", 640_000)


@each_look
def test_escrow_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., staff.Person],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    for _ in range(2):
        staff.person("ESCROW_APPROVER")
    waits, plain = releases.funded(640_000), releases.funded(90_000, met=False)
    releases.asked(waits)
    sign_in("TREASURY")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "escrows": "escrows/",
        "escrow-locked": f"escrows/{waits.public_id}/",
        "escrow": f"escrows/{plain.public_id}/",
        "escrow-releases": "escrow-releases/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
