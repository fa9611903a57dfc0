"""Models: which one judges, what each is good for, how far its world has moved, and asking for another."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.actors import Actor
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.approvals import promotions
from fraud.enums import ModelState
from fraud.forms.model_pages import ReasonForm, TrainForm
from fraud.model.live import ModelNotFound
from fraud.models import ModelVersion
from fraud.selectors import models as selector
from fraud.services import model_explanations, model_training, model_watch, models
from fraud.views import model_figures as figures

VIEW, TRAIN = "fraud.view_modelversion", "fraud.train_model"

console.jump(prefix="model_", label="Model", to="admin:model")
console.colour(CHAMPION="good", CHALLENGER="busy", CANDIDATE="neutral", RETIRED="quiet")
console.colour(STABLE="good", WARN="careful", CRITICAL="bad", INSUFFICIENT="quiet", ORDERED="busy", REFUSED="bad")


@console.page(path="models/", name="models", title="Models", nav=("Fraud", 70), permission=VIEW)
def model_list(request: HttpRequest) -> HttpResponse:
    return _list(request, None)


@console.page(path="models/train/", name="model_train", title="Train a model", permission=TRAIN, methods=("POST",))
def model_train(request: HttpRequest) -> HttpResponse:
    """A worker trains; the list says what came of it."""
    form, now = TrainForm(request.POST), clock.now()
    if not form.is_valid():
        return _list(request, form)
    try:
        model_training.order(
            livemode=console.is_live(request),
            from_at=_midnight(form.cleaned_data["from_day"]),
            to_at=_midnight(form.cleaned_data["to_day"]) + timedelta(days=1),
            delay_days=form.cleaned_data["delay_days"],
            actor=console.actor(request),
            now=now,
        )
    except Refusal as refused:
        form.add_error("from_day", f"{_sentence(refused)}")
        return _list(request, form)
    messages.success(request, "A worker trains it now. What comes of it appears below.")
    return HttpResponseRedirect(reverse("admin:models"))


@console.page(path="models/compare/", name="model_compare", title="Compare models", permission=TRAIN, methods=("POST",))
def model_compare(request: HttpRequest) -> HttpResponse:
    """Champion and challenger in the mode looked at, by a worker, now and not only once a day."""
    actor, livemode = console.actor(request), console.is_live(request)
    try:
        challenger = model_watch.order_comparison(livemode=livemode, actor=actor, now=clock.now())
    except Refusal as refused:
        messages.error(request, f"{refused.title}.")
        return HttpResponseRedirect(reverse("admin:models"))
    messages.success(request, "A worker compares them now.")
    return HttpResponseRedirect(reverse("admin:model", args=[challenger.name]))


@console.page(path="models/<str:name>/", name="model", title="Model", permission=VIEW)
def model_page(request: HttpRequest, name: str) -> HttpResponse:
    return _page(request, _get(name), ReasonForm())


@console.page(
    path="models/<str:name>/move/", name="model_move", title="Move a model", permission=TRAIN, methods=("POST",)
)
def model_move(request: HttpRequest, name: str) -> HttpResponse:
    """Into the shadow or out of it at once; to judge, or to judge again, by asking for a signature."""
    model, form, verb = _get(name), ReasonForm(request.POST), request.POST.get("verb", "")
    shadow: dict[str, Callable[..., ModelVersion]] = {"challenge": models.challenge, "withdraw": models.withdraw}
    asking = {"promote": promotions.ask_promotion, "roll_back": promotions.ask_roll_back}
    actor: Actor = console.actor(request)
    try:
        if verb in shadow:
            shadow[verb](name=model.name, actor=actor, now=clock.now())
            messages.success(request, "Done. Every process follows with the next payment.")
            return HttpResponseRedirect(reverse("admin:model", args=[model.name]))
        if verb not in asking or not form.is_valid():
            return _page(request, model, form, status=400)
        asked = asking[verb](name=model.name, reason=form.cleaned_data["reason"], actor=actor, now=clock.now())
    except Refusal as refused:
        form.full_clean()
        form.add_error(None, _sentence(refused))
        return _page(request, _get(name), form, status=refused.status)
    return HttpResponseRedirect(reverse("admin:approval", args=[asked.request_id]))


@console.page(path="models/<str:name>/drift/<str:variable>/", name="model_drift", title="Drift", permission=VIEW)
def model_drift(request: HttpRequest, name: str, variable: str) -> HttpResponse:
    """One variable of one model: its last days, and the newest of them bin by bin."""
    model = _get(name)
    if variable not in model.references:
        raise Http404
    rows = selector.list_drift_of(model, variable=variable, livemode=console.is_live(request), until=clock.now().date())
    context = {
        "model": model,
        "variable": variable,
        "bars": figures.drift_bars(rows),
        "last": rows[-1] if rows else None,
        "table": figures.bins(model, rows[-1]) if rows else None,
    }
    return console.render(request, "fraud/model_drift.html", context)


@console.page(
    path="decisions/<str:assessment_id>/contributions/",
    name="model_explanation",
    title="Exact contributions",
    permission=VIEW,
    methods=("GET", "POST"),
)
def model_explanation(request: HttpRequest, assessment_id: str) -> HttpResponse:
    """What exactly moved a score; a worker works it out where somebody asks."""
    if request.method == "POST":
        try:
            model_explanations.order(assessment_id=assessment_id, actor=console.actor(request), now=clock.now())
        except Refusal as refused:
            raise Http404 from refused
        return HttpResponseRedirect(reverse("admin:model_explanation", args=[assessment_id]))
    found = selector.find_explanation(assessment_id=assessment_id)
    context = {"found": found, "assessment_id": assessment_id, **(figures.contributions(found) if found else {})}
    return console.render(request, "fraud/model_explanation.html", context)


def _list(request: HttpRequest, form: TrainForm | None) -> HttpResponse:
    now = clock.now()
    page = console.keyset(request, selector.all_models())
    champion, challenger = selector.find_champion(), selector.find_challenger()
    context: dict[str, Any] = {
        "page": page,
        "table": figures.models_table(page.rows),
        "trainings": figures.trainings_table(selector.list_trainings(livemode=console.is_live(request))),
        "champion": champion,
        "challenger": challenger,
        "form": form or _usual(now),
        "may_train": request.user.has_perm(TRAIN),
    }
    return console.render(request, "fraud/models.html", context, status=200 if form is None else 400)


def _page(request: HttpRequest, model: ModelVersion, form: forms.Form, *, status: int = 200) -> HttpResponse:
    livemode, champion = console.is_live(request), selector.find_champion()
    day = selector.find_drift_day(model, livemode=livemode)
    measured = selector.list_drift(model, livemode=livemode, day=day) if day else []
    compared = selector.list_comparisons(model, livemode=livemode)
    is_predecessor = champion is not None and champion.replaces_id == model.pk and model.state == ModelState.RETIRED
    context: dict[str, Any] = {
        "model": model,
        "champion": champion,
        "form": form,
        "facts": figures.facts(model),
        "tiles": figures.tiles(model),
        "unseen_days": figures.unseen_days(model),
        "proof": figures.proof(model),
        "bands": figures.bands(model),
        "reliability": figures.reliability(model),
        "variables": figures.variables(model, measured),
        "drift_day": day,
        "may_train": request.user.has_perm(TRAIN),
        "verb": "roll_back" if is_predecessor else _next(model, champion),
        **figures.scale(model),
        **(figures.comparison(compared[0]) if compared else {}),
    }
    return console.render(request, "fraud/model.html", context, status=status)


def _next(model: ModelVersion, champion: ModelVersion | None) -> str:
    if model.state == ModelState.CHALLENGER or (model.state == ModelState.CANDIDATE and champion is None):
        return "promote"
    return "challenge" if model.state == ModelState.CANDIDATE else ""


def _usual(now: datetime) -> TrainForm:
    delay = parameters.read("fraud.label_delay_days", at=now)
    from_at, to_at = model_training.usual_window(delay_days=delay, now=now)
    first = {"from_day": from_at.date(), "to_day": to_at.date() - timedelta(days=1), "delay_days": delay}
    return TrainForm(initial=first)


def _get(name: str) -> ModelVersion:
    try:
        return selector.get(name=name)
    except ModelNotFound as unknown:
        raise Http404 from unknown


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _sentence(refused: Refusal) -> str:
    told = "; ".join(error.reason for error in refused.errors) or refused.detail
    return f"{told[:1].upper()}{told[1:].rstrip('.')}."
