"""AWS KMS behind the port: against moto for behaviour, against botocore's Stubber for what goes over the wire."""

import time

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from core.vault import kms
from core.vault.kms import aws
from core.vault.kms.aws import AwsKms
from core.vault.purposes import Purpose

ALIASES = {
    Purpose.PAYMENT: "alias/ecosystemaws-payment-key",
    Purpose.ACH: "alias/ach-transfer",
    Purpose.ESCROW: "alias/escrow-management",
    Purpose.DATABASE: "alias/database-encryption",
    Purpose.AUDIT: "alias/audit-logging",
}
CONTEXT = {"party": "platform", "row": "7"}
ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OTHER_ARN = ARN.replace("1111", "9999")


@pytest.fixture(autouse=True)
def _nobodys_account(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")


@pytest.fixture
def moto_kms():
    with mock_aws():
        client = boto3.client("kms", region_name="us-east-1")
        for alias in ALIASES.values():
            client.create_alias(AliasName=alias, TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
        yield AwsKms(aliases=ALIASES, region="us-east-1", timeout_seconds=2), client


@pytest.fixture
def stubbed():
    client = boto3.client("kms", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    with Stubber(client) as stubber:
        yield AwsKms(aliases=ALIASES, region="us-east-1", client=client), stubber
        stubber.assert_no_pending_responses()


class TestAgainstMoto:
    def test_a_data_key_opens_where_it_was_wrapped(self, moto_kms):
        service, _ = moto_kms
        made = service.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
        assert len(made.plaintext) == 32
        assert service.unwrap(purpose=Purpose.PAYMENT, key=made.key, context=CONTEXT) == made.plaintext

    def test_each_purpose_has_its_own_master_key(self, moto_kms):
        service, _ = moto_kms
        used = {service.generate(purpose=purpose, context=CONTEXT).key.master_key for purpose in Purpose}
        assert len(used) == len(Purpose) == 5

    def test_a_data_key_does_not_open_in_another_context(self, moto_kms):
        service, _ = moto_kms
        made = service.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
        for purpose, context in (
            (Purpose.PAYMENT, {**CONTEXT, "row": "8"}),
            (Purpose.PAYMENT, {**CONTEXT, "party": "other"}),
            (Purpose.ACH, CONTEXT),
        ):
            with pytest.raises(kms.KeyUnreadable):
                service.unwrap(purpose=purpose, key=made.key, context=context)

    def test_rewrapping_after_the_alias_moved(self, moto_kms):
        service, client = moto_kms
        made = service.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
        successor = client.create_key()["KeyMetadata"]["Arn"]
        client.update_alias(AliasName=ALIASES[Purpose.PAYMENT], TargetKeyId=successor)
        assert service.unwrap(purpose=Purpose.PAYMENT, key=made.key, context=CONTEXT) == made.plaintext
        fresh = service.rewrap(purpose=Purpose.PAYMENT, key=made.key, context=CONTEXT)
        assert fresh.master_key == successor
        assert service.unwrap(purpose=Purpose.PAYMENT, key=fresh, context=CONTEXT) == made.plaintext


class TestOnTheWire:
    def test_the_context_goes_with_every_call(self, stubbed):
        service, stubber = stubbed
        bound = {"party": "platform", "row": "7", "purpose": "ACH"}
        stubber.add_response(
            "generate_data_key",
            {"KeyId": ARN, "CiphertextBlob": b"wrapped", "Plaintext": b"p" * 32},
            {"KeyId": "alias/ach-transfer", "KeySpec": "AES_256", "EncryptionContext": bound},
        )
        stubber.add_response(
            "decrypt",
            {"KeyId": ARN, "Plaintext": b"p" * 32},
            {"KeyId": ARN, "CiphertextBlob": b"wrapped", "EncryptionContext": bound},
        )
        made = service.generate(purpose=Purpose.ACH, context=CONTEXT)
        assert service.unwrap(purpose=Purpose.ACH, key=made.key, context=CONTEXT) == b"p" * 32

    def test_a_key_opened_by_another_master_key_is_refused(self, stubbed):
        service, stubber = stubbed
        stubber.add_response("decrypt", {"KeyId": OTHER_ARN, "Plaintext": b"p" * 32})
        with pytest.raises(kms.KeyUnreadable):
            service.unwrap(purpose=Purpose.ACH, key=kms.WrappedKey(ARN, b"wrapped"), context=CONTEXT)

    @pytest.mark.parametrize("code", ["KMSInternalException", "ThrottlingException", "DependencyTimeoutException"])
    def test_a_passing_fault_is_tried_once_more(self, stubbed, code):
        service, stubber = stubbed
        stubber.add_client_error("decrypt", code)
        stubber.add_response("decrypt", {"KeyId": ARN, "Plaintext": b"p" * 32})
        assert service.unwrap(purpose=Purpose.ACH, key=kms.WrappedKey(ARN, b"w"), context=CONTEXT) == b"p" * 32

    def test_not_more_than_twice(self, stubbed):
        service, stubber = stubbed
        for _ in range(aws.ATTEMPTS):
            stubber.add_client_error("decrypt", "KMSInternalException")
        with pytest.raises(kms.KeyServiceUnavailable, match="KMSInternalException"):
            service.unwrap(purpose=Purpose.ACH, key=kms.WrappedKey(ARN, b"w"), context=CONTEXT)

    @pytest.mark.parametrize(
        "code", ["AccessDeniedException", "DisabledException", "NotFoundException", "KMSInvalidStateException"]
    )
    def test_a_lasting_fault_is_not_tried_again(self, stubbed, code):
        service, stubber = stubbed
        stubber.add_client_error("generate_data_key", code, service_message="arn of somebody, account 123456789012")
        with pytest.raises(kms.KeyServiceUnavailable, match=code) as caught:
            service.generate(purpose=Purpose.ACH, context=CONTEXT)
        assert "123456789012" not in str(caught.value)


def test_a_service_that_does_not_listen_costs_little_time():
    service = AwsKms(aliases=ALIASES, region="us-east-1", endpoint="http://127.0.0.1:1")
    started = time.perf_counter()
    with pytest.raises(kms.KeyServiceUnavailable):
        service.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
    assert time.perf_counter() - started < 0.5


def test_an_open_data_key_does_not_print():
    made = kms.NewDataKey(kms.WrappedKey(ARN, b"w"), b"the open key")
    assert "open key" not in repr(made)


def test_the_settings_name_the_five_documented_aliases(settings):
    assert {purpose.value: alias for purpose, alias in ALIASES.items()} == settings.HOLDFAST_KMS_ALIASES


def test_the_settings_choose_the_provider(settings):
    assert kms.service().provider == "local"
    settings.HOLDFAST_KMS = "aws"
    assert kms.service().provider == "aws"
