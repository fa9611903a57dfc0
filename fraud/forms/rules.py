"""The rules as they stand in the editor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms

from fraud.enums import Outcome
from fraud.rules import definitions, language
from fraud.rules.definitions import Fault, Rule

FLOORS = [("", "none"), *((name, name.capitalize()) for name in (Outcome.REVIEW, Outcome.BLOCK, Outcome.INVESTIGATE))]
FIELDS = ("code", "expression", "points", "floor", "description", "allows", "opens_case")
BLANK = {"points": "0"}
Line = dict[str, str]


class RuleForm(forms.Form):
    """One rule. What its expression says is judged by the language, not here."""

    description = forms.CharField(max_length=200, label="What it looks for")
    expression = forms.CharField(
        max_length=language.MAX_LENGTH,
        strip=False,
        label="Condition",
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "spellcheck": "false", "data-takes": ""}),
    )
    points = forms.IntegerField(
        label="Points",
        min_value=-definitions.MAX_POINTS,
        max_value=definitions.MAX_POINTS,
        help_text="Added to the score",
    )
    floor = forms.ChoiceField(choices=FLOORS, required=False, label="At least", help_text="Lifts the outcome")
    code = forms.CharField(max_length=60, label="Code", widget=forms.TextInput(attrs={"class": "mono"}))
    allows = forms.BooleanField(required=False, label="Allows: lowers a review to an approval")
    opens_case = forms.BooleanField(required=False, label="Opens a case whatever the score")


@dataclass(slots=True)
class Edited:
    """`lines` are what was typed. `based_on` is the version it began with, `seen` the tag of what was there then."""

    lines: list[Line]
    based_on: int
    seen: str
    note: str = ""
    payment_id: str = ""
    forms: list[RuleForm] = field(default_factory=list)

    @classmethod
    def of(cls, rules: Sequence[Rule], *, based_on: int, seen: str) -> "Edited":
        lines = [
            {
                name: "on" if value is True else "" if value in (None, False) else str(value)
                for name, value in line.items()
            }
            for line in (rule.as_json() | {"points": str(rule.points)} for rule in rules)
        ]
        return cls(lines, based_on, seen)

    @classmethod
    def posted(cls, data: Mapping[str, Any]) -> "Edited":
        """From what a browser sent; whatever is not a number there counts as none."""
        number = min(_whole(data.get("rules")), definitions.MAX_RULES)
        lines = [{name: one_line(data.get(f"{index}-{name}", "")) for name in FIELDS} for index in range(number)]
        return cls(
            lines,
            _whole(data.get("based_on")),
            str(data.get("seen", "")),
            str(data.get("note", ""))[:500],
            str(data.get("payment", "")).strip()[:40],
        )

    def change(self, act: str) -> int | None:
        """`add`, `remove-3`, `up-3`, `down-3`: the place to look at then, or None if it was none of these."""
        verb, _, text = act.partition("-")
        at = _whole(text)
        if verb == "add" and len(self.lines) < definitions.MAX_RULES:
            self.lines.append(dict(BLANK))
            return len(self.lines) - 1
        if at >= len(self.lines):
            return None
        if verb == "remove":
            del self.lines[at]
            return min(at, len(self.lines) - 1)
        to = {"up": max(at - 1, 0), "down": min(at + 1, len(self.lines) - 1)}.get(verb)
        if to is not None:
            self.lines.insert(to, self.lines.pop(at))
        return to

    def show(self) -> None:
        """Forms without a word about what is wrong."""
        self.forms = [RuleForm(initial=line, prefix=str(index)) for index, line in enumerate(self.lines)]

    def check(self) -> bool:
        """Forms with what each field lacks; False if any does."""
        self.forms = [
            RuleForm({f"{index}-{name}": value for name, value in line.items()}, prefix=str(index))
            for index, line in enumerate(self.lines)
        ]
        return all(form.is_valid() for form in self.forms)

    def rules(self) -> list[Rule]:
        """After `check` was True."""
        return [
            Rule(
                code=line["code"],
                expression=line["expression"],
                points=line["points"],
                floor=line["floor"] or None,
                description=line["description"],
                allows=line["allows"],
                opens_case=line["opens_case"],
            )
            for line in (form.cleaned_data for form in self.forms)
        ]

    def blame(self, faults: Sequence[Fault]) -> Iterator[str]:
        """Puts each fault at its field; yields what belongs to no rule."""
        for fault in faults:
            if fault.index < len(self.forms):
                self.forms[fault.index].add_error(fault.field, f"{fault.reason[:1].upper()}{fault.reason[1:]}.")
            else:
                yield fault.reason


class TryOut(forms.Form):
    """The window of a backtest; days in UTC, the last one included."""

    from_day = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    to_day = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))


class MoveForm(forms.Form):
    """The button pressed is the move. A share is in percent of the customers."""

    reason = forms.CharField(max_length=500, label="Why", widget=forms.Textarea(attrs={"rows": 2}))
    share = forms.DecimalField(
        required=False, min_value=0, max_value=100, decimal_places=2, label="Share of the customers, percent"
    )


class PauseForm(forms.Form):
    """A rule by its code; paused for everybody."""

    code = forms.CharField(max_length=60, label="Rule")
    reason = forms.CharField(max_length=500, label="Why")


def one_line(text: object) -> str:
    """An expression is one line, however its author broke it."""
    return " ".join(str(text).splitlines())


def _whole(text: object) -> int:
    return int(str(text)) if str(text).isascii() and str(text).isdecimal() and len(str(text)) < 10 else 0
