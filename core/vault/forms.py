"""What a person types to rotate keys now."""

from django import forms

from core.vault.purposes import Purpose


class RotateForm(forms.Form):
    purposes = forms.MultipleChoiceField(
        label="Keys of",
        choices=[(purpose.value, purpose.value.capitalize()) for purpose in Purpose],
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label="Reason", max_length=200)
    code = forms.CharField(
        label="One-time code",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9 ]*"}),
        help_text="Fresh from your authenticator app.",
    )

    def wanted(self) -> list[Purpose]:
        return [Purpose(name) for name in self.cleaned_data["purposes"]]

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "")
