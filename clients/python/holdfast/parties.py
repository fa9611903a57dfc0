"""Customers and providers, and their stored cards."""

from datetime import date
from typing import Unpack

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import Card, PartyFilter, body
from holdfast.resource import Resource
from holdfast.transport import Operation
from holdfast.types import (
    Address,
    CardToken,
    LinkedUserAnswer,
    LinkedUsers,
    Party,
    PartyAnswer,
    Reveal,
)


class Parties(Resource):
    def create(
        self,
        *,
        type: str,
        party_id: str | None = None,
        kind: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        business_name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        date_of_birth: date | None = None,
        address: Address | None = None,
        idempotency_key: str | None = None,
    ) -> Answer[PartyAnswer]:
        """`type` is CUSTOMER or PROVIDER, `kind` INDIVIDUAL or BUSINESS; `party_id` a name of your own (`cus_…`)."""
        return self._post(
            Operation("createParty", "POST", "/v1/parties"),
            body(
                type=type,
                party_id=party_id,
                kind=kind,
                first_name=first_name,
                last_name=last_name,
                business_name=business_name,
                email=email,
                phone=phone,
                date_of_birth=date_of_birth.isoformat() if date_of_birth else None,
                address=address,
            ),
            idempotency_key,
        )

    def get(self, party_id: str) -> Answer[PartyAnswer]:
        return self._get(Operation("getParty", "GET", "/v1/parties/{partyId}"), partyId=party_id)

    def list(self, *, at_most: int | None = None, **filters: Unpack[PartyFilter]) -> Listing[Party]:
        """Newest first."""
        return self._list(Operation("listParties", "GET", "/v1/parties"), filters, at_most=at_most)

    def users(self, party_id: str) -> Answer[LinkedUsers]:
        """Who acts as the party with an access token, and who did."""
        return self._get(Operation("listPartyUsers", "GET", "/v1/parties/{partyId}/users"), partyId=party_id)

    def link_user(
        self, party_id: str, *, issuer: str, subject: str, idempotency_key: str | None = None
    ) -> Answer[LinkedUserAnswer]:
        """`issuer` is the code of an accepted issuer, `subject` the user's `sub` there."""
        return self._post(
            Operation("linkUser", "POST", "/v1/parties/{partyId}/users"),
            body(issuer=issuer, subject=subject),
            idempotency_key,
            partyId=party_id,
        )

    def unlink_user(
        self, party_id: str, *, issuer: str, subject: str, idempotency_key: str | None = None
    ) -> Answer[LinkedUserAnswer]:
        return self._post(
            Operation("unlinkUser", "POST", "/v1/parties/{partyId}/users/unlink"),
            body(issuer=issuer, subject=subject),
            idempotency_key,
            partyId=party_id,
        )


class CardTokens(Resource):
    def create(
        self, card: Card, *, customer_id: str | None = None, idempotency_key: str | None = None
    ) -> Answer[CardToken]:
        """Store a card; what comes back may be kept and shown."""
        return self._post(
            Operation("createCardToken", "POST", "/v1/card-tokens"),
            body(customer_id=customer_id) | card.fields(),
            idempotency_key,
        )

    def reveal(self, token: str, *, reason: str, idempotency_key: str | None = None) -> Answer[Reveal]:
        """The number behind a token, for a reason that is kept. Needs the scope `card-tokens:reveal`."""
        return self._post(
            Operation("revealCard", "POST", "/v1/card-tokens/{token}/reveal"),
            body(reason=reason),
            idempotency_key,
            token=token,
        )
