"""What analysts and leads fill in."""

from typing import Any

from django import forms

from fraud.enums import CaseCause, CaseDecision, CaseOutcome, ReviewSkill

VIEWS = [
    ("waiting", "Waiting"),
    ("free", "For me to take"),
    ("mine", "Mine"),
    ("asleep", "Put off"),
    ("escalated", "Escalated"),
    ("decided", "Decided"),
]
HAND_OVER = "HAND_OVER"
SPANS = [("1", "1 hour"), ("4", "4 hours"), ("24", "a day"), ("72", "3 days"), ("168", "a week")]
BLOCKABLE = [
    ("customer", "The customer"),
    ("card", "The card"),
    ("device", "The device"),
    ("address", "The IP address"),
    ("email", "The e-mail address"),
]
FREEZABLE = [("customer", "The customer"), ("seller", "The seller")]


class ReviewFilter(forms.Form):
    show = forms.ChoiceField(choices=VIEWS, required=False)
    cause = forms.ChoiceField(choices=[("", "Any"), *CaseCause.choices], required=False)
    skill = forms.ChoiceField(choices=[("", "Any"), *ReviewSkill.choices], required=False)
    payer = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "cus_…"}))

    def wanted(self) -> dict[str, str]:
        """Every field; the first view where the address says nothing readable."""
        known = self.cleaned_data if self.is_valid() else {}
        found = {name: str(known.get(name) or "").strip() for name in self.fields}
        return found | {"show": found["show"] or VIEWS[0][0]}


class DecisionForm(forms.Form):
    """The button pressed is the decision; handing over declines, and compliance goes on."""

    outcome = forms.ChoiceField(choices=[("", "Choose what you found"), *CaseOutcome.choices], label="What you found")
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the audit chain. What convinced you?",
    )

    def decision(self) -> CaseDecision | None:
        pressed: Any = self.data.get("decision")
        if pressed == HAND_OVER:
            return CaseDecision.DECLINE
        return CaseDecision(pressed) if pressed in CaseDecision.values else None

    @property
    def hands_over(self) -> bool:
        return self.data.get("decision") == HAND_OVER

    @property
    def acknowledged(self) -> list[str]:
        """Codes of the warnings that were ticked."""
        return self.data.getlist("acknowledged") if hasattr(self.data, "getlist") else []

    @property
    def blocked(self) -> list[str]:
        """What is put on block lists beside declining."""
        return self._ticked("block", BLOCKABLE)

    @property
    def frozen(self) -> list[str]:
        """Who is frozen beside declining."""
        return self._ticked("freeze", FREEZABLE)

    def _ticked(self, field: str, offered: list[tuple[str, str]]) -> list[str]:
        known = {name for name, _ in offered}
        chosen = self.data.getlist(field) if hasattr(self.data, "getlist") else []
        return [name for name in chosen if name in known]


class SnoozeForm(forms.Form):
    hours = forms.ChoiceField(choices=SPANS, label="For", initial="4")
    snooze_reason = forms.CharField(max_length=200, label="Why", widget=forms.TextInput())


class EscalateForm(forms.Form):
    escalate_reason = forms.CharField(max_length=200, label="What the lead should know")


class BoostForm(forms.Form):
    boost_reason = forms.CharField(max_length=200, label="Why first")


class AssignForm(forms.Form):
    to = forms.EmailField(label="To", widget=forms.EmailInput(attrs={"placeholder": "name@…", "autocomplete": "off"}))
    assign_reason = forms.CharField(max_length=200, label="Why them")


class NoteForm(forms.Form):
    note = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), label="Note")


class SettleForm(forms.Form):
    outcome = forms.ChoiceField(choices=CaseOutcome.choices, label="What it was")
    reason = forms.CharField(max_length=1000, widget=forms.TextInput(), label="Why")


class SkillForm(forms.Form):
    person = forms.EmailField(label="Analyst", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    skills = forms.MultipleChoiceField(choices=ReviewSkill.choices, required=False, widget=forms.CheckboxSelectMultiple)


class AskForm(forms.Form):
    why = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), label="What to look at")
    payment = forms.CharField(
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "pay_…"}),
        help_text="Empty where it is about the customer as a whole.",
    )


class ResetForm(forms.Form):
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Earlier fraud reports stop counting against this customer. Kept in the audit chain.",
    )
