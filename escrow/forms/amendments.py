"""New terms as people write them: the terms in force in fields, and back into the document of the wire."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from core.errors import FieldError
from core.money import Currency
from escrow.forms.escrows import AmountField
from escrow.terms.agreed import Agreed, Condition
from escrow.terms.words import ConditionType, OnTimeout, Outcome

ROWS_OFFERED = 2
MOST_ROWS = 52
_POINTER = re.compile(r"/([A-Za-z]+)(?:/([0-9]+))?(?:/milestoneData)?(?:/([A-Za-z]+))?")
_TYPES = {
    ConditionType.SERVICE_COMPLETION: "The service is completed",
    ConditionType.MILESTONE_REACHED: "A milestone is reached",
    ConditionType.MANUAL_APPROVAL: "Somebody approves",
    ConditionType.TIME_ELAPSED: "Time passes",
}
_ON_TIMEOUT = [(OnTimeout.LAPSE.value, "it lapses"), (OnTimeout.SATISFY.value, "it counts as met")]
_ENDS = [(Outcome.REFUND.value, "It goes back"), (Outcome.RELEASE.value, "It is released")]
_NAMES = "Names, with blanks between them."


class NamesField(forms.CharField):
    """Names with blanks or commas between them."""

    def clean(self, value: Any) -> Any:
        return re.split(r"[\s,]+", super().clean(value).strip()) if value and value.strip() else []


class HoursField(NamesField):
    """Whole numbers, `72, 24`."""

    def clean(self, value: Any) -> list[int]:
        words = super().clean(value)
        if not all(re.fullmatch(r"[0-9]{1,6}", word, re.ASCII) for word in words):
            raise forms.ValidationError("Whole hours, with blanks between them.")
        return [int(word) for word in words]


def _hours(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=1_000_000, **options)


class ConditionForm(forms.Form):
    """One condition; without an id it counts for nothing."""

    condition_id = forms.CharField(required=False, max_length=64, label="Id")
    type = forms.ChoiceField(choices=[(each.value, words) for each, words in _TYPES.items()])
    description = forms.CharField(required=False, max_length=500)
    required_approvers = NamesField(required=False, max_length=2_000, label="Who says so")
    timeout_hours = _hours(required=False, label="Hours")
    on_timeout = forms.ChoiceField(choices=_ON_TIMEOUT, label="Then")
    percentage = forms.DecimalField(
        required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2, label="Or frees, %"
    )
    inspection_hours = _hours(required=False, label="Inspection, hours")

    def __init__(self, *args: Any, currency: Currency, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = AmountField(currency, label="Frees", help_text="")
        self.fields["remove"] = forms.BooleanField(required=False, label="Take it out")
        fields = [name for name in self.fields if name != "amount"]
        self.order_fields([*fields[: fields.index("percentage")], "amount"])

    @property
    def is_kept(self) -> bool:
        known = self.cleaned_data
        return bool(known.get("condition_id")) and not known.get("remove")


class TermsForm(forms.Form):
    """What is not a condition."""

    all_conditions_met = forms.BooleanField(required=False, label="All conditions have to be met")
    partial_release_allowed = forms.BooleanField(required=False, label="Parts may be released")
    requires_manual_approval = forms.BooleanField(required=False, label="People sign every release")
    minimum_approvals_required = forms.IntegerField(min_value=0, max_value=99, label="So many sign")
    approver_user_ids = NamesField(required=False, max_length=8_000, label="Who signs", help_text=_NAMES)
    approval_timeout_hours = _hours(label="Signatures are waited for, hours")

    auto_release_after_hours = _hours(
        required=False,
        label="Released after, hours",
        help_text="From funding, if the conditions are met. Empty: never.",
    )
    auto_refund_after_hours = _hours(
        required=False, label="Goes back after, hours", help_text="From funding, if they are not. Empty: never."
    )
    warning_notification_hours = HoursField(
        required=False, max_length=2_000, label="Warnings, hours before", help_text="Such as 72 24."
    )
    escalation_user_ids = NamesField(required=False, max_length=8_000, label="Who is warned", help_text=_NAMES)

    allow_disputes = forms.BooleanField(required=False, label="Either side may dispute it")
    dispute_window_hours = _hours(label="Within, hours", help_text="From funding.")
    auto_resolution_days = forms.IntegerField(min_value=0, max_value=10_000, label="Undecided after, days")
    auto_resolution = forms.ChoiceField(choices=_ENDS, label="Then")
    mediator_user_ids = NamesField(required=False, max_length=8_000, label="Who mediates", help_text=_NAMES)

    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 2}), label="Why", help_text="Both sides read it."
    )

    def __init__(self, *args: Any, currency: Currency, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["escalation_threshold_amount"] = AmountField(
            currency, label="Four eyes above", required=True, min_value=Decimal(0),
            help_text=f"In {currency.code}: up to here one mediator decides alone.",
        )  # fmt: skip

    def group(self, name: str) -> Iterator[forms.BoundField]:
        return (self[field] for field in _FIELDS[name])

    @property
    def releases(self) -> Iterator[forms.BoundField]:
        return self.group("releaseConditions")

    @property
    def timeouts(self) -> Iterator[forms.BoundField]:
        return self.group("timeoutPolicy")

    @property
    def disputes(self) -> Iterator[forms.BoundField]:
        return self.group("disputePolicy")


_FIELDS = {
    "releaseConditions": (
        "all_conditions_met", "partial_release_allowed", "requires_manual_approval", "minimum_approvals_required",
        "approver_user_ids", "approval_timeout_hours",
    ),
    "timeoutPolicy": (
        "auto_release_after_hours", "auto_refund_after_hours", "warning_notification_hours", "escalation_user_ids",
    ),
    "disputePolicy": (
        "allow_disputes", "dispute_window_hours", "auto_resolution_days", "auto_resolution", "mediator_user_ids",
        "escalation_threshold_amount",
    ),
}  # fmt: skip
ConditionFormSet = forms.formset_factory(
    ConditionForm, extra=ROWS_OFFERED, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)  # fmt: skip


def initial(agreed: Agreed, currency: Currency) -> dict[str, Any]:
    release, timeouts, disputes = agreed.release, agreed.timeouts, agreed.disputes
    return {
        "all_conditions_met": release.all_conditions_met,
        "partial_release_allowed": release.partial_release_allowed,
        "requires_manual_approval": release.requires_manual_approval,
        "minimum_approvals_required": release.minimum_approvals_required,
        "approver_user_ids": " ".join(release.approver_user_ids),
        "approval_timeout_hours": release.approval_timeout_hours,
        "auto_release_after_hours": timeouts.auto_release_after_hours,
        "auto_refund_after_hours": timeouts.auto_refund_after_hours,
        "warning_notification_hours": " ".join(map(str, timeouts.warning_notification_hours)),
        "escalation_user_ids": " ".join(timeouts.escalation_user_ids),
        "allow_disputes": disputes.allow_disputes,
        "dispute_window_hours": disputes.dispute_window_hours,
        "auto_resolution_days": disputes.auto_resolution_days,
        "auto_resolution": disputes.auto_resolution.value,
        "mediator_user_ids": " ".join(disputes.mediator_user_ids),
        "escalation_threshold_amount": _major(disputes.escalation_threshold_minor, currency),
    }


def initial_rows(agreed: Agreed, currency: Currency) -> list[dict[str, Any]]:
    return [_initial_row(each, currency) for each in agreed.conditions]


def document(form: TermsForm, rows: Iterable[ConditionForm], *, before: Agreed) -> dict[str, Any]:
    """The four blocks in wire form. What parties added to a milestone stays under the same id."""
    own = {each.condition_id: each.milestone.free for each in before.conditions if each.milestone}
    known = form.cleaned_data
    blocks: dict[str, Any] = {
        block: {_wire(name): known[name] for name in fields if known[name] is not None}
        for block, fields in _FIELDS.items()
    }
    blocks["timeoutPolicy"] |= {
        _wire(name): known[name] for name in ("auto_release_after_hours", "auto_refund_after_hours")
    }
    threshold = form.fields["escalation_threshold_amount"]
    assert isinstance(threshold, AmountField)
    blocks["disputePolicy"]["escalationThresholdAmount"] = threshold.minor(known["escalation_threshold_amount"])
    kept = [_condition(row, own.get(row.cleaned_data["condition_id"], {})) for row in rows if row.is_kept]
    return {"escrowConditions": kept, **blocks}


def place(form: TermsForm, rows: Sequence[ConditionForm], faults: Iterable[FieldError]) -> None:
    """Each fault at its field; one that has none above them all, with its path."""
    kept = [row for row in rows if row.is_kept]
    for fault in faults:
        found = _POINTER.match(fault.pointer)
        block, number, name = found.groups() if found else ("", None, None)
        wanted: forms.Form = kept[int(number)] if number and block == "escrowConditions" else form
        field = _field(name or "")
        sentence = f"{fault.reason[:1].upper()}{fault.reason[1:]}."
        if field in wanted.fields:
            wanted.add_error(field, sentence)
        else:
            form.add_error(None, f"{fault.pointer}: {fault.reason}.")


def _initial_row(condition: Condition, currency: Currency) -> dict[str, Any]:
    milestone = condition.milestone
    amount = milestone.amount_minor if milestone else None
    points = milestone.basis_points if milestone else None
    return {
        "condition_id": condition.condition_id,
        "type": condition.type.value,
        "description": condition.description,
        "required_approvers": " ".join(condition.required_approvers),
        "timeout_hours": condition.timeout_hours,
        "on_timeout": condition.on_timeout.value,
        "amount": None if amount is None else _major(amount, currency),
        "percentage": None if points is None else Decimal(points).scaleb(-2),
        "inspection_hours": milestone.inspection_hours if milestone else None,
    }


def _condition(row: ConditionForm, own: Mapping[str, Any]) -> dict[str, Any]:
    known, amount = row.cleaned_data, row.fields["amount"]
    assert isinstance(amount, AmountField)
    milestone = dict(own)
    if known["amount"] is not None:
        milestone["amount"] = amount.minor(known["amount"])
    if known["percentage"] is not None:
        milestone["percentage"] = f"{known['percentage']:.2f}"
    if known["inspection_hours"] is not None:
        milestone["inspectionHours"] = known["inspection_hours"]
    written = {
        "conditionId": known["condition_id"],
        "type": known["type"],
        "description": known["description"],
        "onTimeout": OnTimeout.SATISFY.value if known["type"] == ConditionType.TIME_ELAPSED else known["on_timeout"],
    }
    optional = {
        "requiredApprovers": known["required_approvers"],
        "timeoutHours": known["timeout_hours"],
        "milestoneData": milestone,
    }
    return written | {name: value for name, value in optional.items() if value not in (None, [], {})}


def _major(minor: int, currency: Currency) -> Decimal:
    return Decimal(minor).scaleb(-currency.exponent)


def _wire(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.title() for word in rest)


def _field(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
