"""Reason codes, their categories and procedure codes."""

from django.contrib import admin

from billing.admin.filled import FilledFromAddress
from billing.models import ProcedureCode, ReasonCategory, ReasonCode


@admin.register(ReasonCategory)
class ReasonCategoryAdmin(admin.ModelAdmin[ReasonCategory]):
    """Categories and who owns their denials."""

    list_display = ("code", "name", "owner_role")
    list_filter = ("owner_role",)
    search_fields = ("code", "name")


@admin.register(ReasonCode)
class ReasonCodeAdmin(FilledFromAddress):
    """Reason codes; what is edited counts for decisions posted from then on."""

    list_display = (
        "code",
        "wording",
        "category",
        "is_denial",
        "preventable",
        "recovery",
        "first_step",
        "is_unknown",
    )
    list_filter = ("is_unknown", "is_denial", "category", "preventable", "recovery")
    list_select_related = ("category",)
    search_fields = ("=code", "wording")
    autocomplete_fields = ("category",)


@admin.register(ProcedureCode)
class ProcedureCodeAdmin(admin.ModelAdmin[ProcedureCode]):
    """Procedure codes; the wording is ours or the user's own licensed text."""

    list_display = ("code", "wording")
    search_fields = ("code", "wording")
