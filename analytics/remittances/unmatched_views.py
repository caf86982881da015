"""Decisions that wait for their claim: the queue, one of them, linking and keeping aside."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from analytics.claims import patients
from analytics.claims.search import begins_with, narrowed
from analytics.remittances.confirming import Question, confirmed
from analytics.remittances.filters import DecisionFilter
from analytics.remittances.paging import count_words, page_of
from analytics.remittances.rows import decisions_of
from analytics.remittances.suggestions import suggestions
from analytics.remittances.tabs import tabs
from analytics.remittances.views import LARGEST_KEY, permitted_to_decide, permitted_to_view
from billing import resolving
from billing.models import Adjudication, Claim, Remittance
from billing.querysets import ClaimQuerySet

MOST_FOUND = 20
ASIDE = "aside"


@require_safe
@permitted_to_view
def unmatched(request: HttpRequest) -> HttpResponse:
    """The decisions without a claim: those that wait, or those kept aside; the oldest first."""
    filters = DecisionFilter(request.GET, request.user)
    is_aside = request.GET.get("state") == ASIDE
    rows = filters.rows(_unmatched(request)).filter(is_kept_aside=is_aside)
    page = page_of(rows, "decided_on", request.GET, descending=False)
    kept = [("state", ASIDE)] if is_aside else []
    context = {
        **page.links([*filters.parameters(), *kept]),
        "tabs": tabs("remittances:unmatched"),
        "filters": filters,
        "problems": [*filters.problems(), *filter(None, [page.problem])],
        "is_aside": is_aside,
        "count": count_words(rows, "decision", "decisions"),
        "rows": page.rows,
        "shows_practice": len(filters.practices) > 1,
    }
    return TemplateResponse(request, "remittances/unmatched.html", context)


def _unmatched(request: HttpRequest) -> QuerySet[Adjudication]:
    """The decisions of remittances that count, in the person's practices, that have no claim."""
    return _counting(request).filter(claim__isnull=True)


def _counting(request: HttpRequest) -> QuerySet[Adjudication]:
    return decisions_of(request.user).filter(remittance__state=Remittance.State.POSTED)


@require_safe
@permitted_to_view
def decision(request: HttpRequest, pk: int) -> HttpResponse:
    """One decision without a claim, with the claims that it may be about."""
    found = _found(request, pk)
    if found.claim_id is not None:
        messages.info(request, f"Decision {found.claim_number} is linked to this claim.")
        return HttpResponseRedirect(reverse("claims:claim", args=(found.claim_id,)))
    number = request.GET.get("number", "").replace("\x00", "").strip()[:60]
    sees_patients = patients.may_see(request.user)
    context = {
        "tabs": tabs("remittances:unmatched"),
        "decision": found,
        "adjustments": found.adjustments.select_related("reason", "line").order_by("pk"),
        "lines": found.lines.select_related("procedure").order_by("pk"),
        "resolutions": found.resolutions.select_related("who", "claim").order_by(
            "-recorded_at", "-pk"
        ),
        "suggestions": suggestions(found, may_see_patients=sees_patients),
        "number": number,
        "claims": _by_number(found, number),
        "most": MOST_FOUND,
        "can_decide": request.user.has_perm("billing.add_adjudication"),
    }
    return TemplateResponse(request, "remittances/decision.html", context)


def _found(request: HttpRequest, pk: int) -> Adjudication:
    if pk > LARGEST_KEY:
        raise Http404("There is no such decision")
    return get_object_or_404(_counting(request), pk=pk)


def _by_number(found: Adjudication, number: str) -> list[Claim]:
    """The claims of the decision's practice whose number, or payer's number, begins so."""
    if not number:
        return []
    claims: ClaimQuerySet = Claim.objects.filter(practice=found.practice_id)
    conditions = [
        condition
        for column in ("number", "payer_control_number")
        for condition in begins_with(column, number)
    ]
    rows = narrowed(claims, conditions).select_related("payer").order_by("number", "pk")
    return list(rows[:MOST_FOUND])


