"""The short way for requests to /v1/.

The middlewares of the pages (session, CSRF, staff login, one-time codes, messages, htmx) have nothing to do for
a caller with an API key and take about a fifth of the time of a small request (docs/adr/0008). This middleware
stands before them and calls the API's view itself; what stands before it (request id, security headers) is for both.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve

from core.api import problems


class ApiLaneMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not problems.is_api(request):
            return self.get_response(request)
        match = resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
            response = response.render()
        # Without it the server would send the body in chunks: a second packet, and no length for the client.
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
