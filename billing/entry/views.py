"""Pages on which patients, encounters and their line items are found and read."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing import audit
from billing.access import visible
from billing.entry import procedures, reading
from billing.entry.forms import PatientSearch
from billing.entry.patients import find, practice_keys
from billing.models import Encounter, Patient

TERM = "patient_search"  # in the session: a name in an address would be kept by logs and histories
ROWS = 10
LINES = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("billing.view_patient", raise_exception=True)
def patients(request: HttpRequest) -> HttpResponseBase:
    """Search by name or record number; the term is posted and stays in the session."""
    term = request.session.get(TERM, "")
    form = PatientSearch(initial={"q": term})
    if request.method == "POST":
        form = PatientSearch(request.POST)
        if form.is_valid():
            request.session[TERM] = form.cleaned_data["q"]
            return redirect("billing:patients")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = find(request.user, term, after=after, before=before)
    audit.viewed_list(request.user, "Patients", found=len(page.rows), filters={"search": term})
    counts = reading.encounter_counts(page.rows)
    practices = practice_keys(request.user)
    context = {
        "form": form,
        "term": term,
        "page": page,
        "rows": [(patient, counts.get(patient.pk, 0)) for patient in page.rows],
        "practices": len(practices),
    }
    return TemplateResponse(request, "billing/patients.html", context)


@never_cache
@require_safe
@permission_required("billing.view_patient", raise_exception=True)
def patient(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A patient with encounters, claims and what is open."""
    rows = visible(Patient.objects.select_related("practice"), request.user)
    person = get_object_or_404(rows, pk=pk)
    audit.viewed(request.user, person)
    context: dict[str, Any] = {"patient": person}
    if request.user.has_perm("billing.view_encounter"):
        context["encounters"] = _page(request, "encounters", reading.encounters_of(person))
    if request.user.has_perm("billing.view_claim"):
        claims = reading.claims_of(person)
        context |= {"claims": _page(request, "claims", claims), "owed": reading.owed(claims)}
    return TemplateResponse(request, "billing/patient.html", context)


@never_cache
@require_safe
@permission_required("billing.view_encounter", raise_exception=True)
def encounter(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """An encounter with its line items and claims; the person only for those who may see it."""
    related = ("practice", "patient", "department", "provider")
    rows = visible(Encounter.objects.select_related(*related), request.user)
    visit = get_object_or_404(rows, pk=pk)
    claims = reading.claims_for(visit)
    context: dict[str, Any] = {
        "encounter": visit,
        "billed_by": list(claims[:ROWS]),
        "lines": _page(request, "lines", reading.line_items_of(visit), LINES),
        "charged": reading.charged(visit),
        "sees_patient": request.user.has_perm("billing.view_patient"),
    }
    if context["sees_patient"]:
        audit.viewed(request.user, visit.patient)
    if request.user.has_perm("billing.view_claim"):
        context["claims"] = _page(request, "claims", claims)
    return TemplateResponse(request, "billing/encounter.html", context)


@require_safe
@permission_required("billing.view_procedurecode", raise_exception=True)
def procedure_codes(request: HttpRequest) -> HttpResponseBase:
    """The codes that fit `q` as options of a list; the entry form sends its field's own name."""
    term = request.GET.get("q") or request.GET.get("procedure", "")
    codes = procedures.matching(term[:100])
    exact = next((c for c in codes if c.code == procedures.normalized(term)), None)
    context = {"codes": codes, "exact": exact, "term": term.strip()}
    return TemplateResponse(request, "billing/_procedure_options.html", context)


def _page(request: HttpRequest, name: str, rows: Any, per_page: int = ROWS) -> Page[Any]:
    """The page of these rows that the address names; the nearest one where there is none such."""
    return Paginator(rows, per_page).get_page(request.GET.get(name))