@require_http_methods(["GET", "HEAD", "POST"])
@permitted_to_view
@permitted_to_decide
def link(request: HttpRequest, pk: int, claim: int) -> HttpResponse:
    """Ask before a decision is linked to a claim of the same practice."""
    found = _found(request, pk)
    if claim > LARGEST_KEY:
        raise Http404("There is no such claim")
    claims = Claim.objects.filter(practice=found.practice_id).select_related("payer")
    chosen = get_object_or_404(claims, pk=claim)
    question = Question(
        title=f"Link this decision to claim {chosen.number}",
        promise="The decision counts for this claim from now on, and the claim’s balance follows.",
        button="Link it",
        done=f"The decision is linked to claim {chosen.number}.",
        back=reverse("remittances:decision", args=(pk,)),
        then=reverse("claims:claim", args=(chosen.pk,)),
        trail=_trail(found),
        needs_reason=False,
        doubts=_doubts(found, chosen),
    )
    return confirmed(
        request,
        question,
        _beside(found, chosen),
        lambda who, reason: resolving.link(found, chosen, who=who, reason=reason),
    )


def _beside(found: Adjudication, claim: Claim) -> list[tuple[str, list[str]]]:
    """The decision and the claim, side by side."""
    day = claim.service_date.isoformat() if claim.service_date else "not known"
    decided = found.service_date.isoformat() if found.service_date else "not stated"
    return [
        ("", ["The decision", "The claim"]),
        ("Claim number", [found.claim_number or "none", claim.number]),
        ("Payer", [_payer(found), claim.payer.name]),
        (
            "Payer’s number",
            [found.payer_control_number or "none", claim.payer_control_number or "none"],
        ),
        ("Service date", [decided, day]),
        ("Charge", [f"${found.charge:,.2f}", f"${claim.billed:,.2f}"]),
    ]


def _payer(found: Adjudication) -> str:
    return found.remittance.payer.name if found.remittance else ""


def _doubts(found: Adjudication, claim: Claim) -> list[str]:
    """What speaks against the link, in words."""
    doubts = []
    if abs(found.charge) != claim.billed:
        doubts.append("The charges differ.")
    if found.service_date and claim.service_date and found.service_date != claim.service_date:
        doubts.append("The service dates differ.")
    if _payer(found) != claim.payer.name:
        doubts.append("The payers differ.")
    if claim.adjudications.exists():
        doubts.append("The claim has been decided before: this is one more decision on it.")
    return doubts


@require_http_methods(["GET", "HEAD", "POST"])
@permitted_to_view
@permitted_to_decide
def keep_aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask before a decision leaves the queue without a claim."""
    found = _found(request, pk)
    question = Question(
        title="Keep this decision aside",
        promise="It leaves the queue and counts for no claim. It can be put back later.",
        button="Keep it aside",
        done="The decision is kept aside.",
        back=reverse("remittances:decision", args=(pk,)),
        then=reverse("remittances:unmatched"),
        trail=_trail(found),
    )
    return confirmed(
        request,
        question,
        _alone(found),
        lambda who, reason: resolving.keep_aside(found, who=who, reason=reason),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permitted_to_view
@permitted_to_decide
def put_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask before a decision that was kept aside waits for its claim again."""
    found = _found(request, pk)
    question = Question(
        title="Put this decision back in the queue",
        promise="It waits for its claim again. If a claim has its number by now, it is linked.",
        button="Put it back",
        done="The decision is back in the queue, or linked where its claim is there.",
        back=reverse("remittances:decision", args=(pk,)),
        then=reverse("remittances:unmatched"),
        trail=_trail(found),
        needs_reason=False,
    )
    return confirmed(
        request,
        question,
        _alone(found),
        lambda who, reason: resolving.put_back(found, who=who, reason=reason),
    )


def _alone(found: Adjudication) -> list[tuple[str, list[str]]]:
    return [
        ("", ["The decision"]),
        ("Claim number", [found.claim_number or "none"]),
        ("Payer", [_payer(found)]),
        ("Charge", [f"${found.charge:,.2f}"]),
        ("Paid", [f"${found.paid or 0:,.2f}"]),
    ]


def _trail(found: Adjudication) -> list[tuple[str, str]]:
    here = reverse("remittances:decision", args=(found.pk,))
    return [
        ("Remittances", reverse("remittances:list")),
        ("Unmatched", reverse("remittances:unmatched")),
        (found.claim_number or "Decision", here),
    ]
