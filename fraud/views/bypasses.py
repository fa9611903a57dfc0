"""What the bypass let through: counted while it is open, judged when it is over."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core import console
from core.console.components import Column, Table
from fraud.models import Assessment
from fraud.selectors import bypasses

VIEW, VIEW_TURN = "fraud.view_assessment", "switches.view_switchturn"


@console.page(path="fraud/bypasses/<int:turn_id>/", name="fraud_bypass", title="Bypass", permission=VIEW)
def bypass_page(request: HttpRequest, turn_id: int) -> HttpResponse:
    """One turn of the switch: payments by what they would have been."""
    livemode = console.is_live(request)
    lines = bypasses.report(turn_id=turn_id, livemode=livemode)
    columns = [
        Column("Would have been", "outcome", "status"),
        Column("Payments", "payments", "number"),
        Column("Amount", "amount", "money"),
    ]
    rows = [
        {
            "outcome": line.outcome or "WAITING",
            "payments": line.payments,
            "amount": line.amount_minor,
            "currency": line.currency,
        }
        for line in lines
    ]
    held = console.keyset(request, bypasses.held_after_all(turn_id=turn_id, livemode=livemode), size=50)
    context = {
        "turn_id": turn_id,
        "turn_url": reverse("admin:switch_turn", args=[turn_id]) if request.user.has_perm(VIEW_TURN) else "",
        "table": Table(
            columns,
            rows,
            caption="Approved unseen",
            empty="Nothing was approved under this turn",
            hint="Payments are counted here as soon as they are stored.",
        ),
        "waiting": sum(line.payments for line in lines if not line.outcome),
        "page": held,
        "held": _held(held.rows),
    }
    return console.render(request, "fraud/bypass.html", context)


def _held(rows: list[Assessment]) -> Table:
    columns = [
        Column("Payment", "payment_id", "id"),
        Column("Customer", "customer_id"),
        Column("Amount", "amount", "money"),
        Column("Score", "score", "score"),
        Column("Would have been", "outcome", "status"),
        Column("Judged", "created_at", "stamp", hide_on_phone=True),
    ]
    shown = [
        {
            "url": f"{reverse('admin:search')}?q={row.payment_id or row.transaction_id or row.customer_id}",
            "payment_id": row.payment_id or row.transaction_id or "",
            "customer_id": row.customer_id,
            "amount": row.amount_minor,
            "currency": row.currency,
            "score": row.score,
            "outcome": row.outcome,
            "created_at": row.created_at,
        }
        for row in rows
    ]
    return Table(
        columns,
        shown,
        caption="What would have been held",
        empty="Nothing so far",
        hint="Every payment is judged within minutes after the bypass is closed.",
    )
