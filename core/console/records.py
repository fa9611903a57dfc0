"""The record browser: every table, read-only, for people who need to see the row itself."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from core.console import access

COUNT_UP_TO = 10_000


class CappedPaginator(Paginator):
    """Counts no further than anybody pages: a full count of a large table takes seconds."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[: COUNT_UP_TO + 1].count())


class RecordAdmin(ModelAdmin):
    """Base of every model admin. Nothing can be added, changed, deleted or acted upon.

    `search_fields` are compared exactly, so each must have an index; `ordering` must follow one too (default: the
    primary key, newest first). Permission: `<app>.view_<model>` of the role table.
    """

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ModelAdmin.show_facets.NEVER
    paginator = CappedPaginator
    ordering: ClassVar[Any] = ("-pk",)
    change_list_template = "console/records/list.html"
    change_form_template = "console/records/detail.html"
    hidden_fields: ClassVar[tuple[str, ...]] = ()

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

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        access.viewed(request, subject=f"records:{self.opts.label_lower}", what="records")
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        response = super().change_view(request, object_id, form_url, extra_context)
        if response.status_code == HTTPStatus.OK:
            access.viewed(request, subject=f"{self.opts.label_lower}:{object_id}", what="record")
        return response

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [
            field.name
            for field in self.opts.concrete_fields
            if field.name not in self.hidden_fields and field.get_internal_type() != "BinaryField"
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact values only: a substring search reads the whole table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(pk__in=())
        for name in self.get_search_fields(request):
            wanted |= self._equals(name.lstrip("=^@"), term)
        return queryset.filter(wanted), False

    def _equals(self, name: str, term: str) -> Q:
        """No condition when the term cannot be a value of the field: letters are no number."""
        try:
            self.opts.get_field(name).to_python(term)  # type: ignore[union-attr]
        except (ValidationError, FieldDoesNotExist, FieldError, ValueError):
            return Q(pk__in=())
        return Q(**{name: term})
