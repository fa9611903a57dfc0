"""Django's own error reports (debug page, mail to administrators) without local variables, form data or headers."""

from collections.abc import ItemsView
from types import FrameType, TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class SilentReporterFilter(SafeExceptionReporterFilter):
    """A local variable of a payment frame is a card number more often than it is a help."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType | TracebackType
    ) -> ItemsView[str, Any]:
        return {}.items()

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        kept = ("REQUEST_METHOD", "PATH_INFO", "SERVER_NAME")
        return {name: request.META[name] for name in kept if name in request.META}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return {}
