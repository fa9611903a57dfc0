"""A person's own passkeys. The browser's answers are made by `static/console/passkeys.js`."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from core import console
from core.staff import presence, roles
from core.staff.passkey_requests import new_challenge, site, take_challenge
from core.staff.services import passkeys
from core.telemetry import origin


@console.page(path="account/passkeys/", name="passkeys", title="Passkeys", permission=roles.ANY_STAFF, step_up=True)
def passkey_list(request: HttpRequest) -> HttpResponse:
    return console.render(request, "staff/passkeys.html", {"passkeys": passkeys.list_for(console.person(request))})


@console.page(
    path="account/passkeys/options/",
    name="passkey_options",
    title="Options of a new passkey",
    permission=roles.ANY_STAFF,
    methods=("POST",),
    step_up=True,
)
def passkey_options(request: HttpRequest) -> HttpResponse:
    options = passkeys.registration_options(
        user=console.person(request), site=site(request), challenge=new_challenge(request)
    )
    return JsonResponse(options)


@console.page(
    path="account/passkeys/new/",
    name="passkey_new",
    title="New passkey",
    permission=roles.ANY_STAFF,
    methods=("POST",),
    step_up=True,
)
def passkey_new(request: HttpRequest) -> HttpResponse:
    try:
        passkey = passkeys.register(
            user=console.person(request),
            name=request.POST.get("name", ""),
            answer=request.POST.get("answer", ""),
            site=site(request),
            challenge=take_challenge(request),
            origin=origin.address(request),
            now=presence.present(),
        )
    except passkeys.PasskeyRefused as refusal:
        messages.error(request, f"{refusal.detail.rstrip('.')}. Try again.")
    else:
        messages.success(request, f"{passkey.name} is known. Use it instead of a code at your next sign-in.")
    return HttpResponseRedirect(reverse("admin:passkeys"))


@console.page(
    path="account/passkeys/<int:passkey_id>/remove/",
    name="passkey_remove",
    title="Remove passkey",
    permission=roles.ANY_STAFF,
    methods=("POST",),
    step_up=True,
)
def passkey_remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    try:
        passkeys.remove(
            user=console.person(request),
            passkey_id=passkey_id,
            origin=origin.address(request),
            now=presence.present(),
        )
    except passkeys.PasskeyRefused as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "The passkey signs you in no more.")
    return HttpResponseRedirect(reverse("admin:passkeys"))
