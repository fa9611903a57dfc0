"""A small API for the tests of the base: a shelf of books. Its own urlconf, never mounted in the product."""

import re
from typing import Any, ClassVar

from django.db import DataError, OperationalError
from django.http import Http404
from django.urls import include, path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.actors import SYSTEM
from core.api import keys, once, problems
from core.api.fields import DigitsField, PatternField
from core.api.filters import choice, moment, text
from core.api.keys import KeyNotFound
from core.api.models import ApiKey
from core.api.schema import describe, page_of
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
    currency = serializers.ChoiceField(choices=["USD", "EUR"], default="USD")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("shelf_kind") == "LOCKED" and values["amount"] > 1000:
            raise serializers.ValidationError({"shelf_kind": "Locked shelves hold cheap books."})
        return values


class ShelfIsFull(Refusal):
    """The shelf has no room."""

    code = "SHELF_IS_FULL"
    status = 409
    title = "The shelf is full"


class CallerSerializer(WireSerializer):
    actor_id = serializers.CharField()
    livemode = serializers.BooleanField()


class BookAnswerSerializer(WireSerializer):
    book = BookSerializer()
    key_used = serializers.CharField()


class KeySerializer(WireSerializer):
    key_id = serializers.CharField()
    created_at = serializers.DateTimeField()
    livemode = serializers.BooleanField()


class Books(ApiView):
    scopes: ClassVar = {"GET": "books:read", "POST": "books:write"}
    throttle: ClassVar = {"POST": "payments.create"}

    @describe("getCaller", summary="Who calls", answers={200: CallerSerializer})
    def get(self, request: Request) -> Response:
        return Response({"actor_id": request.actor.id, "livemode": request.livemode})

    @describe(
        "createBook",
        summary="Put a book on the shelf",
        takes=BookSerializer,
        answers={201: BookAnswerSerializer},
        refusals=(ShelfIsFull,),
        example={"bookTitle": "Atlas", "amount": 1200},
    )
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


class Keys(ApiView):
    """A list: the API keys themselves, which every test has some of."""

    scopes: ClassVar = {"GET": "books:read"}
    paged = True
    filters = (
        *choice("throttleClass", ["STANDARD", "BULK"], "throttle_class"),
        *text("name", "name"),
        *moment("createdAt"),
    )

    @describe("listKeys", summary="API keys", answers={200: page_of(KeySerializer)})
    def get(self, request: Request) -> Response:
        return self.page(request, ApiKey.objects.all(), self._row)

    def _row(self, key: ApiKey) -> dict[str, Any]:
        return {"key_id": key.public_id, "created_at": key.created_at, "livemode": key.livemode}


class NoteSerializer(WireSerializer):
    text = serializers.CharField(max_length=10)
    metadata = MetadataField(required=False)


class NoteAnswerSerializer(WireSerializer):
    note_id = serializers.CharField()


class Notes(ApiView):
    """The effect is a row: an API key named "note" stands in for one."""

    scopes: ClassVar = {"POST": "books:write"}

    @describe("createNote", summary="Write a note", takes=NoteSerializer, answers={201: NoteAnswerSerializer})
    def post(self, request: Request) -> Response:
        note = NoteSerializer.read(request)
        now = clock.now()

        def write() -> tuple[int, dict[str, Any]]:
            row, _ = keys.create(name="note", livemode=False, scopes=["books:read"], actor=SYSTEM, now=now)
            if note["text"] == "refuse":
                raise ShelfIsFull
            if note["text"] == "fail":
                return 402, problems.body(ShelfIsFull(), request.path)
            return 201, {"note_id": row.public_id}

        return once.run_once(request, operation="notes.create", effect=write, now=now)


class OneKey(ApiView):
    scopes: ClassVar = {"GET": "books:read"}

    @describe("getKey", summary="One API key", answers={200: KeySerializer}, refusals=(KeyNotFound,))
    def get(self, request: Request, key_id: str) -> Response:
        key = ApiKey.objects.filter(public_id=key_id).first()
        if key is None:
            raise KeyNotFound
        return Response({"key_id": key.public_id, "created_at": key.created_at, "livemode": key.livemode})


v1 = [
    path("notes", Notes.as_view()),
    path("other-notes", Notes.as_view()),
    path("keys", Keys.as_view()),
    path("keys/<key_id>", OneKey.as_view()),
    path("books", Books.as_view()),
    path("failures/<kind>", Failures.as_view()),
    path("undeclared", Undeclared.as_view()),
    path("<path:anything>", problems.unknown_address),
]
described = [
    path(
        "v1/",
        include(
            [
                p
                for p in v1
                if "failures" not in str(p.pattern)
                and "undeclared" not in str(p.pattern)
                and "other" not in str(p.pattern)
            ]
        ),
    )
]
urlpatterns = [path("v1/", include(v1))]
handler404 = problems.handler404
