"""The list behind every number: decisions, narrowed as the dashboards count them."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase

from core import console
from core.console import jumps
from core.console.components import Column
from fraud.forms.analytics import DecisionFilter
from fraud.models import Assessment
from fraud.selectors import agreement, decisions

COLUMNS = [
    Column("Decision", "row.assessment_id", "id"),
    Column("Score", "row.score", "score"),
    Column("Outcome", "row.outcome", "status", hide_on_phone=True),
    Column("Amount", "row.amount_minor", "money", currency="row.currency"),
    Column("Label", "label", "status"),
    Column("Customer", "row.customer_id", hide_on_phone=True, personal=True),
    Column("Rules and remarks", "why", hide_on_phone=True),
    Column("When", "row.created_at", "time", hide_on_phone=True),
]

console.colour(FRAUD="bad", GENUINE="good")


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as a line of the list; it leads to its payment."""

    row: Assessment

    @property
    def url(self) -> str:
        return jumps.address(self.row.payment_id) if self.row.payment_id else ""

    @property
    def label(self) -> str:
        return {True: "FRAUD", False: "GENUINE"}.get(self.row.is_fraud, "")  # type: ignore[attr-defined]

    @property
    def why(self) -> str:
        """The rules that were true, and what was not as it should be with the making of it."""
        remark = self.row.failure or self.row.degraded or ("bypass" if self.row.bypass_turn is not None else "")
        return ", ".join([hit["code"] for hit in self.row.hits] + [remark] * bool(remark))


@console.page(
    path="fraud/decisions/", name="fraud_decisions", title="Decisions", nav=("Fraud", 33),
    permission="fraud.view_assessment", filters=DecisionFilter,
)  # fmt: skip
def decision_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first; the blocked ones are `?outcome=BLOCKED`."""
    form = DecisionFilter(request.GET)
    hidden = agreement.hidden_from(console.actor(request)).payments
    found = decisions.search(form.filters(), livemode=console.is_live(request)).exclude(payment_id__in=hidden)
    listing = console.Listing(
        "fraud-decisions",
        COLUMNS,
        console.Keyset(found, by=("created_at", "id")),
        "Decisions",
        draw=lambda rows: [DecisionRow(row) for row in rows],
        empty="No decision fits",
        hint="Widen the filter.",
    )
    return console.render_list(request, "fraud/decisions.html", listing, {"form": form, "is_blind": bool(hidden)})
