"""/v1/bank-accounts/{id}/verifications: whether an account is open and can be reached."""

from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ach.services.new_entries import InvalidEntry
from ach.services.stops import AccountStopped
from compliance.selectors import bank_accounts as accounts
from compliance.services.parties import PartyNotEligible
from core import clock
from core.api import once
from core.api.once import run_once
from core.api.owners import ADMINS, One
from core.api.requests import ApiRequest
from core.api.schema import describe, page_of
from core.api.values import Verbatim
from core.api.views import ApiView
from core.api.wire import StrictIntegerField, WireSerializer, to_wire
from core.approvals.services import NobodyCanSign
from core.vault.envelope import VaultUnavailable
from core.vault.purposes import Purpose
from payments import transfer_answers as answers
from payments import transfer_refusals as refusals
from payments.models import AccountVerification
from payments.selectors import verifications as register
from payments.services import verification_guesses, verifications
from payments.services.verifications import NewVerification
from payments.transfer_enums import VerificationMethod, VerificationState


class NewVerificationSerializer(WireSerializer):
    """How the account shall be verified."""

    method = serializers.ChoiceField(choices=VerificationMethod.values)
    trusted_source = serializers.CharField(
        required=False, max_length=40, help_text="TRUSTED_SOURCE: who vouches for the account."
    )
    source_reference = serializers.CharField(
        required=False, max_length=64, help_text="TRUSTED_SOURCE: their own record of it, never an account number."
    )


class ConfirmationSerializer(WireSerializer):
    amounts = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=99), min_length=2, max_length=2,
        help_text="In cents, in any order. Test data get 32 and 45.",
    )  # fmt: skip


class VerificationRowSerializer(WireSerializer):
    """A verification of an account."""

    verification_id = serializers.CharField()
    account_id = serializers.CharField()
    party_id = serializers.CharField()
    method = serializers.ChoiceField(choices=VerificationMethod.values)
    status = serializers.ChoiceField(choices=VerificationState.values)
    reason = serializers.CharField(allow_null=True)
    tries_left = serializers.IntegerField(allow_null=True, help_text="MICRO_ENTRIES: guesses that are left.")
    live_from = serializers.DateTimeField(allow_null=True, help_text="PRENOTE: when it verifies.")
    expires_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class VerificationSerializer(VerificationRowSerializer):
    """A verification by itself."""

    success = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


class Verifications(ApiView):
    scopes: ClassVar = {"GET": "bank-accounts:read", "POST": "bank-accounts:write"}
    owned_by: ClassVar = {
        "GET": One(
            rows=register.accounts_in_mode,
            variable="account_id",
            key="account_id",
            missing=accounts.BankAccountNotFound,
            customer="holder",
            provider="holder",
        ),
        "POST": ADMINS,
    }
    paged = True

    @describe(
        "listAccountVerifications",
        summary="List the verifications of an account",
        answers={200: page_of(VerificationRowSerializer)},
        refusals=(accounts.BankAccountNotFound,),
    )
    def get(self, request: Request, account_id: str) -> Response:
        """Newest first."""
        account = accounts.get(account_id=account_id, livemode=cast("ApiRequest", request).livemode)

        def render(verification: AccountVerification) -> dict[str, Any]:
            return Verbatim(to_wire(answers.verification_fields(verification)))

        return self.page(request, register.list_of(account), render)

    @describe(
        "verifyBankAccount",
        summary="Verify an account",
        takes=NewVerificationSerializer,
        answers={201: VerificationSerializer},
        refusals=(
            accounts.BankAccountNotFound, PartyNotEligible, refusals.AccountVerificationFailed,
            refusals.VelocityLimitExceeded, verifications.VerificationUnderWay, InvalidEntry, AccountStopped,
            NobodyCanSign, VaultUnavailable,
        ),
        example={"method": "MICRO_ENTRIES"},
    )  # fmt: skip
    def post(self, request: Request, account_id: str) -> Response:
        """A prenote verifies on the third banking day after it settled; micro-entries once their amounts are confirmed;
        a trusted source once two people have signed.
        """
        call, now = cast("ApiRequest", request), clock.now()
        values = NewVerificationSerializer.read(request)
        new = NewVerification(
            account_id, VerificationMethod(values["method"]), values.get("trusted_source", ""),
            values.get("source_reference", ""),
        )  # fmt: skip

        def effect() -> tuple[int, dict[str, Any]]:
            made = verifications.start(new=new, livemode=call.livemode, actor=call.actor, now=now)
            return 201, {"success": True, **answers.verification_fields(made), "timestamp": now}

        seals = (Purpose.ACH,) if new.method == VerificationMethod.MICRO_ENTRIES else ()
        return run_once(request, operation="bank_accounts.verify", effect=effect, now=now, seals=seals)


class VerificationConfirmation(ApiView):
    scopes: ClassVar = {"POST": "bank-accounts:write"}
    owned_by: ClassVar = {"POST": ADMINS}

    @describe(
        "confirmAccountVerification",
        summary="Confirm the amounts of micro-entries",
        takes=ConfirmationSerializer,
        answers={200: VerificationSerializer},
        refusals=(
            register.VerificationNotFound, verifications.VerificationIsOver, verification_guesses.AmountsDiffer,
            VaultUnavailable,
        ),
        example={"amounts": [32, 45]},
    )  # fmt: skip
    def post(self, request: Request, account_id: str, verification_id: str) -> Response:
        """A wrong guess counts. After the last one another verification has to be started."""
        call = cast("ApiRequest", request)
        values = ConfirmationSerializer.read(request)
        found = register.get(verification_id, livemode=call.livemode)
        if found.account.account_id != account_id:
            raise register.VerificationNotFound
        answer = verification_guesses.confirm(
            verification_id=verification_id,
            amounts=values["amounts"],
            ticket=once.ticket(request, operation="bank_accounts.confirm"),
            livemode=call.livemode,
            actor=call.actor,
            now=clock.now(),
        )
        return once.answered(status=answer.status, body=answer.body, replayed=answer.replayed)
