"""The editor of the rules: every expression is read while it is typed, and a draft judges nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from core import clock, console
from core.errors import Refusal
from core.parameters import services as parameters
from fraud import explanations
from fraud.forms.rules import Edited, one_line
from fraud.parameters import RULE_PREFIX, thresholds
from fraud.rules import definitions, differences, reading
from fraud.rules.definitions import Rule
from fraud.rules.reading import Reading, Word
from fraud.selectors import dry_runs, rule_sets
from fraud.services import backtests, editing
from fraud.views.rule_differences import lines

DRAFT = "fraud.draft_rule"
CURRENCY_OF_THRESHOLDS = "USD"


@console.page(path="rules/edit/", name="rule_editor", title="Edit rules", permission=DRAFT, methods=("GET", "POST"))
def rule_editor(request: HttpRequest) -> HttpResponse:
    """Begins with `?from=` or the newest draft or the active version; everything typed comes back with each answer."""
    if request.method == "POST":
        return _act(request, Edited.posted(request.POST), str(request.POST.get("act", "check")))
    wanted = request.GET.get("from", "")
    try:
        begun = rule_sets.get(version=int(wanted)) if wanted.isdecimal() else rule_sets.get_active()
    except Refusal as unknown:
        raise Http404 from unknown
    edited = Edited.of(definitions.read(begun.rules), based_on=begun.version, seen=editing.tag())
    return _page(request, edited)


@console.page(path="rules/check/", name="rule_check", title="Check an expression", permission=DRAFT)
def rule_check(request: HttpRequest) -> HttpResponse:
    """What one expression says, or what is wrong with it and where. The text comes under the name of its field."""
    text = next((one_line(value) for name, value in request.GET.items() if name.endswith("-expression")), "")
    kinds, words = _vocabulary(clock.now())
    found = reading.read(text, words=words, kinds=kinds)
    return console.render(request, "fraud/_expression.html", {"reading": found}, fragment="fraud/_expression.html")


@console.page(path="rules/words/", name="rule_words", title="Names for expressions", permission=DRAFT)
def rule_words(request: HttpRequest) -> HttpResponse:
    """The catalogue: variables, thresholds and lists whose name or meaning holds the text."""
    _, words = _vocabulary(clock.now())
    found = reading.search(words, str(request.GET.get("words", ""))[:80])
    return console.render(request, "fraud/_words.html", {"words": found}, fragment="fraud/_words.html")


def _act(request: HttpRequest, edited: Edited, act: str) -> HttpResponse:
    place = edited.change(act)
    if place is not None:
        return _page(request, edited, place=place, act=act)
    rules, problems = _checked(edited)
    if rules is None:
        return _page(request, edited, problems=problems, status=400)
    if act == "try":
        return _try(request, edited, rules)
    if act == "save":
        return _save(request, edited, rules)
    return _page(request, edited, told="Every rule reads.")


def _checked(edited: Edited) -> tuple[list[Rule] | None, list[str]]:
    """The rules, or None with what belongs to no field."""
    if not edited.check():
        return None, ["Some rules are not complete. They are open below."]
    rules, vocabulary = edited.rules(), rule_sets.get_vocabulary()
    faults = definitions.faults(rules, kinds=vocabulary.kinds, list_effects=vocabulary.list_effects)
    if not faults:
        return rules, []
    return None, [*edited.blame(faults), "Some rules cannot be kept as they are. They are open below."]


def _save(request: HttpRequest, edited: Edited, rules: Sequence[Rule]) -> HttpResponse:
    try:
        drafted = editing.save(
            rules=rules, note=edited.note, seen=edited.seen, actor=console.actor(request), now=clock.now()
        )
    except editing.RulesChanged as changed:
        newest = rule_sets.find_newest_draft() or rule_sets.get_active()
        edited.seen = editing.tag()
        conflict = {
            "newest": newest,
            "why": changed.detail,
            "differences": lines(differences.between(definitions.read(newest.rules), rules)),
        }
        return _page(request, edited, conflict=conflict, status=changed.status)
    except Refusal as refused:
        return _page(request, edited, problems=[refused.detail], status=refused.status)
    messages.success(request, f"Version {drafted.version} is kept as a draft. It judges nothing yet.")
    url = reverse("admin:rule_set", args=[drafted.version])
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def _try(request: HttpRequest, edited: Edited, rules: Sequence[Rule]) -> HttpResponse:
    now = clock.now()
    try:
        tried = dry_runs.run(
            payment_id=edited.payment_id,
            livemode=console.is_live(request),
            rules=rules,
            bands=backtests.terms_in_force(now=now).bands,
            now=now,
        )
    except Refusal as refused:
        return _page(
            request, edited, problems=[f"{refused.detail[:1].upper()}{refused.detail[1:]}."], status=refused.status
        )
    return _page(request, edited, tried=tried)


def _page(
    request: HttpRequest, edited: Edited, *, place: int | None = None, act: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    if not edited.forms:
        edited.show()
    kinds, words = _vocabulary(clock.now())
    readings: list[Reading | None] = [
        reading.read(line["expression"], words=words, kinds=kinds) if line.get("expression") else None
        for line in edited.lines
    ]
    by_htmx = bool(request.htmx)  # type: ignore[attr-defined]
    context = {
        "edited": edited,
        "rows": [
            {
                "form": form,
                "reading": said,
                "is_open": index == place or bool(form.errors) or bool(said and said.problem),
            }
            for index, (form, said) in enumerate(zip(edited.forms, readings, strict=True))
        ],
        "place": place,
        "act": act.partition("-")[0],
        "most": definitions.MAX_RULES,
        "words": list(words.values()),
        **more,
    }
    # htmx swaps in answers of success only, so a refused form comes back to it as one.
    return console.render(
        request,
        "fraud/rule_editor.html",
        context,
        fragment="fraud/_rule_editor.html",
        status=200 if by_htmx else status,
    )


def _vocabulary(now: datetime) -> tuple[Any, dict[str, Word]]:
    kinds = rule_sets.get_vocabulary().kinds
    meanings = {
        item.name.removeprefix(RULE_PREFIX): item.meaning
        for item in parameters.declarations()
        if item.name.startswith(RULE_PREFIX)
    }
    values = {
        name: explanations.shown(name, value, CURRENCY_OF_THRESHOLDS) for name, value in thresholds(at=now).items()
    }
    return kinds, reading.vocabulary(kinds, meanings=meanings, values=values)
