"""The remittances, one of them, and what a person decides about a possible duplicate."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from analytics.remittances.confirming import Question, confirmed
from analytics.remittances.filters import RemittanceFilter
from analytics.remittances.paging import count_words, page_of
from analytics.remittances.rows import (
    ONLY,
    PROVIDER_REASONS,
    Balance,
    DecisionRow,
    RemittanceRow,
    decisions_of,
    remittances_of,
    standing,
)
from analytics.remittances.tabs import tabs
from billing import resolving
from billing.models import Adjustment, Remittance

State = Remittance.State
LARGEST_KEY = 2**63 - 1
permitted_to_view = permission_required("billing.view_remittance", raise_exception=True)
permitted_to_decide = permission_required("billing.add_adjudication", raise_exception=True)


@require_safe
@permitted_to_view
def remittance_list(request: HttpRequest) -> HttpResponse:
    """The remittances of the person's practices, the newest first."""
    filters = RemittanceFilter(request.GET, request.user)
    rows = filters.rows(remittances_of(request.user))
    page = page_of(rows, "paid_on", request.GET)
    duplicates = remittances_of(request.user).filter(state=State.POSSIBLE_DUPLICATE)
    context = {
        **page.links(filters.parameters()),
        "tabs": tabs("remittances:list"),
        "filters": filters,
        "problems": [*filters.problems(), *filter(None, [page.problem])],
        "count": count_words(rows, "remittance", "remittances"),
        "rows": RemittanceRow.all_of(page.rows),
        "shows_practice": len(filters.practices) > 1,
        "duplicates": count_words(duplicates, "possible duplicate", "possible duplicates")
        if duplicates.exists()
        else "",
        "can_load": request.user.has_perm("billing.add_importbatch"),
    }
    return TemplateResponse(request, "remittances/list.html", context)


@require_safe
@permitted_to_view
def remittance(request: HttpRequest, pk: int) -> HttpResponse:
    """One remittance: its balance with the arithmetic, its adjustments, and its decisions."""
    found = found_remittance(request, pk)
    only = request.GET.get("only", "")
    only = only if only in ONLY else ""
    decided = decisions_of(request.user).filter(ONLY[only][1], remittance=found)
    adjustments = Adjustment.objects.order_by("pk")
    decided = decided.prefetch_related(Prefetch("adjustments", adjustments))
    page = page_of(decided, "id", request.GET, descending=False)
    siblings = list(resolving.same_payment(found).select_related("payer", "practice"))
    context = {
        **page.links([("only", only)] if only else []),
        "tabs": tabs("remittances:list"),
        "remittance": found,
        "standing": standing(found),
        "balance": Balance.of(found),
        "provider_adjustments": [
            (row, PROVIDER_REASONS.get(row.reason, ""))
            for row in found.provider_adjustments.order_by("pk")
        ],
        "resolutions": found.resolutions.select_related("who", "claim", "adjudication").order_by(
            "-recorded_at", "-pk"
        )[:50],
        "siblings": RemittanceRow.all_of(siblings),
        "can_decide": siblings and request.user.has_perm("billing.add_adjudication"),
        "only": [(name, words, name == only) for name, (words, _) in ONLY.items()],
        "count": count_words(decided, "decision", "decisions"),
        "rows": [DecisionRow.of(row) for row in page.rows],
        "problems": [page.problem] if page.problem else [],
    }
    return TemplateResponse(request, "remittances/remittance.html", context)


def found_remittance(request: HttpRequest, pk: int) -> Remittance:
    """The remittance, where it belongs to a practice of this person."""
    if pk > LARGEST_KEY:
        raise Http404("There is no such remittance")
    return get_object_or_404(remittances_of(request.user), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted_to_view
@permitted_to_decide
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask before a possible duplicate is let count."""
    found = found_remittance(request, pk)
    return confirmed(
        request,
        Question(
            title="Post this remittance",
            promise=(
                "It counts from now on: its decisions find their claims and change their balances. "
                "The others of the same payment stay as they are, so that both may count."
            ),
            button="Post it",
            done="The remittance is posted.",
            back=reverse("remittances:remittance", args=(pk,)),
            trail=_trail(found),
        ),
        _about(found),
        lambda who, reason: resolving.post(found, who=who, reason=reason),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permitted_to_view
@permitted_to_decide
def set_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask before one of several remittances of the same payment is kept aside."""
    found = found_remittance(request, pk)
    return confirmed(
        request,
        Question(
            title="Keep this remittance aside",
            promise=(
                "It does not count. If it counted so far, its decisions leave their claims, whose "
                "balances follow. It stays in the list and can be posted later."
            ),
            button="Keep it aside",
            done="The remittance is kept aside.",
            back=reverse("remittances:remittance", args=(pk,)),
            trail=_trail(found),
        ),
        _about(found),
        lambda who, reason: resolving.set_aside(found, who=who, reason=reason),
    )


def _trail(found: Remittance) -> list[tuple[str, str]]:
    return [
        ("Remittances", reverse("remittances:list")),
        (found.trace_number or "Remittance", reverse("remittances:remittance", args=(found.pk,))),
    ]


def _about(found: Remittance) -> list[tuple[str, list[Any]]]:
    """This remittance beside the others of the same payment."""
    rows = [found, *resolving.same_payment(found)]
    heads = ["This one", *("Another one" for _ in rows[1:])]
    return [
        ("", heads),
        ("State", [row.get_state_display() for row in rows]),
        ("Trace number", [row.trace_number for row in rows]),
        ("Paid on", [row.paid_on.isoformat() for row in rows]),
        ("Amount", [f"${row.amount:,.2f}" for row in rows]),
        ("Claims", [f"{row.claim_count:,}" for row in rows]),
        ("File", [row.file_name or "–" for row in rows]),
    ]
