"""How well reviewers agree, what a lead has to settle, and who is good at what."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.actors import Actor
from core.console.components import Column, Table
from core.errors import Refusal
from core.parameters import services as parameters
from fraud.enums import CaseOutcome, ReviewSkill
from fraud.forms.reviews import SettleForm, SkillForm
from fraud.models import ReviewerSkill
from fraud.selectors import agreement
from fraud.selectors.agreement import Rate
from fraud.services import reviewers, second_reviews
from fraud.views.queue import LEAD, VIEW, name_of, sentence

DAYS = 90


@console.page(path="review-agreement/", name="review_agreement", title="Second reviews", permission=VIEW)
def review_agreement(request: HttpRequest) -> HttpResponse:
    """Agreement and overturn rates of the last quarter, and the differences that wait for a lead."""
    now, livemode = clock.now(), console.is_live(request)
    since = now - timedelta(days=DAYS)
    found = dict(CaseOutcome.choices)
    by_person = agreement.rates(livemode=livemode, since=since, by="first_by")
    by_finding = agreement.rates(livemode=livemode, since=since, by="first__outcome")
    context = {
        "days": DAYS,
        "share": parameters.read("fraud.second_review_share", at=now) / 100,
        "waiting": agreement.count_waiting(livemode=livemode),
        "people": _table("Analyst", [_named(rate, name_of(rate.name)) for rate in by_person]),
        "findings": _table("First found", [_named(rate, found.get(rate.name, rate.name)) for rate in by_finding]),
        "differences": [
            {
                "review": review,
                "first_name": name_of(review.first_by),
                "second_name": name_of(review.second_by),
                "url": reverse("admin:review", args=[review.first.case_id]),
                "second_url": reverse("admin:review", args=[review.second.case_id]),
                "form": SettleForm(prefix=review.first.case_id, initial={"outcome": review.first.outcome}),
            }
            for review in agreement.list_differences(livemode=livemode)
        ],
        "may_lead": request.user.has_perm(LEAD),
    }
    return console.render(request, "fraud/agreement.html", context)


@console.page(
    path="review-agreement/<str:case_id>/",
    name="review_settle",
    title="Settle a difference",
    permission=LEAD,
    methods=("POST",),
)
def review_settle(request: HttpRequest, case_id: str) -> HttpResponse:
    """A lead says who was right."""
    form = SettleForm(request.POST, prefix=case_id)
    if not form.is_valid():
        messages.error(request, "Say what it was, and why.")
        return HttpResponseRedirect(reverse("admin:review_agreement"))
    try:
        second_reviews.settle(
            case_id=case_id,
            outcome=CaseOutcome(form.cleaned_data["outcome"]),
            reason=form.cleaned_data["reason"],
            actor=console.actor(request),
            now=clock.now(),
        )
        messages.success(request, "Settled.")
    except Refusal as refused:
        messages.error(request, sentence(refused))
    return HttpResponseRedirect(reverse("admin:review_agreement"))


@console.page(
    path="review-skills/", name="review_skills", title="Reviewers' skills", permission=LEAD, methods=("GET", "POST")
)
def review_skills(request: HttpRequest) -> HttpResponse:
    """Who is served cases of special kind. A skill that nobody has restricts nothing."""
    form = SkillForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reviewers.set_skills(
            person=Actor("STAFF", form.cleaned_data["person"]),
            skills=form.cleaned_data["skills"],
            actor=console.actor(request),
            now=clock.now(),
        )
        messages.success(request, f"{form.cleaned_data['person']}: kept.")
        return HttpResponseRedirect(reverse("admin:review_skills"))
    titles = dict(ReviewSkill.choices)
    given = ReviewerSkill.objects.order_by("person", "skill")
    rows = [
        {"person": name_of(row.person), "skill": titles[row.skill], "by": name_of(row.given_by), "at": row.given_at}
        for row in given
    ]
    table = Table(
        [
            Column("Analyst", "person"),
            Column("Skill", "skill"),
            Column("Given by", "by"),
            Column("Since", "at", "time"),
        ],
        rows,
        caption="Skills",
        empty="Nobody has a skill: everybody is served every case",
    )
    return console.render(request, "fraud/skills.html", {"form": form, "table": table})


def _named(rate: Rate, name: str) -> Rate:
    return Rate(name, rate.reviewed, rate.agreed, rate.overturned)


def _table(title: str, rows: list[Rate]) -> Table:
    return Table(
        [
            Column(title, "name"),
            Column("Judged again", "reviewed", "number"),
            Column("Agreed", "agreement"),
            Column("Overturned", "overturn"),
        ],
        rows,
        caption=f"Agreement by {title.lower()}",
        empty="Nothing was judged twice yet",
    )
