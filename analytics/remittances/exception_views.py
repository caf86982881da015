"""Lists of what does not add up or is not known."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from analytics.remittances import exceptions
from analytics.remittances.exceptions import LEVELS, MOST_GROUPS, imbalances, unmapped_rows
from analytics.remittances.filters import DecisionFilter
from analytics.remittances.paging import count_words, page_of
from analytics.remittances.tabs import tabs
from analytics.remittances.views import permitted_to_view
from billing.access import practices_of
from billing.departments import apply_rules

CHANGE = "billing.change_claim"


@require_safe
@permitted_to_view
def unbalanced(request: HttpRequest) -> HttpResponse:
    """What does not add up, by payer, with the way to each case."""
    context = {"tabs": tabs("remittances:unbalanced"), "rows": imbalances(request.user)}
    return TemplateResponse(request, "remittances/unbalanced.html", context)


@require_safe
@permitted_to_view
def unbalanced_claims(request: HttpRequest) -> HttpResponse:
    """The decisions that do not add up, the newest first."""
    filters = DecisionFilter(request.GET, request.user)
    level = request.GET.get("level", "")
    level = level if level in LEVELS else "claims"
    rows = filters.rows(exceptions.unbalanced_decisions(request.user, level))
    page = page_of(rows, "decided_on", request.GET)
    context = {
        **page.links([*filters.parameters(), ("level", level)]),
        "tabs": tabs("remittances:unbalanced"),
        "filters": filters,
        "level": level,
        "problems": [*filters.problems(), *filter(None, [page.problem])],
        "count": count_words(rows, "decision", "decisions"),
        "rows": page.rows,
        "shows_practice": len(filters.practices) > 1,
    }
    return TemplateResponse(request, "remittances/unbalanced_claims.html", context)


@require_safe
@permitted_to_view
def unknown_codes(request: HttpRequest) -> HttpResponse:
    """Reason codes that files use and nobody has described."""
    context = {
        "tabs": tabs("remittances:unknown-codes"),
        "rows": exceptions.unknown_codes(request.user),
        "can_describe": request.user.has_perm("billing.change_reasoncode"),
    }
    return TemplateResponse(request, "remittances/unknown_codes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("billing.view_claim", raise_exception=True)
@permitted_to_view
def unmapped_departments(request: HttpRequest) -> HttpResponse:
    """Claims that no department rule fitted; on a person's word those that one fits by now."""
    if request.method == "POST":
        return _apply(request)
    rows = unmapped_rows(request.user)
    practices = practices_of(request.user)
    context = {
        "tabs": tabs("remittances:unmapped-departments"),
        "rows": rows,
        "is_cut": len(rows) >= MOST_GROUPS,
        "fitting": sum(row.group.claims for row in rows if row.group.department),
        "shows_practice": practices is None or len(practices) > 1,
        "can_add": request.user.has_perm("billing.add_departmentrule"),
        "can_apply": request.user.has_perm(CHANGE),
    }
    return TemplateResponse(request, "remittances/unmapped_departments.html", context)


def _apply(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or not user.has_perm(CHANGE):
        raise PermissionDenied
    changed = apply_rules(practices_of(user), user)
    plural = "" if changed == 1 else "s"
    messages.success(request, f"{changed:,} claim{plural} got a department.")
    return HttpResponseRedirect(reverse("remittances:unmapped-departments"))
