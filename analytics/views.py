"""The pages: thin; one view serves every KPI."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe
from django_tables2 import RequestConfig

from analytics import overview as overview_page
from analytics.answers import Answers, answer
from analytics.exports import (
    FORMATS,
    claims_json,
    claims_sheet,
    download,
    json_lines,
    kpi_json,
    kpi_sheet,
)
from analytics.forms import ScopeForm
from analytics.page import KpiPage
from analytics.registry import PAGES, SUBJECT_OF
from analytics.scope import Scope
from analytics.tables import PER_PAGE, ClaimTable, claim_rows, kpi_table


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
        "chips": form.chips(scope),
        "problems": form.problems(),
        "query": scope.query(),
    }


@require_safe
def overview(request: HttpRequest) -> HttpResponseBase:
    """Headline cards, weekly denials and aging, and what needs attention."""
    form = ScopeForm(request.GET)
    scope = form.scope()
    answers = Answers()
    context = {
        **_filters(form, scope),
        "cards": overview_page.cards(scope, answers),
        "charts": overview_page.charts(scope, answers),
        "attention": overview_page.attention(scope, answers),
    }
    return TemplateResponse(request, "analytics/overview.html", context)


@require_safe
def kpi_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """One KPI page, or the same rows as a file."""
    page = _page(slug)
    form = ScopeForm(request.GET)
    scope = form.scope()
    found = answer(page, scope)
    if (kind := request.GET.get("format", "")) in FORMATS:
        return download(kpi_sheet(found), kind, json_lines(kpi_json(found)))

    table = kpi_table(page, scope, found.rows, found.total, found.rows_before)
    RequestConfig(request, paginate={"per_page": PER_PAGE, "silent": True}).configure(table)
    context = {
        **_filters(form, scope),
        "page": page,
        "subject": SUBJECT_OF[slug],
        "answer": found,
        "notes": page.notes(scope),
        "table": table,
        "chart": page.chart.data(
            found.rows,
            dimension=page.dimension,
            columns=page.columns,
            target=found.target.value if found.target else None,
        ),
    }
    return TemplateResponse(request, "analytics/kpi.html", context)


@require_safe
def kpi_claims(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The claims behind a number of a KPI page, or the same claims as a file."""
    page = _page(slug)
    form = ScopeForm(request.GET)
    scope = form.scope()
    row, part = request.GET.get("row"), request.GET.get("part", "")
    if part and part not in page.parts:
        raise Http404(f"{slug} does not count “{part}”")
    if row and "\x00" in row:
        raise Http404("No row has such a name")
    claims = claim_rows(page.drill(scope, row=row, part=part))
    title = _drill_title(page, row, part)
    if (kind := request.GET.get("format", "")) in FORMATS:
        sheet = claims_sheet(f"{slug}-claims-{scope.as_of}", claims.order_by("number", "pk"))
        return download(sheet, kind, claims_json(title, scope, sheet))

    table = ClaimTable(claims)
    RequestConfig(request, paginate={"per_page": PER_PAGE, "silent": True}).configure(table)
    context = {
        **_filters(form, scope),
        "page": page,
        "subject": SUBJECT_OF[slug],
        "title": title,
        "table": table,
        "row": row,
        "part": part,
    }
    return TemplateResponse(request, "analytics/claims.html", context)


def _drill_title(page: KpiPage, row: str | None, part: str) -> str:
    """What the listed claims are, in words."""
    counted = page.columns[part].label if part else "All claims counted"
    where = f" · {page.dimension.label}: {row or page.dimension.none}" if row is not None else ""
    return f"{counted}{where}"
