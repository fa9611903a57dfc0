"""One stored card: what may be shown to whoever may ask, and its number, once, for a reason and a fresh code."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse

from core import clock, console
from core.console.components import Fact
from core.errors import Refusal
from core.staff import presence
from core.staff.services import step_up
from core.telemetry import origin
from core.vault import cards
from core.vault.cards import CardData, CardToken
from payments.services import tokens

REVEAL = "vault.reveal_card"
ACT = "vault.card.reveal"


class RevealForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=200, help_text="Kept in the audit record with your name.")
    code = forms.CharField(
        label="One-time code",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9 ]*"}),
        help_text="Fresh from your authenticator app.",
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "")


@console.page(
    path="cards/<str:token>/",
    name="card",
    title="Card",
    permission=REVEAL,
    methods=("GET", "POST"),
    shows=console.Shows("card", "token"),
)
def card_page(request: HttpRequest, token: str) -> HttpResponse:
    """The number is in the answer to one POST and nowhere else: it is not stored by browser, cache or history."""
    livemode, now = console.is_live(request), clock.now()
    known = cards.find(token)
    if known is None or known.livemode != livemode:
        raise Http404
    form = RevealForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, known, form, status=400 if form.errors else 200)
    try:
        step_up.confirm(
            user=console.person(request),
            code=form.cleaned_data["code"],
            act=ACT,
            subject=token,
            origin=origin.address(request),
            now=presence.present(),
        )
        card = tokens.reveal(
            token=token,
            reason=form.cleaned_data["reason"],
            livemode=livemode,
            actor=console.actor(request),
            now=now,
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return _page(request, known, form, status=refused.status)
    return _page(request, known, None, card=card)


def _page(
    request: HttpRequest, known: CardToken, form: RevealForm | None, *, card: CardData | None = None, status: int = 200
) -> HttpResponse:
    facts = [
        Fact("Brand", known.brand.capitalize()),
        Fact("Number", f"{known.first6} … {known.last4}"),
        Fact("Good through", f"{known.expiry_month:02d}/{known.expiry_year}"),
        Fact("Customer", known.party_id),
        Fact("Token", known.token, "code"),
        Fact("Stored", known.created_at, "stamp"),
    ]
    number = [card.number[at : at + 4] for at in range(0, len(card.number), 4)] if card else None
    context = {"card": known, "facts": facts, "form": form, "number": number}
    return console.render(request, "payments/card.html", context, status=status)
