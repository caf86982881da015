"""The pages: thin; one view serves every KPI."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from analytics import overview as overview_page
from analytics.answers import Answers, answer
from analytics.claims.views import permitted_to_view
from analytics.drilldown import DrillDown
from analytics.exports import (
    FORMATS,
    XLSX_ROWS,
    claims_json,
    claims_sheet,
    download,
    json_lines,
    kpi_json,
    kpi_sheet,
)
from analytics.forms import ScopeForm
from analytics.notes import maturity
from analytics.page import KpiPage
from analytics.registry import PAGES, SUBJECT_OF
from analytics.samples import LEGEND
from analytics.scope import DUE, PERIODS, Scope
from analytics.tables import ClaimTable, claim_rows, kpi_table, sort_and_page
from billing.access import practices_of
from billing.models import Claim


def _page(slug: str) -> KpiPage:
    page = PAGES.get(slug)
    if page is None:
        raise Http404(f"No KPI page named {slug}")
    return page


def _filters(form: ScopeForm, scope: Scope) -> dict[str, Any]:
    """What the filter bar shows."""
    return {
        "form": form,
        "scope": scope,
        "dues": DUE,
        "periods": PERIODS,
        "choices": form.choices(scope),
        "chips": form.chips(scope),
        "all_time": form.all_time(scope),
        "unfiltered": form.unfiltered(scope),
        "problems": form.problems(),
        "query": scope.query(),
        "database_is_empty": scope.latest is None and not Claim.objects.exists(),
        "sees_no_practice": scope.seen == frozenset(),
    }


def _exports(scope: Scope, **more: str | None) -> dict[str, str]:
    """The address of each file with the same filters."""
    given = {name: value for name, value in more.items() if value is not None}
    return {kind.upper(): f"?{scope.query(**given, format=kind)}" for kind in FORMATS}


@require_safe
@permitted_to_view
def overview(request: HttpRequest) -> HttpResponseBase:
    """Headline cards, weekly denials and aging, and what needs attention."""
    form = ScopeForm(request.GET, seen=practices_of(request.user))
    scope = form.scope()
    answers = Answers()
    context = {
        **_filters(form, scope),
        "title": "Overview",
        "notes": maturity(scope),
        "cards": overview_page.cards(scope, answers),
        "charts": overview_page.charts(scope, answers),
        "attention": overview_page.attention(scope, answers),
    }
    return TemplateResponse(request, "analytics/overview.html", context)


@require_safe
@permitted_to_view
def kpi_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One KPI page, or the same rows as a file."""
    page = _page(slug)
    form = ScopeForm(request.GET, seen=practices_of(request.user))
    scope = form.scope()
    found = answer(page, scope)
    if (kind := request.GET.get("format", "")) in FORMATS:
        return download(kpi_sheet(found), kind, json_lines(kpi_json(found)))

    table = kpi_table(page, scope, found.rows, found.total, found.rows_before, found.immature)
    sort_and_page(request, table)
    context = {
        **_filters(form, scope),
        "title": page.title,
        "page": page,
        "subject": SUBJECT_OF[slug],
        "answer": found,
        "notes": page.notes(scope),
        "small_samples": LEGEND if found.has_small_samples else "",
        "table": table,
        "exports": _exports(scope),
        "chart": found.chart,
    }
    return TemplateResponse(request, "analytics/kpi.html", context)


@require_safe
@permitted_to_view
def kpi_claims(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The claims behind a number of a KPI page, or the same claims as a file."""
    page = _page(slug)
    form = ScopeForm(request.GET, seen=practices_of(request.user))
    scope = form.scope()
    row, part = request.GET.get("row"), request.GET.get("part", "")
    if part and part not in page.parts:
        raise Http404(f"{slug} does not count “{part}”")
    if row and "\x00" in row:
        raise Http404("No row has such a name")
    drill = DrillDown(page, scope, row, part)
    claims = claim_rows(drill.claims())
    if (kind := request.GET.get("format", "")) in FORMATS:
        sheet = claims_sheet(drill.file_name, claims.order_by("number", "pk"))
        return download(sheet, kind, claims_json(drill.title, scope, sheet))

    table = ClaimTable(claims, title=drill.title)
    sort_and_page(request, table)
    context = {
        **_filters(form, scope),
        "page": page,
        "subject": SUBJECT_OF[slug],
        "title": drill.title,
        "drill": drill,
        "table": table,
        "xlsx_is_cut": table.paginator.count > XLSX_ROWS,
        "exports": _exports(scope, row=row, part=part),
    }
    return TemplateResponse(request, "analytics/claims.html", context)
