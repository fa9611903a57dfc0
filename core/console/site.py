"""The one AdminSite: our pages, our sign-in, and Django's model admin below `records/`."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin import site as default_site
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path

from core.console import pages
from core.console.records import RecordAdmin
from core.staff import presence, roles


class ConsoleSite(AdminSite):
    site_title = site_header = "Holdfast"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only read-only record browsers are taken: what other packages register for their tables can be edited."""
        if admin_class is not None and issubclass(admin_class, RecordAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return presence.is_signed_in(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: ARG002
        """What guards our pages guards the record browser too; the model's own permission comes on top."""
        return pages.guard(view, name="records", permission=roles.ANY_STAFF, methods=frozenset({"GET", "HEAD", "POST"}))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from core.console import views
        from core.staff import sign_in_views

        work = [path(page.path, page.view, name=page.name) for page in pages.registered()]
        records = [
            path(f"records/{model._meta.app_label}/{model._meta.model_name}/", include(model_admin.urls))
            for model, model_admin in self._registry.items()
        ]
        return [
            path("login/", sign_in_views.password_step, name="login"),
            path("login/code/", sign_in_views.code_step, name="login_code"),
            path("login/enrol/", sign_in_views.enrol, name="enrol"),
            path("login/recovery/", sign_in_views.recovery_step, name="login_recovery"),
            path("login/passkey/", sign_in_views.passkey_step, name="login_passkey"),
            path("logout/", sign_in_views.sign_out, name="logout"),
            *work,
            path("", views.home, name="index"),
            path("records/<str:app_label>/", views.record_index, name="app_list"),
            *records,
            path("<path:url>", views.unknown),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """The shell reads the request itself; Django's lists of apps are not built."""
        return {"site_header": self.site_header, "is_popup": False, "has_permission": self.has_permission(request)}


site = default_site
