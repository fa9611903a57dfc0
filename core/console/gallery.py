"""Sample values for the components page: every component in every state."""

from datetime import timedelta
from typing import Any

from django import forms

from core import clock
from core.console import charts
from core.console.components import Column, Event, Fact, Next, Table
from core.console.exports import Offer
from core.console.models import SavedView
from core.console.paging import KeysetPage
from core.console.saved_views import Bar, Line
from core.money import Currency, Money

TONES = ("good", "busy", "careful", "bad", "quiet", "neutral")
WORDS = (
    "COMPLETED",
    "PROCESSING",
    "REVIEW",
    "FAILED",
    "CANCELLED",
    "NO_ADVICE",
    "LOCKED",
    "MATCHED",
    "PARKED",
    "SOMETHING_NEW",
)


class SampleFilter(forms.Form):
    status = forms.ChoiceField(choices=[("", "Any"), ("COMPLETED", "Completed"), ("REVIEW", "Review")], required=False)
    since = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), required=False)
    payer = forms.CharField(required=False, widget=forms.TextInput(attrs={"placeholder": "cus_…"}))


class SampleForm(forms.Form):
    amount = forms.CharField(help_text="In minor units, at most what is left.")
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}))
    sure = forms.BooleanField(label="I have compared it with the booking")


def context() -> dict[str, Any]:
    now = clock.now()
    wrong = SampleForm({"amount": "", "reason": "x"})
    wrong.add_error(None, "The refund is larger than what is left.")
    rows = [
        {
            "url": "#row",
            "id": f"pay_17031234567{i}9_k2n8m9p1{i}",
            "status": WORDS[i % 5],
            "amount": 1_234_56 * (i + 1) * (-1 if i == 3 else 1),
            "currency": "USD",
            "score": (120, 455, 880, 950, None)[i % 5],
            "at": now - timedelta(minutes=7**i % 9000),
        }
        for i in range(6)
    ]
    columns = [
        Column("Payment", "id", "id"),
        Column("Status", "status", "status"),
        Column("Amount", "amount", "money"),
        Column("Score", "score", "score", hide_on_phone=True),
        Column("Created", "at", "time", hide_on_phone=True),
    ]
    return {
        "steps_ahead": [
            Next("It leaves with its cutoff", now + timedelta(hours=2)),
            Next("People sign it; else it is declined", now + timedelta(hours=72), "careful", "#row"),
            Next("A person looks at it", None, "bad"),
        ],
        "words": WORDS,
        "tone_names": TONES,
        "amounts": [
            Money(500_00),
            Money(-46_00),
            Money(0),
            Money(1_234_567_89),
            Money(500, Currency.JPY),
            Money(1_234, Currency.KWD),
        ],
        "moments": [
            now,
            now - timedelta(minutes=5),
            now - timedelta(hours=30),
            now - timedelta(days=40),
            now + timedelta(hours=3),
        ],
        "scores": (0, 120, 300, 301, 700, 701, 901, 1000, None),
        "table": Table(columns, rows, caption="Payments"),
        "empty_table": Table(columns, [], caption="None", empty="No payment fits", hint="Widen the filter."),
        "middle": KeysetPage([], "?before=x", "?after=x"),
        "first": KeysetPage([], "?before=x", ""),
        "facts": _facts(now),
        "long_facts": [
            Fact("Hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "code"),
            Fact("Reason", "The buyer says that the photographer came on the wrong day and left early. " * 3),
            Fact("A label that is longer than its column is wide", -1_234_567_89, "money"),
        ],
        "sample_bar": _bar(now),
        "sample_export": Offer("#table", 100_000, ["Who", "E-mail"]),
        "events": _events(now),
        "filter": SampleFilter({"status": "REVIEW"}),
        "form": SampleForm(),
        "wrong_form": wrong,
        "line": (4, 6, 5, 9, 12, 10, 8, 14, 13, 17),
        "flat_line": (3, 3, 3),
        "histogram": [
            (f"{low}", count, tone)
            for low, count, tone in zip(
                range(0, 1000, 100),
                (320, 210, 160, 90, 60, 44, 31, 18, 9, 4),
                ("good",) * 3 + ("careful",) * 4 + ("bad",) * 3,
                strict=True,
            )
        ],
        "stacked": charts.stacks(
            ("1 Nov", "2 Nov", "3 Nov", "4 Nov"),
            [("review", "careful", (3, 5, 4, 6)), ("block", "bad", (1, 0, 2, 1))],
            title="Flagged payments",
        ),
        "trend": charts.lines(
            ("1 Nov", "2 Nov", "3 Nov", "4 Nov"),
            [("precision", "busy", (0.4, 0.5, None, 0.7)), ("recall", "good", (0.8, 0.75, 0.9, 0.85))],
            title="Precision and recall",
        ),
        "hourly": charts.sparkline((4, 6, 5, 9, 12, 10, 8), title="Payments in the last hours"),
    }


def _bar(now: Any) -> Bar:
    """One's own view at hand, one of somebody else, and a filter that could be kept."""
    views = [
        SavedView(public_id="view_1", page="payments", name="Failed today", created_at=now, changed_at=now),
        SavedView(public_id="view_2", page="payments", name="Large holds", role="TREASURY", created_at=now),
    ]
    return Bar(
        "payments", [Line(views[0], "#table", True, True), Line(views[1], "#table", False, False)], "status=X", []
    )


def _facts(now: Any) -> list[Fact]:
    return [
        Fact("Payment", "pay_1703123456789_k2n8m9p1q", "id"),
        Fact("Status", "COMPLETED", "status"),
        Fact("Amount", 500_00, "money"),
        Fact("Fees", 40_00, "money", hint="800 basis points"),
        Fact("Created", now - timedelta(minutes=12), "stamp"),
        Fact("Score", 455, "score"),
        Fact("Attempts", 12_345, "number"),
        Fact("Processor's answer", "00", "code"),
        Fact("3-D Secure", False, "yes_no"),
        Fact("Booking", None),
    ]


def _events(now: Any) -> list[Event]:
    return [
        Event(now - timedelta(minutes=12), "Payment asked for", "Request", "POST /v1/payments", "API_KEY:key_0lq"),
        Event(
            now - timedelta(minutes=12),
            "Scored 455: review",
            "Fraud",
            "Amount above the customer's usual",
            tone="careful",
        ),
        Event(now - timedelta(minutes=11), "Card authorised", "Gateway", "sandbox", tone="busy"),
        Event(
            now - timedelta(minutes=3), "Approved", "Fraud", "Known customer", "STAFF:robin@holdfast.example", "good"
        ),
        Event(
            now - timedelta(minutes=3),
            "Entry posted",
            "Ledger",
            tone="good",
            facts=[
                Fact("acquirer_receivable", 500_00, "money", hint="debit"),
                Fact("fees:platform", 40_00, "money", hint="credit"),
            ],
        ),
        Event(now, "Refund failed", "Gateway", "No answer within 5 s", tone="bad"),
    ]
