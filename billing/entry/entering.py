"""Pages on which patients, encounters and line items are added and corrected."""

from copy import copy
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing import audit
from billing.access import visible
from billing.entry import charges, procedures, reading
from billing.entry.charges import AlreadyBilledError
from billing.entry.forms import TAKEN, EncounterForm, LineItemForm, PatientForm
from billing.models import Encounter, LineItem, Patient, Practice

form_page = require_http_methods(["GET", "HEAD", "POST"])
LISTED_CODES = 100
NAMED_CLAIMS = 5
SEEN = ("practice", "patient", "department", "provider")


@never_cache
@form_page
@permission_required(("billing.view_patient", "billing.add_patient"), raise_exception=True)
def add_patient(request: HttpRequest) -> HttpResponseBase:
    """A new patient of one of the user's practices."""
    practices = visible(Practice.objects.order_by("name"), request.user, "pk")
    if not practices.exists():
        return TemplateResponse(request, "billing/no_practice.html")
    form = PatientForm(_posted(request), practices=practices)
    if form.is_valid() and _saved(form):
        messages.success(request, "The patient was added. Next: add an encounter.")
        return redirect("billing:patient", form.instance.pk)
    return _form(request, form, "Add a patient", reverse("billing:patients"))


@never_cache
@form_page
@permission_required(("billing.view_patient", "billing.change_patient"), raise_exception=True)
def edit_patient(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Correct a patient's record number, name or birth date."""
    patient = get_object_or_404(visible(Patient.objects.all(), request.user), pk=pk)
    shown = copy(patient)  # a refused form leaves in its instance what was typed
    form = PatientForm(_posted(request), instance=patient, practices=Practice.objects.none())
    if form.is_valid() and _saved(form):
        messages.success(request, "The patient was changed.")
        return redirect("billing:patient", pk)
    back = reverse("billing:patient", args=[pk])
    return _form(request, form, "Edit the patient", back, patient=shown)


@never_cache
@form_page
@permission_required(("billing.view_patient", "billing.add_encounter"), raise_exception=True)
def add_encounter(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A new encounter of a patient."""
    patient = get_object_or_404(visible(Patient.objects.all(), request.user), pk=pk)
    visit = Encounter(patient=patient, practice_id=patient.practice_id)
    form = EncounterForm(_posted(request), instance=visit)
    if form.is_valid():
        form.save()
        messages.success(request, "The encounter was added. Next: add its line items.")
        return redirect("billing:encounter", visit.pk)
    back = reverse("billing:patient", args=[pk])
    return _form(request, form, "Add an encounter", back, patient=patient)


@never_cache
@form_page
@permission_required(("billing.view_patient", "billing.change_encounter"), raise_exception=True)
def edit_encounter(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Correct an encounter that no claim bills."""
    visit = _encounter(request, pk)
    if visit.claims.exists():
        return _billed(request, visit)
    shown = copy(visit)
    form = EncounterForm(_posted(request), instance=visit)
    if form.is_valid():
        try:
            charges.change_encounter(visit)
        except AlreadyBilledError:
            return _billed(request, visit)
        messages.success(request, "The encounter was changed.")
        return redirect("billing:encounter", pk)
    back = reverse("billing:encounter", args=[pk])
    return _form(request, form, "Edit the encounter", back, **_of(request, shown))


@never_cache
@form_page
@permission_required(("billing.view_encounter", "billing.add_lineitem"), raise_exception=True)
def add_line_item(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A new charge of an encounter, entered today; and another one, if asked for."""
    visit = _encounter(request, pk)
    today = timezone.localdate()
    item = LineItem(encounter=visit, practice_id=visit.practice_id, entered_on=today)
    form = LineItemForm(_posted(request), instance=item)
    if form.is_valid():
        charges.add_line_item(item)
        messages.success(request, f"{item.procedure} was added.")
        another = "another" in request.POST
        return redirect("billing:add-line-item" if another else "billing:encounter", pk)
    return _line_item_form(request, form, "Add a line item", visit)


@never_cache
@form_page
@permission_required(("billing.view_encounter", "billing.change_lineitem"), raise_exception=True)
def edit_line_item(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Correct a charge that no claim bills."""
    item = _line_item(request, pk)
    visit = item.encounter
    if visit.claims.exists():
        return _billed(request, visit)
    form = LineItemForm(_posted(request), instance=item)
    if form.is_valid():
        try:
            charges.change_line_item(item)
        except AlreadyBilledError:
            return _billed(request, visit)
        except LineItem.DoesNotExist:
            raise Http404("The line item was removed meanwhile") from None
        messages.success(request, "The line item was changed.")
        return redirect("billing:encounter", visit.pk)
    return _line_item_form(request, form, "Edit the line item", visit)


@never_cache
@form_page
@permission_required(("billing.view_encounter", "billing.delete_lineitem"), raise_exception=True)
def remove_line_item(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take out a charge that no claim bills, after asking."""
    item = _line_item(request, pk)
    visit = item.encounter
    if visit.claims.exists():
        return _billed(request, visit)
    if request.method == "POST":
        try:
            charges.remove_line_item(item)
        except AlreadyBilledError:
            return _billed(request, visit)
        except LineItem.DoesNotExist:
            raise Http404("The line item was removed meanwhile") from None
        messages.success(request, "The line item was removed.")
        return redirect("billing:encounter", visit.pk)
    context = {"item": item, **_of(request, visit)}
    return _shown(request, "billing/remove_line_item.html", context)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _saved(form: PatientForm) -> bool:
    """Save a valid patient; False where another one took the record number in that moment."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("record_number", TAKEN)
        return False
    return True


def _encounter(request: HttpRequest, pk: UUID) -> Encounter:
    return get_object_or_404(visible(Encounter.objects.select_related(*SEEN), request.user), pk=pk)


def _line_item(request: HttpRequest, pk: int) -> LineItem:
    related = ("procedure", *(f"encounter__{name}" for name in SEEN))
    return get_object_or_404(
        visible(LineItem.objects.select_related(*related), request.user), pk=pk
    )


def _of(request: HttpRequest, visit: Encounter) -> dict[str, Any]:
    """The encounter above a line item, and its patient for those who may see people."""
    context: dict[str, Any] = {"encounter": visit}
    if request.user.has_perm("billing.view_patient"):
        context["patient"] = visit.patient
    return context


def _form(
    request: HttpRequest, form: Any, title: str, back: str, **context: Any
) -> HttpResponseBase:
    return _shown(
        request, "billing/entry_form.html", {**context, "form": form, "title": title, "back": back}
    )


def _line_item_form(
    request: HttpRequest, form: LineItemForm, title: str, visit: Encounter
) -> HttpResponseBase:
    typed = str(form["procedure"].value() or "")
    context = {
        **_of(request, visit),
        "form": form,
        "title": title,
        "back": reverse("billing:encounter", args=[visit.pk]),
        "codes": procedures.matching(typed, LISTED_CODES) or procedures.near(typed),
        "adds": form.instance._state.adding,
        "billed_by": list(reading.claims_for(visit)[:NAMED_CLAIMS]),
    }
    return _shown(request, "billing/line_item_form.html", context)


def _billed(request: HttpRequest, visit: Encounter) -> HttpResponseBase:
    """Why nothing can be changed, and what to do instead."""
    context = {
        **_of(request, visit),
        "billed_by": list(reading.claims_for(visit)[:NAMED_CLAIMS]),
    }
    return _shown(request, "billing/billed.html", context, status=409)


def _shown(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponseBase:
    """A page; where it names a patient, the audit trail says so."""
    if "patient" in context:
        audit.viewed(request.user, context["patient"])
    return TemplateResponse(request, template, context, status=status)
