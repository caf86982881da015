"""The work queue: thin. What is done to its claims goes the way of `claims.bulk_views`."""

from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from analytics.claims.bulk import MOST, permitted
from analytics.claims.views import permitted_to_view
from analytics.exports import FORMATS, download, rows_json
from analytics.work.queue import NEAR
from analytics.work.ranking import WEIGHT, steps_in_words
from analytics.work.rows import rows, work_sheet
from analytics.work.selection import MINE, WorkSelection


@require_safe
@permitted_to_view
def queue(request: HttpRequest) -> HttpResponseBase:
    """The claims to work next, the most recoverable first; as a file on request."""
    selection = WorkSelection.of(request.user, request.GET)
    if (kind := request.GET.get("format", "")) in FORMATS:
        sheet = work_sheet(selection)
        about = {"title": "Work queue", "filters": selection.filter.described() | selection.kept()}
        return download(sheet, kind, rows_json(about, sheet))

    page, misplaced = selection.page(request.GET)
    hidden = ("assignee",) if selection.whose == MINE else ()
    lists = selection.filter.option_lists()
    context = {
        "selection": selection,
        "total": selection.total,
        "lists": [each for name, each in lists.items() if name not in hidden],
        "due": selection.filter.form["due"],
        "chips": selection.chips(),
        "problems": [*selection.filter.problems(), *misplaced],
        "rows": rows(page.claims, selection.queue),
        "tabs": selection.tabs(),
        "exports": selection.exports(),
        "actions": permitted(request.user, "work") if page.claims else [],
        "most": MOST,
        "order": {"near": NEAR, "weight": WEIGHT, "steps": steps_in_words()},
        "missing_limits": selection.queue.missing_limits(),
        "may_set_limits": request.user.has_perm("billing.change_payer"),
    }
    if page.previous is not None:
        context["first_url"] = f"?{selection.query()}"
        context["previous_url"] = f"?{selection.query(before=page.previous)}"
    if page.next is not None:
        context["next_url"] = f"?{selection.query(after=page.next)}"
    return TemplateResponse(request, "work/queue.html", context)
