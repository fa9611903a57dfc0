"""The least a DRF view can be: settings and URLs of the floor that payments are measured against.

One small POST with JSON, parsed and answered; no middleware, no authentication, no database.
"""

from typing import Any

from django.urls import path

SECRET_KEY = "bench-only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = __name__
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
USE_TZ = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}


def _echo(request: Any) -> Any:
    # DRF reads the settings above when it is imported, so not before they are in force.
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Echo(APIView):
        def post(self, request: Any) -> Response:
            return Response({"amount": request.data["amount"], "ok": True})

    global _view
    _view = Echo.as_view()
    return _view(request)


_view: Any = _echo
urlpatterns = [path("bare", lambda request: _view(request))]
