"""The record browser: every table, read-only, for people who need to see the row itself.

Django's admin gives the registry and the addresses; lists and rows are ours: paged by key, never counted, drawn like
the work pages, and linked with them both ways.
"""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin, site
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Field, ForeignKey, JSONField, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core.console import access
from core.console.components import Column, Fact
from core.telemetry.redaction import redact, redact_cards

CHANGELIST, CHANGE = "admin:{}_{}_changelist", "admin:{}_{}_change"
PAGE_SIZE = 50


class RecordAdmin(ModelAdmin):
    """Base of every model admin. Nothing can be added, changed, deleted or acted upon.

    `search_fields` are compared exactly, one after the other, so each must have an index; lists go by the primary key,
    newest first. Permission: `<app>.view_<model>` of the role table. `work_page` names the page of the object and the
    field that is its argument, `("admin:payment", "public_id")`; that page links back with `{% record_link row %}`.
    """

    actions = None
    hidden_fields: ClassVar[tuple[str, ...]] = ()
    work_page: ClassVar[tuple[str, str] | None] = None

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Refused: Django's log of its own changes stays empty here. What happened to a row is in the audit chain."""
        raise PermissionDenied

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:  # type: ignore[override]
        """Newest first, or the rows with exactly the value looked for."""
        from core.console import listing

        self._require_view(request)
        access.viewed(request, subject=f"records:{self.opts.label_lower}", what="records")
        text = request.GET.get("q", "").strip()[:255]
        shown = listing.Listing(
            f"{self.opts.app_label}-{self.opts.model_name}",
            [self._column(name) for name in self._shown_names()],
            listing.Keyset(self.rows(text), size=PAGE_SIZE),
            str(self.opts.verbose_name_plural).capitalize(),
            draw=lambda rows: [self._line(request, row) for row in rows],
            empty="No rows",
            hint="Values are compared exactly." if text else "",
        )
        fields = [str(self._field(name).verbose_name) for name in self.search_fields]
        context = {"opts": self.opts, "search_fields": fields, "text": text}
        return listing.render_list(request, "console/records/list.html", shown, context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One row, every column that is not hidden."""
        from core.console import shell

        self._require_view(request)
        if request.method != "GET" or object_id is None:
            raise PermissionDenied(f"{self.opts.app_label}.change_{self.opts.model_name}")
        row = self._find(object_id)
        if row is None:
            raise Http404
        access.viewed(request, subject=f"{self.opts.label_lower}:{object_id}", what="record")
        context = {
            "opts": self.opts,
            "title": str(row),
            "work": work_url(row),
            "facts": [self._fact(request, row, field) for field in self.shown_fields()],
            "documents": [
                (str(field.verbose_name).capitalize(), pretty(getattr(row, field.attname)))
                for field in self.shown_fields()
                if isinstance(field, JSONField)
            ],
        }
        return shell.render(request, "console/records/detail.html", context)

    def rows(self, text: str = "") -> QuerySet[Any]:
        """All rows, or those of the first search field that has the value. A substring would read the whole table."""
        joined = self._joined()
        found: QuerySet[Any] = self.model._default_manager.select_related(*joined).defer(*self._unread(joined))
        if not text:
            return found
        for name in self.search_fields:
            value = self._value(name, text)
            if value is not None and found.filter(**{name: value}).exists():
                return found.filter(**{name: value})
        return found.none()

    def find_by_public_id(self, text: str) -> Model | None:
        """The one row that has it in a unique column the table is searched by."""
        for name in self.search_fields:
            field = self._field(name)
            if field.unique and field.get_internal_type() == "CharField":
                return next(iter(self.model._default_manager.filter(**{name: text})), None)
        return None

    def shown_fields(self) -> "list[Field[Any, Any]]":
        return [
            field
            for field in self.opts.concrete_fields
            if field.name not in self.hidden_fields and field.get_internal_type() != "BinaryField"
        ]

    def _shown_names(self) -> list[str]:
        return [str(name) for name in self.list_display]

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def _find(self, object_id: str) -> Model | None:
        try:
            key = self.opts.pk.to_python(object_id)
        except (ValidationError, ValueError, OverflowError):
            return None
        references = self._references()
        found = self.model._default_manager.select_related(*references).defer(*self._unread(references)).filter(pk=key)
        return found.order_by("pk").first() if key else None

    def _value(self, name: str, text: str) -> Any:
        """None when the text cannot be a value of the field: letters are no number."""
        field = self._field(name)
        try:
            value = field.to_python(text)
            field.run_validators(value)
        except (ValidationError, ValueError, OverflowError):
            return None
        return value

    def _field(self, name: str) -> Any:
        """Also by the column of a reference: `event_id`."""
        try:
            return self.opts.get_field(name)
        except FieldDoesNotExist:
            return next(field for field in self.opts.concrete_fields if field.attname == name)

    def _references(self) -> list[str]:
        return [field.name for field in self.opts.concrete_fields if isinstance(field, ForeignKey)]

    def _unread(self, joined: list[str]) -> list[str]:
        """Binary columns are never shown, of the row and of what is joined; sealed files would be megabytes a row."""
        paths: list[tuple[str, Any]] = [("", self.opts)]
        paths += [(f"{name}__", self._field(name).related_model._meta) for name in joined]
        return [
            f"{path}{field.name}"
            for path, options in paths
            for field in options.concrete_fields
            if field.get_internal_type() == "BinaryField"
        ]

    def _joined(self) -> list[str]:
        return [name for name in self._references() if name in self.list_display]

    def _column(self, name: str) -> Column:
        field = self._field(name)
        kinds = {"DateTimeField": "stamp", "BooleanField": "yes_no", "IntegerField": "num"}
        kind = "status" if name in ("state", "status", "result") else kinds.get(field.get_internal_type(), "text")
        return Column(str(field.verbose_name).capitalize(), name, kind, personal=name in ("email", "full_name"))

    def _line(self, request: HttpRequest, row: Model) -> dict[str, Any]:
        line: dict[str, Any] = {name: _plain(getattr(row, name)) for name in self._shown_names()}
        line["url"] = row_url(request, row)
        return line

    def _fact(self, request: HttpRequest, row: Model, field: "Field[Any, Any]") -> Fact:
        label = str(field.verbose_name).capitalize()
        value = getattr(row, field.attname)
        if isinstance(field, ForeignKey) and value is not None:
            target = getattr(row, field.name)
            return Fact(label, str(target), "code", url=row_url(request, target))
        if isinstance(field, JSONField):
            return Fact(label, "below")
        kinds = {"DateTimeField": "stamp", "BooleanField": "yes_no"}
        if isinstance(value, str):
            return Fact(label, redact_cards(value), "id" if field.get_internal_type() == "CharField" else "text")
        return Fact(label, value, kinds.get(field.get_internal_type(), "text"))


def admins() -> Iterator[RecordAdmin]:
    yield from (admin for admin in site._registry.values() if isinstance(admin, RecordAdmin))


def row_url(request: HttpRequest, row: Model) -> str:
    """The page of a row; empty when its table is not browsed or the person may not."""
    admin = site._registry.get(type(row))
    if not isinstance(admin, RecordAdmin) or not admin.has_view_permission(request):
        return ""
    return reverse(CHANGE.format(row._meta.app_label, row._meta.model_name), args=[row.pk])


def work_url(row: Model) -> str:
    """The work page of the object that the row is; empty when there is none."""
    admin = site._registry.get(type(row))
    if not isinstance(admin, RecordAdmin) or admin.work_page is None:
        return ""
    name, field = admin.work_page
    argument = getattr(row, field)
    return reverse(name, args=[argument]) if argument else ""


def pretty(document: Any) -> str:
    """JSON as people read it, with what must not be seen taken out."""
    return redact(json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True, default=str))


def _plain(value: Any) -> Any:
    """A reference as its text, a document in short."""
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, dict | list):
        return redact(json.dumps(value, default=str))[:80]
    return value
