"""Acting on many claims: choose, agree, do, see what was done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from analytics.claims.bulk import ACTIONS, MOST, Action, Plan, preview
from analytics.claims.forms import ActionForm
from analytics.claims.selection import Selection
from analytics.claims.views import permitted_to_view
from analytics.work.selection import WorkSelection
from billing.access import visible
from billing.bulk_posting import Report
from billing.models import Claim
from billing.querysets import ClaimQuerySet

SESSION_KEY = "claims_bulk"
DONE_KEY, MOST_DONE = "claims_bulk_done", 100  # the plans that a session has done


@dataclass(frozen=True, slots=True)
class Origin:
    """A list on which claims are chosen: how it is called, its address, the claims it shows."""

    title: str
    address: str
    claims: Callable[[HttpRequest, QueryDict], ClaimQuerySet]


ORIGINS = {
    "claims": Origin(
        "Claims", "claims:list", lambda request, data: Selection.of(request, data).claims
    ),
    "work": Origin(
        "Work queue",
        "work:queue",
        lambda request, data: WorkSelection.of(request.user, data).claims,
    ),
}
LISTED = 200  # skipped claims that the report names


@require_POST
@permitted_to_view
def choose(request: HttpRequest) -> HttpResponse:
    """From ticked claims, or the whole selection, to the page that asks for confirmation."""
    back = _back(request)
    of_a_row, _, key = request.POST.get("row", "").partition(":")
    action = ACTIONS.get(of_a_row or request.POST.get("action", ""))
    if action is None:
        messages.error(request, "Choose what to do with the claims.")
        return HttpResponseRedirect(back)
    _check(request, action)
    claims, refusal = _chosen(request, [key] if of_a_row else request.POST.getlist("claim"))
    if claims is None:
        messages.error(request, refusal)
        return HttpResponseRedirect(back)
    return _ask(request, action, Plan.of(action.slug, claims), claims, action.bound(claims), back)


@require_POST
@permitted_to_view
def confirm(request: HttpRequest) -> HttpResponse:
    """Do what was agreed on, once, and lead to the report."""
    back = _back(request)
    try:
        plan = Plan.read(request.POST.get("plan", ""))
    except BadSignature:
        messages.error(request, "This page was open for too long. Choose the claims again.")
        return HttpResponseRedirect(back)
    action = ACTIONS[plan.action]
    user = _check(request, action)
    claims = visible(Claim.objects.filter(pk__in=plan.balances), user)
    form = action.bound(claims, request.POST)
    if not form.is_valid():
        return _ask(request, action, plan, claims, form, back)
    if not _take_up(request, user, plan.token):
        messages.info(request, "That was done before, and not again. This is the last report.")
    else:
        report = action.run(visible(Claim.objects.all(), user), plan, form, user)
        request.session[SESSION_KEY] = _told(action, plan, report, back)
        request.session[SESSION_KEY]["from"] = _origin(request).title
        if _origin_name(request) == "work" and len(report.done) == len(plan.balances) == 1:
            messages.success(request, f"{action.label}: {report.done[0]}.")
            return HttpResponseRedirect(back)
    return HttpResponseRedirect(reverse("claims:bulk-report"))


@require_safe
@permitted_to_view
def report(request: HttpRequest) -> HttpResponse:
    """What the last action of this person did, and which claims it skipped, with reasons."""
    told = request.session.get(SESSION_KEY)
    if told is None:
        return HttpResponseRedirect(reverse("claims:list"))
    return TemplateResponse(request, "claims/bulk_report.html", {"report": told})


@transaction.atomic
def _take_up(request: HttpRequest, user: User, token: str) -> bool:
    """Note that a plan is being done; False where this session has taken it up before.

    Asked of the stored session while the person's row is held, as two requests that come together
    have both read their session already.
    """
    User.objects.select_for_update().get(pk=user.pk)
    session = request.session
    done = type(session)(session.session_key).get(DONE_KEY, [])
    if token in done:
        return False
    session[DONE_KEY] = [*done, token][-MOST_DONE:]
    session.save()
    return True


def _origin_name(request: HttpRequest) -> str:
    name = request.POST.get("origin", "")
    return name if name in ORIGINS else "claims"


def _origin(request: HttpRequest) -> Origin:
    return ORIGINS[_origin_name(request)]


def _back(request: HttpRequest) -> str:
    """The list as it was when the claims were chosen."""
    return f"{reverse(_origin(request).address)}?{request.POST.get('selection', '')}"


def _check(request: HttpRequest, action: Action) -> User:
    """The person, who has the permission; raises PermissionDenied."""
    user = request.user
    if not isinstance(user, User) or not user.has_perm(action.permission):
        raise PermissionDenied
    return user


def _chosen(request: HttpRequest, ticked: list[str]) -> tuple[ClaimQuerySet | None, str]:
    """The claims that were chosen, or why none can be acted on."""
    if request.POST.get("which") == "all" and not request.POST.get("row"):
        data = QueryDict(request.POST.get("selection", ""))
        found = _origin(request).claims(request, data)
    else:
        named = [int(key) for key in ticked if _is_key(key)]
        found = visible(Claim.objects.filter(pk__in=named), request.user)
    keys = list(found.order_by().values_list("pk", flat=True)[: MOST + 1])
    if not keys:
        return None, "Tick the claims first, or choose all of the selection."
    if len(keys) > MOST:
        return None, f"More than {MOST:,} claims: narrow the list with filters first."
    return visible(Claim.objects.filter(pk__in=keys), request.user), ""


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _ask(
    request: HttpRequest,
    action: Action,
    plan: Plan,
    claims: ClaimQuerySet,
    form: ActionForm,
    back: str,
) -> HttpResponse:
    context = {
        "action": action,
        "plan": plan.signed(),
        "preview": preview(action, claims),
        "form": form,
        "back": back,
        "origin": _origin_name(request),
        "origin_title": _origin(request).title,
        "selection": request.POST.get("selection", ""),
    }
    return TemplateResponse(request, "claims/bulk_confirm.html", context)


def _told(action: Action, plan: Plan, report: Report, back: str) -> dict[str, Any]:
    """A report as the session keeps it; the skipped claims by reason."""
    reasons: dict[str, list[str]] = {}
    for number, why in report.skipped[:LISTED]:
        reasons.setdefault(why, []).append(number)
    return {
        "token": plan.token,
        "action": action.label,
        "done": len(report.done),
        "amount": f"${report.amount:,.2f}",
        "numbers": report.done[:LISTED],
        "skipped": len(report.skipped),
        "reasons": reasons,
        "named": min(len(report.skipped), LISTED),
        "back": back,
    }
