"""What was loaded from files and what people did: to look at, not to edit."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from billing import audit
from billing.admin.base import BigTable, ReadOnly, ReadOnlyInline
from billing.admin.practices import OfPractice, SeenFilter
from billing.models import (
    ImportBatch,
    ImportRejection,
    ProviderAdjustment,
    Remittance,
    StaffActivity,
)


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, OfPractice):
    """Loaded files."""

    list_display = (
        "file_name",
        "kind",
        "practice",
        "state",
        "started_at",
        "read",
        "created",
        "updated",
        "unchanged",
        "rejected",
        "warnings",
    )
    list_filter = ("state", "kind", ("practice", SeenFilter))
    list_select_related = ("practice",)
    search_fields = ("file_name",)
    date_hierarchy = "started_at"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the rejected records, which may be many."""
        rejections = reverse("admin:billing_importrejection_changelist")
        tools = [(f"{rejections}?batch__id__exact={object_id}", "Rejected records")]
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "tools": tools}
        )


@admin.register(ImportRejection)
class ImportRejectionAdmin(ReadOnly, BigTable):
    """Rejected records; reached from their batch. The raw record may name a patient."""

    practice_path = "batch__practice"
    list_display = ("batch", "line", "field", "reason")
    list_select_related = ("batch",)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> ImportRejection | None:
        """The record of a page; whoever opens it is noted."""
        found: ImportRejection | None = super().get_object(request, object_id, from_field)
        if found is not None:
            kind = f"Rejected line {found.line} of {found.batch.file_name}"
            audit.viewed_list(request.user, kind, found=1, filters={})
        return found


class ProviderAdjustmentInline(ReadOnlyInline):
    """Money outside any claim."""

    model = ProviderAdjustment
    fields = ("reason", "reference", "amount")


@admin.register(Remittance)
class RemittanceAdmin(ReadOnly, BigTable):
    """Payment advices, found by the beginning of the trace number."""

    list_display = (
        "trace_number",
        "payer",
        "paid_on",
        "amount",
        "balance_difference",
        "unbalanced_claims",
        "state",
        "practice",
    )
    list_filter = (("practice", SeenFilter), "state", "payer")
    list_select_related = ("payer", "practice")
    search_fields = ("trace_number",)
    inlines = (ProviderAdjustmentInline,)


@admin.register(StaffActivity)
class StaffActivityAdmin(ReadOnly, BigTable):
    """What staff did to which claim."""

    list_display = ("occurred_at", "staff", "action", "claim", "is_error")
    list_filter = (("occurred_at", admin.DateFieldListFilter), ("staff", SeenFilter), "is_error")
    list_select_related = ("staff", "claim")
    ordering = ("-occurred_at",)
    search_fields = ("claim__number",)
    unique_in_practice = ("claim__number",)
    search_help_text = "The beginning of a claim number"
