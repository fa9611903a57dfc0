"""Every address of the program. Each app owns its own patterns."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from core.api import problems
from core.console import views
from core.console.site import site

# The public API. Each app adds one line here for its `api/urls.py`; what nobody answers is a 404 problem.
v1: list[URLPattern | URLResolver] = [
    path("", include("core.api.urls")),
    path("", include("core.webhooks.api.urls")),
    path("", include("compliance.api.urls")),
    path("", include("fraud.api.urls")),
    path("", include("payments.api.urls")),
    path("", include("escrow.api.urls")),
    path("<path:anything>", problems.unknown_address),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.front_door),
    path("", include("core.telemetry.urls")),
    path("v1/", include(v1)),
    path("admin/", site.urls),
]

if settings.HOLDFAST_LOCAL_ISSUER:
    urlpatterns.append(path("", include("core.oidc.urls")))

handler400 = problems.handler400
handler403 = problems.handler403
handler404 = problems.handler404
handler500 = problems.handler500
