"""The small forms by which a person acts on claims."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MinValueValidator

from analytics.claims.filters import NOBODY
from analytics.forms import DayField
from analytics.scope import today
from billing.choices import AppealResult
from billing.models import Claim, Staff

REASONS = ("Small balance", "Denied, no recovery", "Timely filing", "Charity care", "Bad debt")
MOST_SNOOZED = 365  # days
CLASSES: dict[type, str] = {
    forms.Select: "form-select",
    forms.CheckboxInput: "form-check-input",
}


class PastDay(DayField):
    """A day on which something has happened; today unless said otherwise."""

    def __init__(self, **options: Any) -> None:
        super().__init__(initial=today, **options)
        self.required = self.widget.is_required = True

    def clean(self, value: Any) -> date | None:
        """A day from 1990 up to today."""
        day = super().clean(value)
        if day is not None and day > today():
            raise forms.ValidationError("Choose today or a day before.")
        return day


class ActionForm(forms.Form):
    """Fields that look like those of the rest of the site."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            kind = CLASSES.get(type(field.widget), "form-control")
            field.widget.attrs.setdefault("class", kind)


class NoteForm(ActionForm):
    """A note for others."""

    text = forms.CharField(
        label="Note",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


class AssignForm(ActionForm):
    """Whose work it is."""

    assignee = forms.ChoiceField(
        label="Assign to",
        error_messages={"invalid_choice": "Choose somebody who works for this practice."},
    )

    def __init__(self, *args: Any, practices: Iterable[int], **options: Any) -> None:
        super().__init__(*args, **options)
        active = Staff.objects.filter(practice__in=practices, is_active=True)
        self.staff = {str(staff.pk): staff for staff in active.order_by("name", "pk")}
        field: Any = self.fields["assignee"]
        field.choices = [
            ("", "Choose a person"),
            (NOBODY, "Nobody"),
            *((key, staff.name) for key, staff in self.staff.items()),
        ]

    def chosen(self) -> Staff | None:
        """The person; None for nobody."""
        return self.staff.get(self.cleaned_data["assignee"])


class LaterDay(DayField):
    """A day from tomorrow on, at most a year ahead."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.required = self.widget.is_required = True

    def clean(self, value: Any) -> date | None:
        """A day after today."""
        day = super().clean(value)
        if day is not None and not today() < day <= today() + timedelta(days=MOST_SNOOZED):
            raise forms.ValidationError("Choose a day from tomorrow on, at most a year ahead.")
        return day


class SnoozeForm(ActionForm):
    """Until when a claim is off the work queue, and why."""

    until = LaterDay(label="Until")
    reason = forms.CharField(label="Why", max_length=200)


class DoneForm(ActionForm):
    """Why a claim needs no more work."""

    reason = forms.CharField(label="What was done", max_length=200)


class PutBackForm(ActionForm):
    """Why a claim is back in the queue."""

    reason = forms.CharField(label="Why (optional)", max_length=200, required=False)


class AppealForm(ActionForm):
    """When an appeal was filed."""

    filed_on = PastDay(label="Filed on")


class AppealEndForm(ActionForm):
    """How an appeal ended."""

    ended_on = PastDay(label="Ended on")
    result = forms.ChoiceField(
        choices=[("", "Choose"), *((r.value, r.label) for r in AppealResult if r.value)]
    )


class BalanceWriteOffForm(ActionForm):
    """Why whole balances are given up."""

    reason = forms.CharField(
        max_length=60,
        widget=forms.TextInput(attrs={"list": "write-off-reasons", "class": "form-control"}),
    )
    written_off_on = PastDay(label="Written off on")

    reasons = REASONS


class WriteOffForm(BalanceWriteOffForm):
    """Giving up some or all of the balance of one claim."""

    amount = forms.DecimalField(max_digits=12, decimal_places=2)
    for_denial = forms.BooleanField(label="Because of a denial", required=False)

    field_order = ("amount", "reason", "written_off_on", "for_denial")

    def __init__(self, *args: Any, claim: Claim, **options: Any) -> None:
        initial = {"amount": claim.balance, "for_denial": claim.standing_denied > 0}
        super().__init__(*args, initial=initial, **options)
        self.fields["amount"].validators.append(MinValueValidator(0))


class StatusForm(ActionForm):
    """Why a claim is closed by hand, or opened again."""

    reason = forms.CharField(max_length=200)
    changed_on = PastDay(label="On")
