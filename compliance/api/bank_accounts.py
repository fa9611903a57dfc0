"""/v1/bank-accounts: where parties are paid. The number of an account goes in and never comes out."""

import re
from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.account_numbers import ACCOUNT, ROUTING, AccountNumber
from compliance.enums import AccountType, BankAccountState
from compliance.models import BankAccount
from compliance.selectors import bank_accounts as register
from compliance.selectors.parties import PartyNotFound
from compliance.services import bank_accounts
from compliance.services.parties import PartyNotEligible
from core import clock, ids
from core.api import conditions, filters
from core.api.fields import DigitsField, PatternField
from core.api.once import run_once
from core.api.owners import ADMINS, One, Owner, Rows
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.views import ApiView
from core.api.wire import WireSerializer
from core.approvals.services import NobodyCanSign
from core.vault.envelope import VaultUnavailable
from core.vault.purposes import Purpose

EXAMPLE = {
    "partyId": "prov_xyz789ghi012",
    "accountHolderName": "Jane Smith Photography",
    "routingNumber": "021000021",
    "accountNumber": "000123456789",
    "accountType": "CHECKING",
}


class AccountField(PatternField, DigitsField):
    """As sent: the service judges it and never repeats it. What looks like a card's number is none here."""

    def __init__(self, pattern: re.Pattern[str], **options: Any) -> None:
        self.pattern = pattern
        serializers.CharField.__init__(self, trim_whitespace=False, allow_blank=True, **options)

    def to_internal_value(self, data: Any) -> str:
        return str(data)


class NewBankAccountSerializer(WireSerializer):
    """An account at a bank in the United States."""

    party_id = PatternField(ids.PARTY_ID)
    account_holder_name = serializers.CharField(max_length=100)
    routing_number = AccountField(ROUTING, help_text="Nine digits, the last of which is the ABA check digit.")
    account_number = AccountField(
        ACCOUNT, help_text="4 to 17 letters and digits. Kept under lock and never given back."
    )
    account_type = serializers.ChoiceField(choices=AccountType.choices)


class BankAccountSerializer(WireSerializer):
    """A payout account: the party is paid to it while its status is ACTIVE."""

    account_id = serializers.CharField()
    party_id = serializers.CharField()
    status = serializers.ChoiceField(choices=BankAccountState.choices)
    account_holder_name = serializers.CharField()
    routing_number = serializers.CharField()
    last4 = serializers.CharField(help_text="At most half of a short number.")
    account_type = serializers.ChoiceField(choices=AccountType.choices)
    active_from = serializers.DateTimeField(allow_null=True, help_text="Null until it is signed.")
    activated_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class BankAccountAnswerSerializer(BankAccountSerializer):
    """A payout account by itself."""

    success = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


BankAccountPageSerializer = page_of(BankAccountSerializer)


class BankAccountsView(ApiView):
    scopes = {"GET": "bank-accounts:read", "POST": "bank-accounts:write"}
    owned_by: ClassVar[dict[str, Owner]] = {
        "GET": Rows(customer="party__party_id", provider="party__party_id"),
        "POST": ADMINS,
    }
    paged = True
    filters = (
        *filters.text("partyId", "party__party_id", pattern=ids.PARTY_ID),
        *filters.choice("status", BankAccountState.values, "state"),
        *filters.moment("createdAt"),
    )

    @describe("listBankAccounts", summary="List payout accounts", answers={200: BankAccountPageSerializer})
    def get(self, request: Request) -> Response:
        """Of the key's mode, newest first, those that were replaced or refused among them."""
        return self.page(request, register.all_of(livemode=cast("ApiRequest", request).livemode), _shown)

    @describe(
        "createBankAccount",
        summary="Enter a payout account",
        takes=NewBankAccountSerializer,
        answers={201: BankAccountAnswerSerializer},
        refusals=[
            bank_accounts.InvalidBankAccount,
            bank_accounts.BankAccountPending,
            bank_accounts.BankAccountExists,
            PartyNotFound,
            PartyNotEligible,
            NobodyCanSign,
            VaultUnavailable,
        ],
        example=EXAMPLE,
    )
    def post(self, request: Request) -> Response:
        """People sign it before the party is paid to it; until then the party is paid as before. In test data a party's
        first account may be active at once.
        """
        call, now = cast("ApiRequest", request), clock.now()
        new = _new_account(NewBankAccountSerializer.read(request))

        def effect() -> tuple[int, dict[str, Any]]:
            account = bank_accounts.create(new=new, livemode=call.livemode, actor=call.actor, now=now)
            return 201, {"success": True, **_shown(account), "timestamp": now}

        return run_once(request, operation="bank_accounts.create", effect=effect, now=now, seals=(Purpose.ACH,))


class BankAccountView(ApiView):
    scopes = {"GET": "bank-accounts:read"}
    owned_by: ClassVar[dict[str, Owner]] = {
        "GET": One(
            rows=register.all_of,
            variable="account_id",
            key="account_id",
            missing=register.BankAccountNotFound,
            customer="party__party_id",
            provider="party__party_id",
        )
    }
    etag = conditions.all_but("success", "timestamp")

    @describe(
        "getBankAccount",
        summary="Get a payout account",
        answers={200: BankAccountAnswerSerializer},
        refusals=[register.BankAccountNotFound],
    )
    def get(self, request: Request, account_id: str) -> Response:
        """One account, with when it is paid to."""
        account = register.get(account_id=account_id, livemode=cast("ApiRequest", request).livemode)
        return Response({"success": True, **_shown(account), "timestamp": clock.now()})


class BankAccountRetireView(ApiView):
    scopes = {"POST": "bank-accounts:write"}
    owned_by: ClassVar[dict[str, Owner]] = {"POST": ADMINS}

    @describe(
        "retireBankAccount",
        summary="End a payout account",
        answers={200: BankAccountAnswerSerializer},
        refusals=[register.BankAccountNotFound, bank_accounts.BankAccountIsOver],
    )
    def post(self, request: Request, account_id: str) -> Response:
        """From now on the party is not paid to it; one that was waiting is rejected. Nobody needs to sign for that."""
        call, now = cast("ApiRequest", request), clock.now()

        def effect() -> tuple[int, dict[str, Any]]:
            ended = bank_accounts.retire(account_id=account_id, livemode=call.livemode, actor=call.actor, now=now)
            return 200, {"success": True, **_shown(ended), "timestamp": now}

        return run_once(request, operation="bank_accounts.retire", effect=effect, now=now)


def _new_account(values: dict[str, Any]) -> bank_accounts.NewAccount:
    return bank_accounts.NewAccount(
        party_id=values["party_id"],
        holder_name=values["account_holder_name"],
        account_type=AccountType(values["account_type"]),
        routing_number=values["routing_number"],
        number=AccountNumber(values["account_number"]),
    )


def _shown(account: BankAccount) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "party_id": account.party.party_id,
        "status": account.state,
        "account_holder_name": account.holder_name,
        "routing_number": account.routing_number,
        "last4": account.last4,
        "account_type": account.account_type,
        "active_from": account.active_from,
        "activated_at": account.activated_at,
        "ended_at": account.ended_at,
        "livemode": account.livemode,
        "created_at": account.created_at,
    }
