"""Card tokens in the public API."""

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.selectors.parties import PartyNotFound
from compliance.services.parties import PartyNotEligible
from core import clock
from core.api import once
from core.api.owners import CLOSED, Named
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.switches.services import SwitchClosed
from core.vault.cards import CardDataEncryptionFailed, CardTokenNotFound, InvalidCardData
from payments.api import examples, serializers
from payments.services import tokens


class CardTokens(ApiView):
    scopes: ClassVar = {"POST": "card-tokens:write"}
    owned_by: ClassVar = {"POST": Named(customer="customerId")}
    throttle: ClassVar = {"POST": "tokens.create"}

    @describe(
        "createCardToken",
        summary="Exchange a card for a token",
        takes=serializers.CardTokenRequestSerializer,
        answers={201: serializers.CardTokenSerializer},
        refusals=(InvalidCardData, CardDataEncryptionFailed, PartyNotFound, PartyNotEligible, SwitchClosed),
        example=examples.CARD,
    )
    def post(self, request: Request) -> Response:
        """The same card of the same customer has the same token."""
        call = cast("ApiRequest", request)
        values = serializers.CardTokenRequestSerializer.read(request)
        call.data.pop("cvc", None)
        now = clock.now()

        def effect() -> tuple[int, dict[str, Any]]:
            made = tokens.create(
                card=serializers.card_of(values),
                customer_id=values.get("customer_id"),
                livemode=call.livemode,
                actor=call.actor,
                now=now,
            )
            token = made.token
            return 201, {
                "success": True,
                "card_token": token.token,
                "encrypted_data": token.token,
                "brand": token.brand,
                "first6": token.first6,
                "last4": token.last4,
                "expiry_month": f"{token.expiry_month:02d}",
                "expiry_year": f"{token.expiry_year:04d}",
                "customer_id": token.party_id,
                "compliance_flags": made.compliance_flags,
                "livemode": token.livemode,
                "timestamp": now,
            }

        return once.run_once(request, operation="card_tokens.create", effect=effect, now=now)


class CardReveal(ApiView):
    scopes: ClassVar = {"POST": "card-tokens:reveal"}
    owned_by: ClassVar = {"POST": CLOSED}
    dangerous_scopes = frozenset({"card-tokens:reveal"})
    throttle: ClassVar = {"POST": "tokens.create"}

    @describe(
        "revealCard",
        summary="Show a card in clear",
        takes=serializers.RevealRequestSerializer,
        answers={200: serializers.RevealSerializer},
        refusals=(CardTokenNotFound, CardDataEncryptionFailed, SwitchClosed),
        example={"reason": "network dispute 4711, evidence asked for"},
    )
    def post(self, request: Request, token: str) -> Response:
        """Every call is audited with its reason and opens the vault anew; the answer is kept nowhere."""
        call = cast("ApiRequest", request)
        values = serializers.RevealRequestSerializer.read(request)
        now = clock.now()
        card = tokens.reveal(token=token, reason=values["reason"], livemode=call.livemode, actor=call.actor, now=now)
        clear = {
            "card_number": card.number,
            "expiry_month": card.expiry_month,
            "expiry_year": card.expiry_year,
        }
        return Response(
            {
                "success": True,
                "card_token": token,
                "decrypted_data": clear,
                "livemode": call.livemode,
                "timestamp": now,
            }
        )
