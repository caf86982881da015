"""The forms of entry: a patient, an encounter, a line item; and the search."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils import timezone

from billing.entry.fields import (
    LineField,
    ModifiersField,
    NumberField,
    PastDateField,
    ProcedureField,
)
from billing.models import Department, Encounter, LineItem, Patient, Practice, Provider
from billing.templatetags.quantities import quantity

OLDEST_BIRTH = datetime.date(1900, 1, 1)
OLDEST_SERVICE = datetime.date(1990, 1, 1)
TAKEN = "Another patient of this practice has this record number."


class PatientSearch(forms.Form):
    """What to look for; kept in the session, never in an address."""

    q = forms.CharField(
        label="Name or record number",
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"type": "search", "class": "form-control", "autocomplete": "off"}
        ),
        help_text="The beginning is enough: Rey · Reyes, In · Ines Reyes · MRN0001",
        error_messages={"max_length": "A name or record number has at most 100 characters."},
    )


class EntryForm(forms.ModelForm[Any]):
    """Shows its fields as Tabler does and puts the cursor where something is to be done."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            is_list = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = "form-select" if is_list else "form-control"
            if isinstance(field, PastDateField):
                field.widget.attrs["max"] = timezone.localdate().isoformat()
        if not self.is_bound:
            self._focus(next(iter(self.fields)))

    def full_clean(self) -> None:
        """Validate, then lead to the first field that is refused."""
        super().full_clean()
        refused = [name for name in self.fields if name in self.errors]
        for name in refused:
            self.fields[name].widget.attrs["class"] += " is-invalid"
        if refused:
            self._focus(refused[0])

    def _focus(self, name: str) -> None:
        self.fields[name].widget.attrs["autofocus"] = True


class PatientForm(EntryForm):
    """A patient of one of the practices given; the practice is asked for where there are several.

    A patient never moves to another practice.
    """

    record_number = LineField(
        max_length=60,
        help_text="The number by which the practice knows the patient.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    last_name = LineField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    first_name = LineField(
        max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    birth_date = PastDateField(earliest=OLDEST_BIRTH, required=False)

    class Meta:
        model = Patient
        fields = ("practice", "record_number", "last_name", "first_name", "birth_date")

    def __init__(self, *args: Any, practices: "QuerySet[Practice]", **options: Any) -> None:
        super().__init__(*args, **options)
        own = list(practices[:2])
        if self.instance.practice_id or len(own) == 1:
            self.instance.practice_id = self.instance.practice_id or own[0].pk
            del self.fields["practice"]
            if not self.is_bound:
                self._focus("record_number")
        else:
            choice = self.fields["practice"]
            assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - narrows the type
            choice.queryset, choice.empty_label = practices, "Choose a practice"

    def clean(self) -> dict[str, Any]:
        """Check the record number within the practice, and the birth against the encounters."""
        cleaned = super().clean() or {}
        practice = cleaned.get("practice") or self.instance.practice_id
        number = cleaned.get("record_number")
        others = Patient.objects.exclude(pk=self.instance.pk)
        if practice and number and others.filter(practice=practice, record_number=number).exists():
            self.add_error("record_number", TAKEN)
        self._check_birth(cleaned.get("birth_date"))
        return cleaned

    def _check_birth(self, birth: datetime.date | None) -> None:
        if birth is None or self.instance._state.adding:
            return
        earlier = self.instance.encounters.filter(date__lt=birth).order_by("date").first()
        if earlier:
            self.add_error("birth_date", f"There is an encounter on {earlier.date}, before that.")


class EncounterForm(EntryForm):
    """An encounter of the patient of its instance, in that patient's practice."""

    date = PastDateField(earliest=OLDEST_SERVICE, label="Date of service")
    department = forms.ModelChoiceField(
        Department.objects.none(), required=False, empty_label="Not stated"
    )
    provider = forms.ModelChoiceField(
        Provider.objects.none(), required=False, empty_label="Not stated"
    )

    class Meta:
        model = Encounter
        fields = ("date", "department", "provider")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, rows in (("department", Department.objects), ("provider", Provider.objects)):
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101 - narrows the type
            choice.queryset = rows.filter(practice=self.instance.practice_id).order_by("name")

    def clean_date(self) -> datetime.date | None:
        """Refuse a service before the birth."""
        day: datetime.date | None = self.cleaned_data["date"]
        birth = self.instance.patient.birth_date
        if day and birth and day < birth:
            raise forms.ValidationError(
                f"{day} is before the patient's birth on {birth}: check both dates."
            )
        return day


class LineItemForm(EntryForm):
    """A charge of the encounter of its instance; when it was entered is for the site to say."""

    procedure = ProcedureField(
        label="Procedure code",
        max_length=200,
        help_text="CPT or HCPCS: type the code, or words of its description to find it.",
        widget=forms.TextInput(
            attrs={
                "list": "procedure-codes",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "hx-get": reverse_lazy("billing:procedure-codes"),
                "hx-trigger": "input changed delay:200ms",
                "hx-target": "#procedure-codes",
                "hx-sync": "this:replace",
            }
        ),
    )
    modifiers = ModifiersField(
        required=False, max_length=40, help_text="Up to four, with spaces between: 25 59"
    )
    units = NumberField(
        max_digits=9,
        decimal_places=3,
        min_value=Decimal("0.001"),
        error_messages={
            "invalid": "Write the units as a number, such as 1 or 2.5.",
            "min_value": "Units are above zero.",
            "max_digits": "Units have at most six digits before the point and three after it.",
            "max_whole_digits": "Units have at most six digits before the point.",
            "max_decimal_places": "Units have at most three decimals.",
        },
    )
    charge = NumberField(
        max_digits=12,
        decimal_places=2,
        min_value=0,
        help_text="US dollars for all units together.",
        error_messages={
            "invalid": "Write the charge as an amount, such as 125.00.",
            "min_value": "A charge is not below zero; remove a line that should not be billed.",
            "max_digits": "A charge is below 10,000,000,000 dollars and has two decimals.",
            "max_whole_digits": "A charge is below 10,000,000,000 dollars.",
            "max_decimal_places": "A charge has at most two decimals: dollars and cents.",
        },
    )

    class Meta:
        model = LineItem
        fields = ("procedure", "modifiers", "units", "charge")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["units"] = quantity(Decimal(self.instance.units))
