"""A person's own account: password, proving oneself again, recovery codes."""

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import console
from core.console import proof
from core.staff import parameters, presence, roles
from core.staff.forms import NewPassword, RecoveryCodesFile
from core.staff.services import passwords, recovery, sessions, sign_in
from core.staff.session_store import digest
from core.telemetry import origin


@console.page(
    path="account/password/",
    name="password",
    title="Change password",
    permission=roles.ANY_STAFF,
    methods=("GET", "POST"),
)
def password(request: HttpRequest) -> HttpResponse:
    """Own password; other sessions of the person end with it, this one goes on."""
    user = console.person(request)
    form = NewPassword(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        now = presence.present()
        try:
            sign_in.check_password(
                email=user.email, password=form.cleaned_data["current"], origin=origin.address(request), now=now
            )
        except sign_in.NotAccepted:
            form.add_error("current", "This is not your current password.")
        else:
            passwords.change(user=user, password=form.cleaned_data["new"], now=now)
            auth.update_session_auth_hash(request, user)
            sessions.end_all(
                user=user,
                actor=console.actor(request),
                origin=origin.address(request),
                now=now,
                keep=digest(str(request.session.session_key)),
            )
            messages.success(request, "Your password is changed. Other sessions of yours have ended.")
            return HttpResponseRedirect(reverse("admin:index"))
    return console.render(request, "staff/password.html", {"form": form}, status=400 if form.errors else 200)


@console.page(
    path="account/step-up/",
    name="step_up",
    title="Confirm it is you",
    permission=roles.ANY_STAFF,
    methods=("GET", "POST"),
)
def step_up(request: HttpRequest) -> HttpResponse:
    """A fresh code, then back to the page that asked for it."""
    wanted = presence.safe_next(request, request.GET.get("next", "")) or reverse("admin:index")
    error = ""
    if request.method == "POST":
        error = proof.give(request, act="page:step_up") if request.POST.get(proof.CODE) else proof.REFUSED
        if not error:
            return HttpResponseRedirect(wanted)
    return proof.question(request, action=request.get_full_path(), carried=[], error=error)


@console.page(
    path="account/recovery-codes/",
    name="recovery_codes",
    title="Recovery codes",
    permission=roles.ANY_STAFF,
    methods=("GET", "POST"),
    step_up=True,
)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many are left; making new ones shows them this once."""
    user, now = console.person(request), presence.present()
    if request.method == "POST":
        codes = recovery.issue(user=user, origin=origin.address(request), now=now)
        return console.render(request, "staff/recovery_codes_shown.html", {"codes": codes})
    left = recovery.count_left(user)
    context = {"left": left, "is_low": left <= parameters.few_recovery_codes(now), "count": recovery.COUNT}
    return console.render(request, "staff/recovery_codes.html", context)


@console.page(
    path="account/recovery-codes/file/",
    name="recovery_codes_file",
    title="Recovery codes as a file",
    permission=roles.ANY_STAFF,
    methods=("POST",),
)
def recovery_codes_file(request: HttpRequest) -> HttpResponse:
    """The codes the page has just shown, sent back as a text file: they are kept nowhere they could be read from."""
    form = RecoveryCodesFile(request.POST)
    if not form.is_valid():
        return HttpResponseRedirect(reverse("admin:recovery_codes"))
    lines = [f"Holdfast recovery codes of {console.person(request).email}", "Each works once.", ""]
    text = "\n".join([*lines, *form.cleaned_data["codes"], ""])
    headers = {"Content-Disposition": 'attachment; filename="holdfast-recovery-codes.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
