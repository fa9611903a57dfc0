"""A bucket that the bank reads: an object appears whole or not at all, and never in another's place.

Settings: `bucket`, `outgoing` and `incoming` (prefixes), `region`, `endpoint` where it is not Amazon's. Who we are
comes from the environment, as boto3 finds it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ach.models import Originator
from ach.transport import Fetched, OtherContent, TransportFailed, setting

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")
_RETRIES: Any = {"max_attempts": 2}


class S3Transport:
    def __init__(self, originator: Originator, timeout_seconds: int) -> None:
        self._bucket = setting(originator, "bucket")
        self._outgoing = setting(originator, "outgoing").strip("/")
        self._incoming = str(originator.settings.get("incoming", "")).strip("/")
        # The service's types come as a package of their own.
        make: Any = boto3.client
        self._client = make(
            "s3",
            region_name=originator.settings.get("region"),
            endpoint_url=originator.settings.get("endpoint"),
            config=Config(connect_timeout=timeout_seconds, read_timeout=timeout_seconds, retries=_RETRIES),
        )

    def deliver(self, name: str, content: bytes) -> str:
        """Conditional: of two tries one makes the object, the other finds it. Raises OtherContent."""
        key = f"{self._outgoing}/{name}"
        with _told():
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*", ContentType="text/plain",
                    ServerSideEncryption="AES256",
                )  # fmt: skip
            except ClientError as error:
                if _code(error) not in _TAKEN:
                    raise
                if self._read(key) != content:
                    raise OtherContent(f"{name} is there already, with other content") from None
        return f"s3://{self._bucket}/{key}"

    def fetch(self) -> Iterable[Fetched]:
        prefix = f"{self._incoming}/"
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages if self._incoming else ():
                for each in page.get("Contents", ()):
                    name = each["Key"].removeprefix(prefix)
                    if name and "/" not in name:
                        yield Fetched(name, self._read(each["Key"]))

    def done(self, name: str) -> None:
        key = f"{self._incoming}/{name}"
        with _told():
            source = {"Bucket": self._bucket, "Key": key}
            self._client.copy_object(Bucket=self._bucket, Key=f"{self._incoming}/done/{name}", CopySource=source)
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def _read(self, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content


@contextmanager
def _told() -> Iterator[None]:
    """The service's code for it, never its message: that may repeat names of ours."""
    try:
        yield
    except ClientError as error:
        raise TransportFailed(f"the bucket refused: {_code(error)}") from None
    except BotoCoreError as error:
        raise TransportFailed(f"the bucket does not answer: {type(error).__name__}") from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
