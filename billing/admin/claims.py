"""Claims: their facts may be corrected; what their events give is read-only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from billing import posting
from billing.admin.base import ReadOnlyInline
from billing.admin.encounters import of_one_practice
from billing.admin.practices import SeenFilter
from billing.admin.shown import SearchedByPatient
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ClaimLine,
    ContractualAdjustment,
    Note,
    PatientPayment,
    StatusChange,
    Submission,
    WriteOff,
)

PARTIES = ("practice", "number", "payer", "payer_control_number", "encounter", "department",
           "provider", "assignee")  # fmt: skip
BILLING = ("service_date", "submitted_on", "frequency", "replaces", "billed", "expected")
FACTS = (*PARTIES, *BILLING)
STANDING = (
    ("status", "closed_on", "stated_status"),
    ("balance", "standing_denied", "written_off", "contractual"),
    ("paid", "paid_known", "first_paid_on", "days_to_pay"),
    ("patient_responsibility", "patient_responsibility_is_minimum", "patient_paid"),
    ("first_decided_on", "first_decided_on_assumed", "first_outcome", "days_to_decision"),
    ("first_denied_on", "first_denied_amount", "main_group", "main_reason", "main_remark"),
    ("first_patient_non_covered", "first_reduced"),
    ("overturned_on", "denial_written_off_on"),
    ("expected_assumed", "submission_lag_days", "charge_lag_days"),
)
ENTRIES = (
    ("adjudication", "Record a decision"),
    ("patientpayment", "Record a patient payment"),
    ("writeoff", "Write off"),
    ("appeal", "File an appeal"),
    ("statuschange", "Close or reopen"),
    ("note", "Add a note"),
)


class ClaimForm(forms.ModelForm[Claim]):
    """An empty expected amount is the billed amount, marked as assumed."""

    class Meta:
        model = Claim
        fields = FACTS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "expected" not in self.fields:  # shown read-only
            return
        self.fields["expected"].required = False
        self.fields["expected"].help_text = "By contract. Empty: the billed amount is assumed."
        if self.instance.expected_assumed:
            self.initial["expected"] = None

    def clean(self) -> dict[str, Any]:
        """Settle the expected amount and check the practices."""
        cleaned = super().clean() or {}
        self.instance.expected_assumed = cleaned.get("expected") is None
        if self.instance.expected_assumed:
            cleaned["expected"] = cleaned.get("billed")
        of_one_practice(cleaned, "encounter", "department", "provider", "assignee", "replaces")
        return cleaned


class ClaimLineInline(admin.TabularInline[ClaimLine, Claim]):
    """What the claim billed."""

    model = ClaimLine
    extra = 0
    fields = (
        "position",
        "procedure",
        "modifiers",
        "units",
        "charge",
        "service_date",
        "diagnosis_pointers",
    )
    autocomplete_fields = ("procedure",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the procedures, for those who may only look."""
        return super().get_queryset(request).select_related("procedure")


class AdjudicationInline(ReadOnlyInline):
    """Decisions."""

    model = Adjudication
    show_change_link = True
    fields = (
        "decided_on",
        "outcome",
        "paid",
        "patient_responsibility",
        "contractual",
        "denied_amount",
        "duplicate_amount",
        "main_group",
        "main_reason",
        "main_remark",
        "remittance",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what is shown of other records."""
        return super().get_queryset(request).select_related("main_reason", "remittance")


class PatientPaymentInline(ReadOnlyInline):
    """Patient payments."""

    model = PatientPayment
    fields = ("paid_on", "amount", "source_key")


class ContractualAdjustmentInline(ReadOnlyInline):
    """Contractual adjustments."""

    model = ContractualAdjustment
    fields = ("adjusted_on", "amount", "reason", "source_key")


class WriteOffInline(ReadOnlyInline):
    """Write-offs."""

    model = WriteOff
    fields = ("written_off_on", "amount", "reason", "for_denial", "who")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the person."""
        return super().get_queryset(request).select_related("who")


class AppealInline(ReadOnlyInline):
    """Appeals."""

    model = Appeal
    show_change_link = True
    fields = ("filed_on", "ended_on", "result", "counted_on", "counted_on_assumed")


class StatusChangeInline(ReadOnlyInline):
    """Status changes."""

    model = StatusChange
    fields = ("changed_on", "change", "reason", "who")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the person."""
        return super().get_queryset(request).select_related("who")


class NoteInline(ReadOnlyInline):
    """Notes."""

    model = Note
    fields = ("written_at", "text", "who")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the person."""
        return super().get_queryset(request).select_related("who")


class SubmissionInline(ReadOnlyInline):
    """Submissions."""

    model = Submission
    fields = ("submitted_on", "file_name", "transaction_set", "position", "charge", "frequency")


@admin.register(Claim)
class ClaimAdmin(SearchedByPatient):
    """Claims, found by number, patient record number or last name."""

    form = ClaimForm
    list_display = (
        "number",
        "payer",
        "department",
        "service_date",
        "submitted_on",
        "billed",
        "status",
        "balance",
        "assignee",
    )
    list_filter = (
        ("practice", SeenFilter),
        "status",
        "first_outcome",
        ("submitted_on", admin.DateFieldListFilter),
        "payer",
        ("department", SeenFilter),
    )
    list_select_related = ("payer", "department", "assignee")
    search_fields = ("number", "encounter__patient__record_number", "encounter__patient__last_name")
    unique_in_practice = ("number", "encounter__patient__record_number")
    search_help_text = "The beginning of a claim number, record number or last name"
    autocomplete_fields = (
        "practice",
        "payer",
        "encounter",
        "department",
        "provider",
        "assignee",
        "replaces",
    )
    readonly_fields = tuple(name for row in STANDING for name in row)
    inlines = (
        ClaimLineInline,
        AdjudicationInline,
        PatientPaymentInline,
        ContractualAdjustmentInline,
        WriteOffInline,
        AppealInline,
        StatusChangeInline,
        NoteInline,
        SubmissionInline,
    )

    def get_fieldsets(self, request: HttpRequest, obj: Claim | None = None) -> Any:
        """A new claim has facts only."""
        facts = ((None, {"fields": PARTIES}), ("Billed", {"fields": BILLING}))
        return (*facts, ("Where it stands", {"fields": STANDING})) if obj else facts

    def get_inlines(self, request: HttpRequest, obj: Claim | None) -> Any:
        """A new claim has lines but no events."""
        return self.inlines if obj else (ClaimLineInline,)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Offer the entry of each kind of event that this person may enter."""
        tools = [
            (f"{reverse(f'admin:billing_{name}_add')}?claim={object_id}", label)
            for name, label in ENTRIES
            if request.user.has_perm(f"billing.add_{name}")
        ]
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "tools": tools}
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say which events keep a claim from being deleted, rather than who might delete them."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set() if protected else lacking, protected

    def save_model(self, request: HttpRequest, obj: Claim, form: Any, change: bool) -> None:
        """Store the facts alone: the rest follows from the events."""
        if change:
            obj.save(update_fields=(*FACTS, "expected_assumed"))
        else:
            obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Project the claim anew from its facts and events."""
        super().save_related(request, form, formsets, change)
        posting.refresh([form.instance.pk])
