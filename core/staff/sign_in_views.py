"""Signing in and out. Between the two steps the session knows who claims to be there and nothing else."""

import re
from datetime import timedelta

import qrcode
from django import forms
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST
from django_otp import login as remember_factor

from core.errors import Refusal
from core.staff import presence
from core.staff.forms import CodeStep, PasswordStep, RecoveryStep
from core.staff.models import Authenticator, User
from core.staff.passkey_requests import new_challenge, site, take_challenge
from core.staff.services import authenticators, devices, passkeys, recovery, sign_in
from core.staff.session_store import DEVICE
from core.telemetry import origin

PENDING = "staff.pending"
REMEMBERED = timedelta(days=400)  # as long as browsers keep a cookie
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
BETWEEN_STEPS = timedelta(minutes=5)
REFUSED = "These details were not accepted. After 10 failed attempts an account is locked for 30 minutes."
REFUSED_RECOVERY = "This recovery code was not accepted. Each works once, and new ones replace those of before."
USED_RECOVERY = (
    "You signed in with a recovery code; {left} left. It opens your work, but no signature and no page that asks for a"
    " code again: if the telephone is lost, ask an administrator to reset your account."
)
REFUSED_PASSKEY = "This passkey was not accepted. Try again, or use a code of your app."
REFUSED_CODE = "This code was not accepted. Each code works once: wait for the next one in your app."


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def password_step(request: HttpRequest) -> HttpResponse:
    """Step 1: e-mail and password."""
    wanted = presence.safe_next(request, request.GET.get("next", "")) or reverse("admin:index")
    if presence.is_signed_in(request):
        return HttpResponseRedirect(wanted)
    form = PasswordStep(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = presence.present()
        try:
            user = sign_in.check_password(**form.cleaned_data, origin=origin.address(request), now=now)
        except sign_in.NotAccepted:
            form.add_error(None, REFUSED)
        else:
            request.session.flush()
            request.session[PENDING] = {"user": user.pk, "at": now.timestamp(), "next": wanted}
            step = "admin:login_code" if authenticators.find(user) else "admin:enrol"
            return HttpResponseRedirect(reverse(step))
    return _page(request, "staff/login.html", form)


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def code_step(request: HttpRequest) -> HttpResponse:
    """Step 2: a code of the authenticator the person has."""
    user = _pending_user(request)
    authenticator = authenticators.find(user) if user else None
    if user is None or authenticator is None:
        return HttpResponseRedirect(reverse("admin:login"))
    form = CodeStep(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sign_in.check_code(
                user=user,
                authenticator_id=authenticator.pk,
                code=form.cleaned_data["code"],
                origin=origin.address(request),
                now=presence.present(),
            )
        except sign_in.NotAccepted:
            form.add_error(None, REFUSED_CODE)
        except Refusal as refusal:  # too soon after a wrong one, or the vault is closed
            form.add_error(None, refusal.detail)
        else:
            return _complete(request, user, authenticator, by="code")
    return _page(request, "staff/code.html", form, email=user.email, has_passkeys=bool(passkeys.list_for(user)))


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def recovery_step(request: HttpRequest) -> HttpResponse:
    """Step 2 without the telephone: a code from paper, once."""
    user = _pending_user(request)
    authenticator = authenticators.find(user) if user else None
    if user is None or authenticator is None:
        return HttpResponseRedirect(reverse("admin:login"))
    form = RecoveryStep(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            left = sign_in.check_recovery_code(
                user=user, code=form.cleaned_data["code"], origin=origin.address(request), now=presence.present()
            )
        except sign_in.NotAccepted:
            form.add_error(None, REFUSED_RECOVERY)
        else:
            response = _complete(request, user, authenticator, by="recovery code")
            messages.warning(request, USED_RECOVERY.format(left=left))
            return response
    return _page(request, "staff/recovery.html", form, email=user.email)


@never_cache
@csrf_protect
@require_POST
def passkey_step(request: HttpRequest) -> HttpResponse:
    """Step 2 by passkey: without an answer the options for the browser, with one the sign-in."""
    user = _pending_user(request)
    authenticator = authenticators.find(user) if user else None
    if user is None or authenticator is None:
        return HttpResponseRedirect(reverse("admin:login"))
    here = site(request)
    if "answer" not in request.POST:
        options = passkeys.authentication_options(user=user, site=here, challenge=new_challenge(request))
        return JsonResponse(options)
    try:
        sign_in.check_passkey(
            user=user,
            answer=request.POST["answer"],
            site=here,
            challenge=take_challenge(request),
            origin=origin.address(request),
            now=presence.present(),
        )
    except sign_in.NotAccepted:
        form = CodeStep()
        refused = {"refused": REFUSED_PASSKEY, "has_passkeys": True}
        return render(request, "staff/code.html", {"form": form, "email": user.email, **refused}, status=400)
    return _complete(request, user, authenticator, by="passkey")


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Step 2 of the first sign-in: set up an authenticator and prove that it works."""
    user = _pending_user(request)
    if user is None:
        return HttpResponseRedirect(reverse("admin:login"))
    pending = request.session[PENDING]
    authenticator = Authenticator.objects.filter(pk=pending.get("enrols"), user=user, confirmed=False).first()
    try:
        if authenticator is None:
            authenticator = authenticators.start(user=user, now=presence.present())
            request.session[PENDING] = pending | {"enrols": authenticator.pk}
        form = CodeStep(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if authenticators.confirm(authenticator_id=authenticator.pk, code=form.cleaned_data["code"]):
                _record(request, user, "authenticator.enrolled")
                return _enrolled(request, user, authenticator)
            form.add_error(None, REFUSED_CODE)
    except authenticators.AuthenticatorAlreadyKnown:
        return HttpResponseRedirect(reverse("admin:login_code"))
    secret = authenticators.secret_text(authenticator)
    return _page(
        request,
        "staff/enrol.html",
        form,
        email=user.email,
        qr_code=_qr_svg(authenticators.enrolment_uri(email=user.email, secret=secret)),
        secret=secret,
    )


@never_cache
@csrf_protect
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        _record(request, request.user, "session.closed")
    auth.logout(request)
    return HttpResponseRedirect(reverse("admin:login"))


def _pending_user(request: HttpRequest) -> User | None:
    """Whose password was given in this session in the last minutes; the account may have been closed since."""
    pending = request.session.get(PENDING)
    if not pending or presence.present().timestamp() - pending["at"] > BETWEEN_STEPS.total_seconds():
        return None
    return User.objects.filter(pk=pending["user"], is_active=True).first()


def _enrolled(request: HttpRequest, user: User, authenticator: Authenticator) -> HttpResponse:
    """The first session, and the recovery codes that are shown with it, once."""
    now = presence.present()
    codes = recovery.issue(user=user, origin=origin.address(request), now=now)
    wanted = _complete(request, user, authenticator, by="code").url
    context = {"codes": codes, "wanted": wanted, "layout": "console/bare.html"}
    response = render(request, "staff/recovery_codes_shown.html", context)
    _keep_token(request, response)
    return response


def _complete(request: HttpRequest, user: User, authenticator: Authenticator, *, by: str) -> HttpResponseRedirect:
    """Both factors are right: a new session, known as this person's. Its cookie tells the browser apart next time."""
    wanted = str(request.session.pop(PENDING)["next"])
    auth.login(request, user, backend="core.staff.backends.StaffBackend")
    remember_factor(request, authenticator)
    now = presence.present()
    presence.begin(request, now)
    if by == "code":
        presence.prove(request, now)
    devices.recognise(
        user=user,
        token=device_token(request),
        device=request.session[DEVICE],
        address=origin.address(request),
        now=now,
    )
    _record(request, user, "session.opened", factor=by)
    response = HttpResponseRedirect(wanted)
    _keep_token(request, response)
    return response


def device_token(request: HttpRequest) -> str:
    """What this browser is known by; a browser without gets one with the answer."""
    known = str(request.COOKIES.get(settings.HOLDFAST_DEVICE_COOKIE, ""))
    if not _TOKEN.fullmatch(known):
        known = request.COOKIES[settings.HOLDFAST_DEVICE_COOKIE] = devices.new_token()
    return known


def _keep_token(request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        settings.HOLDFAST_DEVICE_COOKIE,
        device_token(request),
        max_age=REMEMBERED,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _record(request: HttpRequest, user: User, event: str, **details: str) -> None:
    sign_in.record(user=user, event=event, origin=origin.address(request), now=presence.present(), **details)


def _page(request: HttpRequest, template: str, form: forms.Form, **context: object) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=400 if form.errors else 200)


def _qr_svg(text: str) -> SafeString:
    """One path on a white ground: scanners need the contrast in dark mode too."""
    code = qrcode.QRCode(border=3)
    code.add_data(text)
    matrix = code.get_matrix()
    size = len(matrix)
    cells = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    return mark_safe(  # noqa: S308 - digits only
        f'<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="QR code with the secret below" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{cells}"/></svg>'
    )
