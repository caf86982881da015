"""Who takes part in a claim."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest

from billing.admin.practices import OfPractice, SeenFilter, seen
from billing.admin.shown import ShowsPatients
from billing.models import (
    ContractLimits,
    Department,
    DepartmentRule,
    Patient,
    Payer,
    PayerIdentifier,
    Practice,
    Provider,
    Staff,
)


@admin.register(Practice)
class PracticeAdmin(OfPractice):
    """Practices."""

    practice_path = "pk"
    list_display = ("name", "npi", "tax_id")
    search_fields = ("name", "npi")


@admin.register(Department)
class DepartmentAdmin(OfPractice):
    """Departments."""

    list_display = ("name", "practice")
    list_filter = (("practice", SeenFilter),)
    list_select_related = ("practice",)
    search_fields = ("name",)
    autocomplete_fields = ("practice",)


@admin.register(DepartmentRule)
class DepartmentRuleAdmin(OfPractice):
    """Which department a claim of an 837 belongs to."""

    list_display = (
        "department",
        "provider_npi",
        "facility",
        "place_of_service",
        "revenue_code",
        "practice",
    )
    list_filter = (("practice", SeenFilter), ("department", SeenFilter))
    list_select_related = ("practice", "department")
    search_fields = ("department__name", "provider_npi", "facility")
    autocomplete_fields = ("practice", "department")


@admin.register(Provider)
class ProviderAdmin(OfPractice):
    """Providers."""

    list_display = ("name", "code", "npi", "specialty", "department", "practice")
    list_filter = (("practice", SeenFilter), ("department", SeenFilter))
    list_select_related = ("practice", "department")
    search_fields = ("name", "code", "npi")
    autocomplete_fields = ("practice", "department")


class ByPractice(admin.TabularInline[Any, Payer]):
    """What practices have of their own for a payer."""

    extra = 0
    autocomplete_fields = ("practice",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the person's practices; those of others stay as they are."""
        return seen(super().get_queryset(request), request)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Accept only the person's practices."""
        kwargs["queryset"] = seen(Practice.objects.all(), request, "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class PayerIdentifierInline(ByPractice):
    """The codes by which practices know the payer."""

    model = PayerIdentifier


class ContractLimitsInline(ByPractice):
    """The limits in the contracts of practices, where they differ from the payer's own."""

    model = ContractLimits


@admin.register(Payer)
class PayerAdmin(admin.ModelAdmin[Payer]):
    """Payers with their limits, their codes, and what contracts say instead."""

    list_display = ("name", "kind", "filing_limit_days", "appeal_limit_days", "is_capitated")
    list_filter = (
        "kind",
        "is_capitated",
        ("filing_limit_days", admin.EmptyFieldListFilter),
        ("appeal_limit_days", admin.EmptyFieldListFilter),
    )
    search_fields = ("name", "identifiers__code")
    inlines = (ContractLimitsInline, PayerIdentifierInline)


@admin.register(Staff)
class StaffAdmin(OfPractice):
    """Staff."""

    list_display = ("name", "code", "role", "department", "practice", "is_active")
    list_filter = (("practice", SeenFilter), "role", "is_active")
    list_select_related = ("practice", "department")
    search_fields = ("name", "code", "email")
    autocomplete_fields = ("practice", "department", "login")


@admin.register(Patient)
class PatientAdmin(ShowsPatients):
    """Patients, found by record number or last name."""

    list_display = ("record_number", "last_name", "first_name", "birth_date", "practice")
    list_filter = (("practice", SeenFilter),)
    list_select_related = ("practice",)
    ordering = ("practice", "record_number")
    search_fields = ("record_number", "last_name")
    unique_in_practice = ("record_number",)
    search_help_text = "The beginning of a record number or last name"
    autocomplete_fields = ("practice",)
