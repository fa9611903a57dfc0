"""Send a stranded refund again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.errors import Refusal
from payments.selectors import payments as register
from payments.services import refunds

REFUND = "payments.refund_payment"

console.colour(STRANDED="bad", WON="good", LOST="bad", ACCEPTED="quiet", CONTESTED="busy", UNANSWERED="careful")


@console.page(
    path="refunds/<str:refund_id>/retry/",
    name="refund_retry",
    title="Send a refund again",
    permission=REFUND,
    methods=("POST",),
)
def refund_retry(request: HttpRequest, refund_id: str) -> HttpResponse:
    """Twice is once: what is on its way or paid is not sent again."""
    livemode = console.is_live(request)
    refund = register.find_refund(refund_id, livemode=livemode)
    if refund is None:
        raise Http404
    try:
        refunds.retry_stranded(refund_id=refund_id, livemode=livemode, actor=console.actor(request), now=clock.now())
    except Refusal as refused:
        messages.error(request, f"{refused.detail}.")
    else:
        messages.success(request, "The refund is sent again.")
    return HttpResponseRedirect(reverse("admin:payment", args=[refund.payment.public_id]))
