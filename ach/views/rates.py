"""Return rates of the last sixty days: of each originator, of the sellers whose debits come back, and of one seller."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from ach.calendar.eastern import eastern
from ach.forms import SellerFilter
from ach.selectors import rate_board, registers
from ach.services import rates
from ach.views.gauges import Gauge, gauge, percent
from core import clock, console
from core.console.components import Column, Table

VIEW = "ach.view_ratealert"


@console.page(path="ach/rates/", name="ach_rates", title="Return rates", nav=("ACH", 70), permission=VIEW)
def rate_page(request: HttpRequest) -> HttpResponse:
    """Gauges of each open originator; sellers in a table, most returns first."""
    live, form = console.is_live(request), SellerFilter(request.GET)
    if form.is_valid() and (seller := form.cleaned_data["seller"]):
        return seller_page(request, seller)
    context = {"form": form, "boards": boards(live=live), "table": _sellers(live=live)}
    return console.render(request, "ach/rates.html", context)


@console.page(
    path="ach/rates/<str:seller_id>/", name="ach_rates_of", title="Return rates of a seller", permission=VIEW
)  # fmt: skip
def rate_page_of(request: HttpRequest, seller_id: str) -> HttpResponse:
    return seller_page(request, seller_id)


def seller_page(request: HttpRequest, seller_id: str) -> HttpResponse:
    """Raises Http404 for nobody of that name."""
    now = clock.now()
    seller = rate_board.find_seller(seller_id, livemode=console.is_live(request))
    if seller is None:
        raise Http404
    found = [gauge(rate, of=seller.party_id) for rate in rates.of_seller(seller, on=eastern(now).date(), now=now)]
    return console.render(request, "ach/rates_of.html", {"seller": seller, "gauges": found})


def boards(*, live: bool) -> list[tuple[str, list[Gauge]]]:
    """Name and gauges of each originator that is open; one statement each, and there are a handful."""
    now = clock.now()
    return [
        (each.name, [gauge(rate, of=each.name) for rate in rates.of_originator(each, on=eastern(now).date(), now=now)])
        for each in registers.list_originators(livemode=live)
        if each.closed_at is None
    ]


def _sellers(*, live: bool) -> Table:
    rows: list[dict[str, Any]] = [
        {
            "url": reverse("admin:ach_rates_of", args=[each.party_id]),
            "party": each.party_id,
            "rate": percent(each.basis_points),
            "returned": each.returned,
            "originated": each.originated,
            "alert": f"{each.alert}, {each.alert_on}" if each.alert else "",
        }
        for each in rate_board.sellers(livemode=live, now=clock.now())
    ]
    columns = [
        Column("Seller", "party"), Column("Rate", "rate"), Column("Returned", "returned", "number"),
        Column("Debits", "originated", "number"), Column("Came near a level", "alert", hide_on_phone=True),
    ]  # fmt: skip
    return Table(columns, rows, caption="Sellers", empty="No seller's debit has come back")
