"""Encounters with their line items."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from billing import posting
from billing.admin.practices import SeenFilter
from billing.admin.shown import ShowsPatients, sees_patients
from billing.models import Encounter, LineItem


def of_one_practice(cleaned: dict[str, Any], *names: str) -> None:
    """Raise ValidationError for the fields whose records belong to another practice."""
    practice = cleaned.get("practice")
    strangers = {
        name: f"This belongs to {cleaned[name].practice}, not to {practice}."
        for name in names
        if practice and cleaned.get(name) and cleaned[name].practice != practice
    }
    if strangers:
        raise ValidationError(strangers)


class EncounterForm(forms.ModelForm[Encounter]):
    """Keeps patient, department and provider in the encounter's practice."""

    class Meta:
        model = Encounter
        fields = ("practice", "number", "patient", "date", "department", "provider")

    def clean(self) -> dict[str, Any]:
        """Check the practices."""
        cleaned = super().clean() or {}
        of_one_practice(cleaned, "patient", "department", "provider")
        return cleaned


class LineItemInline(admin.TabularInline[LineItem, Encounter]):
    """The charges of the encounter."""

    model = LineItem
    extra = 0
    fields = ("number", "procedure", "modifiers", "units", "charge", "entered_on")
    autocomplete_fields = ("procedure",)


@admin.register(Encounter)
class EncounterAdmin(ShowsPatients):
    """Encounters, found by number, patient record number or last name."""

    form = EncounterForm
    patient_path = "patient"
    list_display = ("__str__", "date", "patient", "department", "provider", "practice")
    list_filter = (("practice", SeenFilter), ("department", SeenFilter))
    list_select_related = ("patient", "department", "provider", "practice")
    ordering = ("practice", "number")
    search_fields = ("number", "patient__record_number", "patient__last_name")
    unique_in_practice = ("number", "patient__record_number")
    search_help_text = "The beginning of an encounter number, record number or last name"
    autocomplete_fields = ("practice", "patient", "department", "provider")
    inlines = (LineItemInline,)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The patient only for those who may know."""
        columns = self.list_display
        return tuple(c for c in columns if c != "patient" or sees_patients(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The patient only for those who may know."""
        fields = EncounterForm.Meta.fields
        return tuple(f for f in fields if f != "patient" or sees_patients(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever enters an encounter chooses the patient."""
        return super().has_add_permission(request) and sees_patients(request)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Line items belong to the practice of their encounter."""
        for row in formset.forms:
            row.instance.practice = form.instance.practice
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The charge lag of a claim follows the entry of its charges."""
        super().save_related(request, form, formsets, change)
        posting.refresh(form.instance.claims.values_list("pk", flat=True))
