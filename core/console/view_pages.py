"""The pages of saved views: keep, open, change, remove."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock
from core.console import pages, saved_views, shell
from core.console.models import SavedView
from core.staff import roles


class ViewForm(forms.Form):
    name = forms.CharField(max_length=60)
    role = forms.ChoiceField(required=False, label="Share with")
    pinned = forms.BooleanField(required=False, label="Open it from the navigation")

    def __init__(self, *args: object, held: frozenset[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        titles = [(code, shell.role_title(code)) for code in sorted(held)]
        self.fields["role"].choices = [("", "Nobody: my own"), *titles]  # type: ignore[attr-defined]


@pages.page(path="views/", name="saved_views", title="Saved views", permission=roles.ANY_STAFF)
def view_list(request: HttpRequest) -> HttpResponse:
    """Everything the person keeps or has from others, by page."""
    return _list(request)


def _list(request: HttpRequest) -> HttpResponse:
    reader = pages.person(request)
    groups: dict[str, list[saved_views.Line]] = {}
    for line in saved_views.lines(saved_views.of_request(request), reader):
        page = pages.find(line.view.page)
        if page and page.filters is not None and reader.has_perm(page.permission):
            groups.setdefault(page.title, []).append(line)
    return shell.render(request, "console/views.html", {"groups": sorted(groups.items())})


@pages.page(
    path="views/new/", name="saved_view_new", title="Save a view", permission=roles.ANY_STAFF, methods=("GET", "POST")
)
def view_new(request: HttpRequest) -> HttpResponse:
    owner = pages.person(request)
    page, query = _text(request, "page"), _text(request, "query")
    if request.method == "GET" and not page:  # nothing to keep: a view is kept from its list
        return _list(request)
    listed = pages.find(page)
    if listed is None or listed.filters is None or not owner.has_perm(listed.permission):
        raise Http404
    form = ViewForm(request.POST or None, held=owner.roles)
    if request.method == "POST" and form.is_valid():
        try:
            view = saved_views.keep(owner=owner, page=page, query=query, now=clock.now(), **form.cleaned_data)
        except saved_views.UnableToKeepView as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, f"“{view.name}” is kept.")
            return HttpResponseRedirect(saved_views.address(view))
    shown = {"form": form, "page_name": page, "query": query, "title": listed.title, "back": _back(page, query)}
    return shell.render(request, "console/view_form.html", shown, status=400 if form.errors else 200)


@pages.page(path="views/<str:view_id>/", name="saved_view", title="Saved view", permission=roles.ANY_STAFF)
def view_open(request: HttpRequest, view_id: str) -> HttpResponse:
    """The view's lasting address leads to its list."""
    return HttpResponseRedirect(saved_views.address(_view(request, view_id)))


@pages.page(
    path="views/<str:view_id>/change/",
    name="saved_view_change",
    title="Change a view",
    permission=roles.ANY_STAFF,
    methods=("GET", "POST"),
)
def view_change(request: HttpRequest, view_id: str) -> HttpResponse:
    owner, view = pages.person(request), _view(request, view_id)
    if view.owner_id != owner.pk:
        raise Http404
    known = {"name": view.name, "role": view.role, "pinned": view.pinned}
    form = ViewForm(request.POST or None, initial=known, held=owner.roles)
    if request.method == "POST" and form.is_valid():
        try:
            view = saved_views.change(view_id=view_id, owner=owner, now=clock.now(), **form.cleaned_data)
        except saved_views.UnableToKeepView as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, f"“{view.name}” is changed.")
            return HttpResponseRedirect(saved_views.address(view))
    listed = pages.find(view.page)
    shown = {
        "form": form,
        "view": view,
        "title": listed.title if listed else view.page,
        "query": view.query,
        "back": saved_views.address(view),
    }
    return shell.render(request, "console/view_form.html", shown, status=400 if form.errors else 200)


@pages.page(
    path="views/<str:view_id>/remove/",
    name="saved_view_remove",
    title="Remove a view",
    permission=roles.ANY_STAFF,
    methods=("POST",),
)
def view_remove(request: HttpRequest, view_id: str) -> HttpResponse:
    try:
        view = saved_views.remove(view_id=view_id, owner=pages.person(request), now=clock.now())
    except saved_views.ViewNotFound:
        raise Http404 from None
    messages.success(request, f"“{view.name}” is gone.")
    return HttpResponseRedirect(reverse(f"admin:{view.page}"))


def _view(request: HttpRequest, view_id: str) -> SavedView:
    try:
        return saved_views.get(view_id=view_id, reader=pages.person(request))
    except saved_views.ViewNotFound:
        raise Http404 from None


def _text(request: HttpRequest, name: str) -> str:
    return (request.POST.get(name) or request.GET.get(name, ""))[: saved_views.LONGEST_QUERY + 1]


def _back(page: str, query: str) -> str:
    address = reverse(f"admin:{page}")
    return f"{address}?{query}" if query else address
