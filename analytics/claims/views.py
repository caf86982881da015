"""The claim list: thin."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from analytics.claims import patients
from analytics.claims.bulk import MOST, permitted
from analytics.claims.paging import ClaimPage
from analytics.claims.selection import Selection
from analytics.claims.table import claims_sheet, claims_table
from analytics.exports import FORMATS, download, rows_json
from billing import audit
from billing.models import Claim

VIEW = "billing.view_claim"
permitted_to_view = permission_required(VIEW, raise_exception=True)


@require_safe
@permitted_to_view
def claim_list(request: HttpRequest) -> HttpResponseBase:
    """All claims of the person's practices, or those that fit the filters; as a file on request."""
    selection = Selection.of(request, request.GET)
    if (kind := request.GET.get("format", "")) in FORMATS:
        return _file(request, selection, kind)

    page, misplaced = selection.page(request.GET)
    if selection.search.is_on:
        _record(request, selection, "Claims by patient", len(page.claims))
    actions = permitted(request.user) if page.claims else []
    context = {
        **_filter_bar(request, selection),
        **_pager(selection, page),
        "problems": [*selection.problems(), *misplaced],
        "table": claims_table(
            page.claims,
            selection.sort,
            shows_patients=selection.search.is_on,
            can_tick=bool(actions),
        ),
        "exports": selection.exports(),
        "actions": actions,
        "most": MOST,
        "database_is_empty": not page.claims
        and not selection.is_filtered
        and not Claim.objects.exists(),
    }
    return TemplateResponse(request, "claims/list.html", context)


def _filter_bar(request: HttpRequest, selection: Selection) -> dict[str, Any]:
    """What the filters show; those seldom used stay folded until one of them is on."""
    lists = selection.filter.option_lists()
    values = selection.filter.values
    shown = ("number", "status", "payer", "assignee")
    return {
        "selection": selection,
        "form": selection.filter.form,
        "lists": [lists[name] for name in shown if name in lists],
        "more_lists": [each for name, each in lists.items() if name not in shown],
        "more_on": len([name for name in values if name not in shown]),
        "chips": selection.chips(),
        "can_search_patients": patients.may_see(request.user),
    }


def _pager(selection: Selection, page: ClaimPage) -> dict[str, str]:
    """The addresses of the first, the previous and the next page, where there are such."""
    links = {}
    if page.previous is not None:
        links["first_url"] = f"?{selection.query()}"
        links["previous_url"] = f"?{selection.query(before=page.previous)}"
    if page.next is not None:
        links["next_url"] = f"?{selection.query(after=page.next)}"
    return links


def _file(request: HttpRequest, selection: Selection, kind: str) -> HttpResponseBase:
    """The whole selection as a file; no file names a patient."""
    if selection.search.is_on:
        _record(request, selection, f"Claims by patient as {kind.upper()}", None)
    sheet = claims_sheet(selection.claims, selection.sort)
    about = {"title": "Claims", "filters": selection.filter.described()}
    return download(sheet, kind, rows_json(about, sheet))


def _record(request: HttpRequest, selection: Selection, what: str, found: int | None) -> None:
    """Say in the audit trail that a list was made by patient."""
    filters = {**selection.filter.described(), "patient": selection.search.words}
    audit.viewed_list(request.user, what, found=found, filters=filters)


@require_POST
@permitted_to_view
@permission_required(patients.PERMISSION, raise_exception=True)
def patient_search(request: HttpRequest) -> HttpResponse:
    """Keep what was typed to find a patient out of the address; an empty search ends it."""
    patients.remember(request, request.POST.get("words", ""))
    query = QueryDict(request.POST.get("selection", ""), mutable=True)
    for name in (patients.PARAMETER, "after", "before"):
        query.pop(name, None)
    if request.session[patients.SESSION_KEY]:
        query[patients.PARAMETER] = patients.KEPT
    elif "words" in request.POST and "end" not in request.POST:
        messages.error(request, "Type a record number, or the beginning of a last name.")
    return HttpResponseRedirect(f"{reverse('claims:list')}?{query.urlencode()}")
