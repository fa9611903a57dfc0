"""Parties on the wire."""

from rest_framework import serializers

from compliance.enums import PartyKind, PartyStatus, PartyType, Verification
from core import ids
from core.api.fields import PatternField
from core.api.schema import page_of
from core.api.wire import WireSerializer


class AddressSerializer(WireSerializer):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    street = serializers.CharField(max_length=200, required=False)
    city = serializers.CharField(max_length=100, required=False)
    state = serializers.CharField(max_length=100, required=False)
    zip_code = serializers.CharField(max_length=20, required=False)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)


class NewPartySerializer(WireSerializer):
    """A customer who pays or a provider who is paid."""

    party_id = PatternField(ids.PARTY_ID, required=False, help_text="Your own name for it; made up if left out.")
    type = serializers.ChoiceField(choices=PartyType.choices)
    kind = serializers.ChoiceField(choices=PartyKind.choices, default=PartyKind.INDIVIDUAL)
    first_name = serializers.CharField(max_length=100, required=False)
    last_name = serializers.CharField(max_length=100, required=False)
    business_name = serializers.CharField(max_length=200, required=False)
    email = serializers.EmailField(max_length=254, required=False)
    phone = serializers.CharField(max_length=32, required=False)
    date_of_birth = serializers.DateField(required=False)
    address = AddressSerializer(required=False)


class PartySerializer(WireSerializer):
    """A party. Why one is blocked is never said here."""

    party_id = serializers.CharField()
    type = serializers.ChoiceField(choices=PartyType.choices)
    kind = serializers.ChoiceField(choices=PartyKind.choices)
    status = serializers.ChoiceField(choices=PartyStatus.choices)
    verification = serializers.ChoiceField(choices=Verification.choices)
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    business_name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    date_of_birth = serializers.DateField(allow_null=True)
    address = AddressSerializer()
    livemode = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PartyAnswerSerializer(PartySerializer):
    """A party by itself."""

    success = serializers.BooleanField()
    timestamp = serializers.DateTimeField()


PartyPageSerializer = page_of(PartySerializer)
