"""The API's description as served and as committed: OpenAPI 3.1, and the meaning of every error code."""

import functools
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from core.api import catalogue

COMMITTED = Path("docs") / "openapi.json"


@functools.cache
def openapi() -> dict[str, Any]:
    """Made once a process: it depends on code alone."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


def openapi_text() -> str:
    return json.dumps(openapi(), indent=2, ensure_ascii=False) + "\n"


def committed_path() -> Path:
    return Path(settings.BASE_DIR) / COMMITTED


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """JSON; YAML for `?format=yaml` or an Accept header that asks for YAML and not for JSON."""
    accept = request.headers.get("Accept", "")
    wanted = request.GET.get("format") or ("yaml" if "yaml" in accept and "json" not in accept else "json")
    if wanted == "yaml":
        text = OpenApiYamlRenderer().render(openapi(), renderer_context={})
        return HttpResponse(text, content_type="application/vnd.oai.openapi; charset=utf-8")
    return HttpResponse(openapi_text(), content_type="application/vnd.oai.openapi+json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    return render(request, "api/errors.html", {"codes": catalogue.error_codes()})
