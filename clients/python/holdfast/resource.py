"""What the groups of operations have in common."""

from collections.abc import Mapping
from typing import Any

from holdfast.answers import Answer
from holdfast.listing import Listing
from holdfast.requests import query
from holdfast.transport import Call, Operation, Transport


class Resource:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _get(self, operation: Operation, **place: str) -> Answer[Any]:
        return self._transport.send(Call(operation, place=place))

    def _post(
        self,
        operation: Operation,
        body: Mapping[str, Any],
        key: str | None,
        *,
        if_match: str | None = None,
        **place: str,
    ) -> Answer[Any]:
        return self._transport.send(Call(operation, place=place, body=body, idempotency_key=key, if_match=if_match))

    def _list(
        self, operation: Operation, filters: Mapping[str, Any], *, at_most: int | None, rows: str = "data", **place: str
    ) -> Listing[Any]:
        return Listing(
            lambda asked: self._transport.send(Call(operation, place=place, query=asked)),
            query(filters),
            at_most=at_most,
            rows=rows,
        )
