"""What a browser shows when a form's token does not fit. The other error pages are `templates/<status>.html`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    return render(request, "console/expired.html", status=403)
