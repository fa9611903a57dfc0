"""/v1/parties/{partyId}/users: which users of an identity provider act as the party."""

from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.selectors import parties as register
from core import clock
from core.api.once import run_once
from core.api.owners import CLOSED, Owner
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.api.wire import WireSerializer
from core.oidc import links
from core.oidc.models import UserLink


class UserNameSerializer(WireSerializer):
    """A user as the access token names one: `issuer` is our code for its issuer, `subject` its `sub`."""

    issuer = serializers.CharField(max_length=16)
    subject = serializers.CharField(max_length=80, trim_whitespace=False)


class LinkedUserSerializer(WireSerializer):
    """From when to when the user acts as the party."""

    issuer = serializers.CharField()
    subject = serializers.CharField()
    party_id = serializers.CharField()
    linked_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    livemode = serializers.BooleanField()


class LinkedUserAnswerSerializer(LinkedUserSerializer):
    """A user of a party by itself."""

    success = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class LinkedUsersSerializer(WireSerializer):
    """The newest hundred, those whose link has ended among them."""

    success = serializers.BooleanField()
    users = LinkedUserSerializer.many_of()
    timestamp = serializers.DateTimeField()


class PartyUsersView(ApiView):
    scopes = {"GET": "users:read", "POST": "users:write"}
    owned_by: ClassVar[dict[str, Owner]] = {"GET": CLOSED, "POST": CLOSED}

    @describe(
        "listPartyUsers",
        summary="List the users of a party",
        answers={200: LinkedUsersSerializer},
        refusals=[register.PartyNotFound],
    )
    def get(self, request: Request, party_id: str) -> Response:
        """Newest first."""
        livemode = cast("ApiRequest", request).livemode
        party = register.get(party_id=party_id, livemode=livemode)
        found = links.list_for_party(party_id=party.party_id, livemode=livemode)
        return Response({"success": True, "users": [_shown(row) for row in found], "timestamp": clock.now()})

    @describe(
        "linkUser",
        summary="Let a user act as a party",
        takes=UserNameSerializer,
        answers={201: LinkedUserAnswerSerializer},
        refusals=[register.PartyNotFound, links.UnableToLink, links.UserIsLinked],
        example={"issuer": "pool", "subject": "5f1a0b7e-2c44-4d0e-9d5b-0c7a3c1d2e3f"},
    )
    def post(self, request: Request, party_id: str) -> Response:
        """The user's access tokens reach what is the party's. A user is one party at a time."""
        return _change(request, party_id, operation="users.link", verb=links.link, status=201)


class PartyUserUnlinkView(ApiView):
    scopes = {"POST": "users:write"}
    owned_by: ClassVar[dict[str, Owner]] = {"POST": CLOSED}

    @describe(
        "unlinkUser",
        summary="Stop a user from acting as a party",
        takes=UserNameSerializer,
        answers={200: LinkedUserAnswerSerializer},
        refusals=[register.PartyNotFound, links.LinkNotFound],
        example={"issuer": "pool", "subject": "5f1a0b7e-2c44-4d0e-9d5b-0c7a3c1d2e3f"},
    )
    def post(self, request: Request, party_id: str) -> Response:
        """From the next request on the user's tokens reach nothing of the party's, however long they live."""
        return _change(request, party_id, operation="users.unlink", verb=links.unlink, status=200)


def _change(request: Request, party_id: str, *, operation: str, verb: Any, status: int) -> Response:
    call, now = cast("ApiRequest", request), clock.now()
    values = UserNameSerializer.read(request)

    def effect() -> tuple[int, dict[str, Any]]:
        party = register.get(party_id=party_id, livemode=call.livemode)
        row: UserLink = verb(
            issuer_code=values["issuer"],
            subject=values["subject"],
            party_id=party.party_id,
            livemode=call.livemode,
            actor=call.actor,
            now=now,
        )
        return status, {"success": True, **_shown(row), "timestamp": now}

    return run_once(request, operation=operation, effect=effect, now=now)


def _shown(row: UserLink) -> dict[str, Any]:
    return {
        "issuer": row.issuer_code,
        "subject": row.subject,
        "party_id": row.party_id,
        "linked_at": row.linked_at,
        "ended_at": row.ended_at,
        "livemode": row.livemode,
    }
