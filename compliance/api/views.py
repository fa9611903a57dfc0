"""/v1/parties."""

from typing import Any, ClassVar, cast

from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.serializers import NewPartySerializer, PartyAnswerSerializer, PartyPageSerializer
from compliance.enums import PartyKind, PartyStatus, PartyType
from compliance.models import Party
from compliance.selectors import parties as register
from compliance.services import parties
from core import clock
from core.api import conditions, filters
from core.api.once import run_once
from core.api.owners import ADMINS, One, Owner, Rows
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView

EXAMPLE = {
    "partyId": "cus_abc123def456",
    "type": "CUSTOMER",
    "kind": "INDIVIDUAL",
    "firstName": "John",
    "lastName": "Doe",
    "email": "john.doe@example.com",
    "address": {
        "street": "123 Main Street",
        "city": "San Francisco",
        "state": "CA",
        "zipCode": "94102",
        "country": "US",
    },
}


class PartiesView(ApiView):
    scopes = {"GET": "parties:read", "POST": "parties:write"}
    owned_by: ClassVar[dict[str, Owner]] = {"GET": Rows(customer="party_id", provider="party_id"), "POST": ADMINS}
    paged = True
    filters = (
        *filters.choice("type", PartyType.values),
        *filters.choice("status", PartyStatus.values),
        *filters.moment("createdAt"),
    )

    @describe("listParties", summary="List parties", answers={200: PartyPageSerializer})
    def get(self, request: Request) -> Response:
        """Customers and providers of the key's mode, newest first."""
        return self.page(request, register.all_of(livemode=cast("ApiRequest", request).livemode), _shown)

    @describe(
        "createParty",
        summary="Enter a party",
        takes=NewPartySerializer,
        answers={201: PartyAnswerSerializer},
        refusals=[parties.PartyExists, parties.InvalidPartyId],
        example=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """Enter a customer or a provider, unverified."""
        call, now = cast("ApiRequest", request), clock.now()
        values = NewPartySerializer.read(request)
        party_id, kind_of_party = values.pop("party_id", None), PartyType(values.pop("type"))
        details = parties.PartyDetails(
            **{**values, "kind": PartyKind(values["kind"]), "address": dict(values.get("address", {}))}
        )

        def effect() -> tuple[int, dict[str, Any]]:
            party = parties.create(
                party_id=party_id,
                type=kind_of_party,
                details=details,
                livemode=call.livemode,
                actor=call.actor,
                now=now,
            )
            return 201, {"success": True, **_shown(party), "timestamp": now}

        return run_once(request, operation="parties.create", effect=effect, now=now)


class PartyView(ApiView):
    scopes = {"GET": "parties:read"}
    owned_by: ClassVar[dict[str, Owner]] = {
        "GET": One(
            rows=register.all_of,
            variable="party_id",
            key="party_id",
            missing=register.PartyNotFound,
            customer="party_id",
            provider="party_id",
        )
    }
    etag = conditions.all_but("success", "timestamp")

    @describe(
        "getParty", summary="Get a party", answers={200: PartyAnswerSerializer}, refusals=[register.PartyNotFound]
    )
    def get(self, request: Request, party_id: str) -> Response:
        """One party by your own name for it."""
        party = register.get(party_id=party_id, livemode=cast("ApiRequest", request).livemode)
        return Response({"success": True, **_shown(party), "timestamp": clock.now()})


def _shown(party: Party) -> dict[str, Any]:
    return {
        "party_id": party.party_id,
        "type": party.type,
        "kind": party.kind,
        "status": party.status,
        "verification": party.verification,
        "first_name": party.first_name,
        "last_name": party.last_name,
        "business_name": party.business_name,
        "email": party.email,
        "phone": party.phone,
        "date_of_birth": party.date_of_birth,
        "address": party.address,
        "livemode": party.livemode,
        "created_at": party.created_at,
    }
