"""AWS KMS behind the key service's port: one symmetric key for each purpose, reached by its alias.

The encryption context (purpose, party, row) goes to KMS with every call, so it stands in CloudTrail and in key
policies, and a wrapped key copied to another row does not open. A key is always opened by the ARN that wrapped it,
never by whatever key the ciphertext names.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.vault.kms import KeyServiceUnavailable, KeyUnreadable, NewDataKey, WrappedKey
from core.vault.purposes import Purpose

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

ATTEMPTS = 2
_WRONG_KEY = {"InvalidCiphertextException", "IncorrectKeyException"}
_NO_USE_RETRYING = _WRONG_KEY | {
    "AccessDeniedException",
    "DisabledException",
    "KMSInvalidStateException",
    "NotFoundException",
    "UnrecognizedClientException",
    "ValidationException",
}


class AwsKms:
    provider = "aws"

    def __init__(
        self,
        *,
        aliases: Mapping[Purpose, str],
        region: str,
        endpoint: str | None = None,
        timeout_seconds: float = 0.2,
        client: "KMSClient | None" = None,
    ) -> None:
        self.aliases = aliases
        # botocore's own retries wait up to seconds; a payment cannot. We retry once ourselves.
        self._client = client or boto3.client(
            "kms",
            region_name=region,
            endpoint_url=endpoint,
            config=Config(
                connect_timeout=timeout_seconds, read_timeout=timeout_seconds, retries={"total_max_attempts": 1}
            ),
        )

    def prepare(self, *, first_start: bool) -> None:
        """Keys and aliases are made by whoever runs the AWS account."""

    def generate(self, *, purpose: Purpose, context: Mapping[str, str]) -> NewDataKey:
        answer = _bounded(
            lambda: self._client.generate_data_key(
                KeyId=self.aliases[purpose], KeySpec="AES_256", EncryptionContext=_bound(purpose, context)
            )
        )
        return NewDataKey(WrappedKey(answer["KeyId"], answer["CiphertextBlob"]), answer["Plaintext"])

    def unwrap(self, *, purpose: Purpose, key: WrappedKey, context: Mapping[str, str]) -> bytes:
        answer = _bounded(
            lambda: self._client.decrypt(
                CiphertextBlob=key.wrapped, KeyId=key.master_key, EncryptionContext=_bound(purpose, context)
            )
        )
        if answer["KeyId"] != key.master_key:
            raise KeyUnreadable("AWS KMS opened a data key with another master key than the one that wrapped it")
        plaintext: bytes = answer["Plaintext"]
        return plaintext

    def rewrap(self, *, purpose: Purpose, key: WrappedKey, context: Mapping[str, str]) -> WrappedKey:
        """Inside KMS: the open data key does not travel."""
        bound = _bound(purpose, context)
        answer = _bounded(
            lambda: self._client.re_encrypt(
                CiphertextBlob=key.wrapped,
                SourceKeyId=key.master_key,
                SourceEncryptionContext=bound,
                DestinationKeyId=self.aliases[purpose],
                DestinationEncryptionContext=bound,
            )
        )
        return WrappedKey(answer["KeyId"], answer["CiphertextBlob"])


def _bound(purpose: Purpose, context: Mapping[str, str]) -> dict[str, str]:
    return {**context, "purpose": purpose.value}


def _bounded(call: Callable[[], Any]) -> Any:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return call()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            if code in _WRONG_KEY:
                raise KeyUnreadable(f"AWS KMS does not open the data key: {code}") from None
            reason, final = code, code in _NO_USE_RETRYING
        except BotoCoreError as error:
            reason, final = type(error).__name__, False
        if final or attempt == ATTEMPTS:
            raise KeyServiceUnavailable(f"AWS KMS did not answer: {reason}") from None
        time.sleep(random.uniform(0.01, 0.05))  # noqa: S311
    raise AssertionError("unreachable")
