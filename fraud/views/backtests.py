"""Backtests: how far one is, what it found, and what happens next."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRefresh

from core import clock, console
from core.console.components import Column, Table
from core.errors import Refusal
from fraud.forms.rules import TryOut
from fraud.models import Backtest
from fraud.selectors import backtests as selector
from fraud.services import backtests
from fraud.views import backtest_figures as figures

VIEW, RUN = "fraud.view_backtest", "fraud.run_backtest"

console.jump(prefix="bt_", label="Backtest", to="admin:backtest")


@dataclass(frozen=True, slots=True)
class Line:
    """A backtest as a line of a list."""

    backtest: Backtest

    @property
    def url(self) -> str:
        return reverse("admin:backtest", args=[self.backtest.backtest_id])

    @property
    def title(self) -> str:
        return f"Version {self.backtest.rule_set_version} beside {self.backtest.active_version}"

    @property
    def window(self) -> str:
        return figures.window(self.backtest)


def table(found: list[Backtest]) -> Table:
    return Table(
        [
            Column("Rules", "title"),
            Column("Window", "window", hide_on_phone=True),
            Column("State", "backtest.state", "status"),
            Column("Decisions", "backtest.done", "number"),
            Column("Asked", "backtest.asked_at", "time"),
            Column("By", "backtest.asked_by", hide_on_phone=True),
        ],
        [Line(backtest) for backtest in found],
        caption="Backtests",
        empty="Nothing was backtested yet",
        hint="Open a version of the rules and judge it over stored decisions.",
    )


@console.page(path="backtests/", name="backtests", title="Backtests", nav=("Fraud", 60), permission=VIEW)
def backtest_list(request: HttpRequest) -> HttpResponse:
    page = console.keyset(request, selector.all_of(livemode=console.is_live(request)), by=("asked_at", "id"))
    return console.render(request, "fraud/backtests.html", {"page": page, "table": table(page.rows)})


@console.page(path="backtests/<str:backtest_id>/", name="backtest", title="Backtest", permission=VIEW)
def backtest_page(request: HttpRequest, backtest_id: str) -> HttpResponse:
    """While it runs, htmx asks for the progress alone; once it is over, the whole page is drawn anew."""
    backtest = _get(request, backtest_id)
    if request.htmx and backtest.is_over:  # type: ignore[attr-defined]
        return cast(HttpResponse, HttpResponseClientRefresh())
    context: dict[str, Any] = {
        "backtest": backtest,
        "window": figures.window(backtest),
        "may_run": request.user.has_perm(RUN),
    }
    if backtest.result:
        context |= figures.of(backtest)
    return console.render(request, "fraud/backtest.html", context, fragment="fraud/_backtest_progress.html")


@console.page(
    path="rules/<int:version>/backtest/",
    name="backtest_start",
    title="Start a backtest",
    permission=RUN,
    methods=("POST",),
)
def backtest_start(request: HttpRequest, version: int) -> HttpResponse:
    form, now = TryOut(request.POST), clock.now()
    if not form.is_valid():
        messages.error(request, "Name the first and the last day.")
        return HttpResponseRedirect(reverse("admin:rule_set", args=[version]))
    try:
        started = backtests.start(
            version=version,
            livemode=console.is_live(request),
            from_at=_midnight(form.cleaned_data["from_day"]),
            to_at=_midnight(form.cleaned_data["to_day"]) + timedelta(days=1),
            actor=console.actor(request),
            now=now,
        )
    except Refusal as refused:
        if refused.status == 404:
            raise Http404 from refused
        told = "; ".join(error.reason for error in refused.errors) or refused.detail
        messages.error(request, f"{refused.title}: {told}.")
        return HttpResponseRedirect(reverse("admin:rule_set", args=[version]))
    return HttpResponseRedirect(reverse("admin:backtest", args=[started.backtest_id]))


@console.page(
    path="backtests/<str:backtest_id>/cancel/",
    name="backtest_cancel",
    title="Cancel a backtest",
    permission=RUN,
    methods=("POST",),
)
def backtest_cancel(request: HttpRequest, backtest_id: str) -> HttpResponse:
    backtest = _get(request, backtest_id)
    try:
        backtests.cancel(backtest_id=backtest.backtest_id, actor=console.actor(request), now=clock.now())
    except backtests.BacktestIsOver as over:
        messages.info(request, f"{over.detail[:1].upper()}{over.detail[1:]}.")
    return HttpResponseRedirect(reverse("admin:backtest", args=[backtest_id]))


def _get(request: HttpRequest, backtest_id: str) -> Backtest:
    try:
        return selector.get(backtest_id=backtest_id, livemode=console.is_live(request))
    except selector.BacktestNotFound as unknown:
        raise Http404 from unknown


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
