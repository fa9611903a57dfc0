"""A person's own account, and the administrators' pages for everybody's."""

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import console
from core.staff import origin, presence, roles
from core.staff.forms import NewPassword
from core.staff.services import passwords, sign_in


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
            messages.success(request, "Your password is changed. Other sessions of yours have ended.")
            return HttpResponseRedirect(reverse("admin:index"))
    return console.render(request, "staff/password.html", {"form": form}, status=400 if form.errors else 200)
