"""Pages of the shell itself."""

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from core import clock
from core.console import jumps, pages, shapes, shell, view_pages
from core.console import records as records_of
from core.console.site import site
from core.parameters import services as parameters
from core.staff import presence, roles

__all__ = ["view_pages"]

PUBLIC_ID = re.compile(r"[a-z]{2,6}_[0-9a-z_]{6,40}", re.ASCII)


def front_door(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The bare address leads to the console, which asks who is there."""
    return HttpResponseRedirect("/admin/")


def home(request: HttpRequest) -> HttpResponse:
    """Where the console opens: the first page of the person's navigation that not everybody has."""
    if refusal := pages.refuse_unless(request, name="index", permission=roles.ANY_STAFF):
        return refusal
    links = [link for section in shell.Shell(request).sections for link in section.links]
    return HttpResponseRedirect(next((link.url for link in links if link.is_own), links[0].url))


def unknown(request: HttpRequest, url: str) -> HttpResponse:  # noqa: ARG001
    """Strangers learn nothing about which addresses exist."""
    if refusal := pages.refuse_unless(request, name="unknown", permission=roles.ANY_STAFF):
        return refusal
    raise Http404


@pages.page(path="search/", name="search", title="Search", permission=roles.ANY_STAFF)
def search(request: HttpRequest) -> HttpResponse:
    """An id goes straight to its page; so does the one thing that carries exactly what was typed."""
    text = request.GET.get("q", "").strip()[:200]
    if address := jumps.address(text):
        return HttpResponseRedirect(address)
    limit = parameters.read("console.search_milliseconds", at=clock.now())
    groups = jumps.search(request, text, milliseconds=limit) if text else []
    if hit := jumps.only_exact(groups):
        return HttpResponseRedirect(hit.url)
    context = {
        "text": text,
        "groups": groups,
        "jumps": jumps.registered(),
        "shapes": shapes.telling(text),
        "known_shapes": shapes.SHAPES,
    }
    return shell.render(request, "console/search.html", context)


@jumps.finds("Rows", permission=roles.ANY_STAFF)
def find_rows(request: HttpRequest, text: str) -> list[jumps.Hit]:
    """By public id, in every table that the person may browse: ids whose kind has no page of its own."""
    if not PUBLIC_ID.fullmatch(text):
        return []
    hits = []
    for model_admin in records_of.admins():
        if model_admin.has_view_permission(request) and (row := model_admin.find_by_public_id(text)):
            address = records_of.work_url(row) or records_of.row_url(request, row)
            hits.append(jumps.Hit(str(row), address, str(row._meta.verbose_name), "id of the row", exact=True))
    return hits


@pages.page(path="data-mode/", name="data_mode", title="Data mode", permission=roles.ANY_STAFF, methods=("POST",))
def data_mode(request: HttpRequest) -> HttpResponse:
    """Switch between test and live data; the choice lasts for the session."""
    request.session[pages.LIVE] = request.POST.get("mode") == "live"
    return HttpResponseRedirect(
        presence.safe_next(request, request.headers.get("Referer", "")) or reverse("admin:index")
    )


@pages.page(path="presence/", name="presence", title="Presence", permission=roles.ANY_STAFF)
def presence_left(request: HttpRequest) -> HttpResponse:
    """Asked in the background by open windows, so that each locks itself when its session does."""
    return JsonResponse({"secondsLeft": presence.seconds_left(request, presence.present())})


@pages.page(path="records/", name="records", title="Records", nav=("System", 900), permission=roles.ANY_STAFF)
def records(request: HttpRequest) -> HttpResponse:
    return shell.render(request, "console/records/index.html", {"groups": _record_groups(request)})


def record_index(request: HttpRequest, app_label: str) -> HttpResponse:  # noqa: ARG001
    return HttpResponseRedirect(f"{reverse('admin:records')}#{app_label}")


@pages.page(path="components/", name="components", title="Components", nav=("System", 990), permission=roles.ANY_STAFF)
def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state: what page authors copy from and what the browser tests look at."""
    from core.console import gallery

    return shell.render(request, "console/components.html", gallery.context())


def _record_groups(request: HttpRequest) -> list[tuple[str, str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for model, model_admin in site._registry.items():
        if model_admin.has_view_permission(request):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            groups.setdefault(model._meta.app_label, []).append((str(model._meta.verbose_name_plural), reverse(name)))
    return [(label, label.replace("_", " ").capitalize(), sorted(links)) for label, links in sorted(groups.items())]
