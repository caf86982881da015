"""The forms by which a person enters an event; each posts through `billing.posting`."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget, AutocompleteSelect
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone

from billing import posting
from billing.choices import AdjustmentGroup, AppealResult
from billing.models import Adjudication, Adjustment, Appeal, Claim, StatusChange

EARLIEST = date(1990, 1, 1)
STATUS_CODES = (
    ("", "Not stated"),
    ("1", "1 · Processed as primary"),
    ("2", "2 · Processed as secondary"),
    ("3", "3 · Processed as tertiary"),
    ("4", "4 · Denied"),
    ("23", "23 · Not our claim, forwarded"),
    ("25", "25 · Predetermination only"),
)


class BusinessDate(forms.DateField):
    """A day on which something has happened: not in the future."""

    widget = AdminDateWidget

    def validate(self, value: Any) -> None:
        """Refuse days to come and days before 1990."""
        super().validate(value)
        if value and not EARLIEST <= value <= timezone.localdate():
            raise ValidationError("Give a date from 1990 up to today.")


def amount(**options: Any) -> forms.DecimalField:
    """Dollars to the cent."""
    return forms.DecimalField(max_digits=12, decimal_places=2, **options)


def chosen(model: type[Model], name: str, **options: Any) -> forms.ModelChoiceField[Any]:
    """A foreign key that is searched for while typing."""
    column: Any = model._meta.get_field(name)
    return forms.ModelChoiceField(
        column.remote_field.model._default_manager.all(),
        widget=AutocompleteSelect(column, admin.site),
        **options,
    )


class EntryForm(forms.Form):
    """One event of one claim."""

    claim = chosen(Adjudication, "claim")

    def offer(self, claims: QuerySet[Claim]) -> None:
        """Accept only these claims."""
        cast(forms.ModelChoiceField[Claim], self.fields["claim"]).queryset = claims

    def rows(self) -> Sequence["AdjustmentForm"]:
        """Further rows to fill in."""
        return ()

    def post(self, who: User) -> Model:
        """Record the event; raises ValidationError where posting refuses it."""
        raise NotImplementedError


class AdjustmentForm(forms.Form):
    """One adjustment of a decision; an empty row is none."""

    group = forms.ChoiceField(choices=[("", ""), *AdjustmentGroup.choices])
    reason = chosen(Adjustment, "reason")
    amount = amount(min_value=Decimal("0.01"))
    remark_codes = forms.CharField(max_length=60, required=False)


AdjustmentForms = forms.formset_factory(AdjustmentForm, extra=6, max_num=30)


class DecisionForm(EntryForm):
    """A payer's decision on the whole claim; the outcome follows from the adjustments."""

    decided_on = BusinessDate()
    paid = amount(min_value=Decimal(0), initial=Decimal(0))
    status_code = forms.ChoiceField(choices=STATUS_CODES, required=False)
    payer_control_number = forms.CharField(max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.adjustments = AdjustmentForms(self.data if self.is_bound else None, prefix="adjusted")

    def rows(self) -> Sequence[AdjustmentForm]:
        """The adjustments."""
        return self.adjustments.forms

    def is_valid(self) -> bool:
        """Whether the decision and all of its adjustments are."""
        return all((super().is_valid(), self.adjustments.is_valid()))

    def entered(self) -> list[posting.EnteredAdjustment]:
        """The adjustments that were filled in."""
        return [
            posting.EnteredAdjustment(**row.cleaned_data)
            for row in self.adjustments.forms
            if row.has_changed()
        ]

    def unexplained(self) -> Decimal:
        """What payment and adjustments leave open of the billed amount, in dollars."""
        claim: Claim = self.cleaned_data["claim"]
        explained = sum((a.amount for a in self.entered()), self.cleaned_data["paid"])
        return claim.billed - explained

    def post(self, who: User) -> Model:
        """Record the decision."""
        return posting.record_adjudication(**self.cleaned_data, adjustments=self.entered())


class PatientPaymentForm(EntryForm):
    """Money from the patient."""

    paid_on = BusinessDate()
    amount = amount(help_text="A refund is negative.")

    def post(self, who: User) -> Model:
        """Record the payment."""
        return posting.record_patient_payment(**self.cleaned_data)


class WriteOffForm(EntryForm):
    """Money given up."""

    written_off_on = BusinessDate()
    amount = amount(min_value=Decimal("0.01"))
    reason = forms.CharField(max_length=60)
    for_denial = forms.BooleanField(required=False, label="Because of a denial")

    def post(self, who: User) -> Model:
        """Write the amount off."""
        return posting.write_off(**self.cleaned_data, who=who)


class AppealForm(EntryForm):
    """An appeal of a denied claim."""

    filed_on = BusinessDate()

    def post(self, who: User) -> Model:
        """File the appeal."""
        return posting.file_appeal(**self.cleaned_data, who=who)


class StatusChangeForm(EntryForm):
    """Closing by hand, or opening again what was closed so."""

    changed_on = BusinessDate()
    change = forms.ChoiceField(choices=StatusChange.Change.choices)
    reason = forms.CharField(max_length=200)

    def post(self, who: User) -> Model:
        """Close or reopen the claim."""
        return posting.change_status(**self.cleaned_data, who=who)


class NoteForm(EntryForm):
    """A note for others."""

    text = forms.CharField(max_length=2000, widget=AdminTextareaWidget)

    def post(self, who: User) -> Model:
        """Add the note."""
        return posting.add_note(**self.cleaned_data, who=who)


class ReversalForm(forms.Form):
    """When a decision was taken back."""

    decided_on = BusinessDate(label="Reversed on")

    def post(self, event: Adjudication) -> Model:
        """Reverse the decision."""
        return posting.reverse_adjudication(event, **self.cleaned_data)


class AppealEndForm(forms.Form):
    """How and when an appeal ended."""

    ended_on = BusinessDate()
    result = forms.ChoiceField(
        choices=[(r.value, r.label) for r in (AppealResult.WON, AppealResult.LOST)]
    )

    def post(self, event: Appeal) -> Model:
        """End the appeal."""
        return posting.end_appeal(event, **self.cleaned_data)


__all__ = [
    "AppealEndForm",
    "AppealForm",
    "DecisionForm",
    "EntryForm",
    "NoteForm",
    "PatientPaymentForm",
    "ReversalForm",
    "StatusChangeForm",
    "WriteOffForm",
]
