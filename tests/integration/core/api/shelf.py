"""A small API for the tests of the base: a shelf of books. Its own urlconf, never mounted in the product."""

import re
from typing import Any, ClassVar

from django.db import DataError, OperationalError
from django.http import Http404
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import problems
from core.api.fields import DigitsField, PatternField
from core.api.views import ApiView
from core.api.wire import MetadataField, StrictIntegerField, WireSerializer
from core.errors import Refusal


class AuthorSerializer(WireSerializer):
    first_name = serializers.CharField(max_length=20)
    birth_date = serializers.DateField(required=False)


class BookSerializer(WireSerializer):
    book_title = serializers.CharField(max_length=20)
    amount = StrictIntegerField(min_value=1)
    balance = StrictIntegerField(required=False)
    shelf_kind = serializers.ChoiceField(choices=["OPEN", "LOCKED"], required=False)
    is_new = serializers.BooleanField(required=False)
    isbn = DigitsField(min_length=10, max_length=13, required=False)
    shelf_id = PatternField(re.compile(r"SH_[0-9]{4}", re.ASCII), required=False)
    main_author = AuthorSerializer(required=False)
    other_authors = AuthorSerializer.many_of(required=False, max_length=3)
    key_words = serializers.ListField(child=serializers.CharField(max_length=10), required=False)
    metadata = MetadataField(required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("shelf_kind") == "LOCKED" and values["amount"] > 1000:
            raise serializers.ValidationError({"shelf_kind": "Locked shelves hold cheap books."})
        return values


class ShelfIsFull(Refusal):
    """The shelf has no room."""

    code = "SHELF_IS_FULL"
    status = 409
    title = "The shelf is full"


class Books(ApiView):
    scopes: ClassVar = {"GET": "books:read", "POST": "books:write"}
    throttle: ClassVar = {"POST": "payments.create"}

    def get(self, request: Request) -> Response:
        return Response({"actor_id": request.actor.id, "livemode": request.livemode})

    def post(self, request: Request) -> Response:
        return Response({"book": BookSerializer.read(request), "key_used": request.idempotency_key}, status=201)


class Failures(ApiView):
    scopes: ClassVar = {"GET": "books:read"}

    def get(self, request: Request, kind: str) -> Response:
        errors: dict[str, Exception] = {
            "refusal": ShelfIsFull("No room.", fields={"shelf_id": "SH_0001", "free_places": 0}),
            "missing": Http404("select * from secrets"),
            "down": OperationalError("password=hunter2"),
            "data": DataError("value 4242424242424242 too long"),
            "bug": ZeroDivisionError("4242424242424242"),
        }
        raise errors[kind]


class Undeclared(ApiView):
    def get(self, request: Request) -> Response:
        return Response({"reached": True})


v1 = [
    path("books", Books.as_view()),
    path("failures/<kind>", Failures.as_view()),
    path("undeclared", Undeclared.as_view()),
    path("<path:anything>", problems.unknown_address),
]
urlpatterns = [path("v1/", include(v1))]
handler404 = problems.handler404
