"""Asking for a training, and for a signature."""

from django import forms


class TrainForm(forms.Form):
    """Whole days of UTC, both included."""

    from_day = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    to_day = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))
    delay_days = forms.IntegerField(
        label="Days until labels are final",
        min_value=0,
        max_value=180,
        help_text="The last days are held back to measure on, and as many before them are left out.",
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="The signer reads it.")
