"""Idempotent requests in the search box."""

from django.http import HttpRequest
from django.urls import reverse

from core import console
from core.idempotency.models import IdempotentRequest

SHOWN = 10


@console.finds("Idempotent requests", permission="idempotency.view_idempotentrequest")
def find_requests(request: HttpRequest, text: str) -> list[console.Hit]:  # noqa: ARG001
    """By the key, whichever caller sent it."""
    found = IdempotentRequest.objects.filter(key=text).defer("response_body")[:SHOWN]
    return [
        console.Hit(
            row.operation,
            reverse("admin:idempotency_idempotentrequest_change", args=[row.pk]),
            f"{row.caller} · {row.status.lower()}",
            "idempotency key",
        )
        for row in found
    ]
