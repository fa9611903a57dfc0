"""Who signs what: the policy of each act in words, its history, and the form that asks for a change."""

import json
from datetime import UTC

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.approvals import policy_documents, registry
from core.approvals import services as approvals
from core.approvals.actions import Action
from core.approvals.forms import PolicyForm
from core.approvals.models import PolicyVersion
from core.approvals.selectors import policies
from core.approvals.words import seat_title
from core.console.components import Column, Event, Fact, Table
from core.errors import Refusal

VIEW, ASK = "approvals.view_policyversion", "approvals.ask_policy"


@console.page(
    path="approval-policies/", name="approval_policies", title="Who signs", nav=("Staff", 840), permission=VIEW
)
def policy_list(request: HttpRequest) -> HttpResponse:
    """Every act that needs signatures, with the rules in force."""
    now = clock.now()
    in_force = policies.list_in_force([action.name for action in registry.registered()], at=now)
    rows = [
        {"url": reverse("admin:approval_policy", args=[action.name]), "title": action.title, "name": action.name,
         "rules": _in_short(in_force.get(action.name))}
        for action in registry.registered()
    ]  # fmt: skip
    columns = [Column("Act", "title"), Column("Name", "name", "code", hide_on_phone=True), Column("Signed by", "rules")]
    return console.render(request, "approvals/policies.html", {"table": Table(columns, rows, caption="Policies")})


@console.page(path="approval-policies/<str:action>/", name="approval_policy", title="Policy", permission=VIEW)
def policy_page(request: HttpRequest, action: str) -> HttpResponse:
    """One act: rules in words, every version there was, and the next one to be asked for."""
    return _page(request, _action(action))


@console.page(
    path="approval-policies/<str:action>/change/", name="approval_policy_change", title="Change policy",
    permission=ASK, methods=("POST",),
)  # fmt: skip
def policy_change(request: HttpRequest, action: str) -> HttpResponse:
    """Ask for a new version; it holds once it is signed."""
    declared, form = _action(action), PolicyForm(request.POST)
    if not form.is_valid():
        return _page(request, declared, form, status=400)
    since = form.cleaned_data["effective_from"]
    given = {
        "document": form.cleaned_data["document"],
        "effectiveFrom": since.astimezone(UTC).isoformat() if since else "",
    }
    try:
        asked = approvals.ask(
            action="approvals.change_policy",
            subject=declared.name,
            given=given,
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
    except Refusal as refused:
        form.add_error(None, f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return _page(request, declared, form, status=refused.status)
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


def _page(request: HttpRequest, action: Action, form: PolicyForm | None = None, *, status: int = 200) -> HttpResponse:
    versions = list(PolicyVersion.objects.filter(action=action.name).order_by("-effective_from"))
    current = policies.list_in_force([action.name], at=clock.now()).get(action.name)
    written = json.dumps(current.document if current else action.policy, indent=2)
    context = {
        "action": action,
        "current": current,
        "rules": _rules(current),
        "versions": [_event(version, current) for version in versions],
        "form": form or PolicyForm(initial={"document": written}),
        "may_ask": request.user.has_perm(ASK),
    }
    return console.render(request, "approvals/policy.html", context, status=status)


def _event(version: PolicyVersion, current: PolicyVersion | None) -> Event:
    title = "In force" if current and version.pk == current.pk else "Version"
    url = reverse("admin:approval", args=[version.approval_id]) if version.approval_id else ""
    tone = "good" if title == "In force" else "quiet"
    return Event(version.effective_from, title, "", version.reason, version.created_by, tone, url, _rules(version))


def _rules(version: PolicyVersion | None) -> list[Fact]:
    """One fact a rule: its name and conditions, then who signs."""
    if version is None:
        return []
    parsed = policy_documents.parse(version.document)
    facts = []
    for rule in parsed.rules:
        when = " and ".join(map(policy_documents.condition_in_words, rule.when)) or "always"
        facts.append(Fact(rule.name.capitalize(), policy_documents.in_words(rule.require, seat_title), hint=when))
    return [*facts, Fact("Expires after", f"{int(parsed.expires_after.total_seconds() // 3600)} hours")]


def _in_short(version: PolicyVersion | None) -> str:
    if version is None:
        return "nobody: no policy"
    rules = policy_documents.parse(version.document).rules
    return "; ".join(f"{rule.name}: {policy_documents.in_words(rule.require, seat_title)}" for rule in rules)


def _action(name: str) -> Action:
    found = registry.find(name)
    if found is None:
        raise Http404
    return found
