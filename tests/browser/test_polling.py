"""A page that refreshes itself does not keep its session alive."""

from collections.abc import Callable

from playwright.sync_api import Page


def test_polling_says_that_no_person_asked(page: Page, sign_in: Callable[..., object]) -> None:
    sign_in("AUDITOR")
    page.clock.install()
    page.goto("/admin/overview/")

    with page.expect_request(lambda request: "hx-request" in request.headers) as polled:
        page.clock.fast_forward(11_000)

    assert polled.value.headers["holdfast-background"] == "1"
    assert polled.value.response().status == 200
