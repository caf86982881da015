"""The filters of the remittances, read from the address. A bad filter says so and is left out."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from analytics.forms import DayField
from billing.access import Person, practices_of, visible
from billing.models import Adjudication, Payer, Practice, Remittance

State = Remittance.State
OFF = ~Q(balance_difference=0)
LINES_OFF = Q(unbalanced_lines__gt=0)
CLAIMS_OFF = Q(unbalanced_claims__gt=0)
COUNTED = ~Q(state=State.SET_ASIDE)
STATES = {
    "balanced": ("Balanced", ~OFF & ~CLAIMS_OFF & COUNTED),
    "unbalanced": ("Payment does not add up", OFF & COUNTED),
    "claims-off": ("Claims do not add up", CLAIMS_OFF & COUNTED),
    State.POSSIBLE_DUPLICATE: ("Possible duplicate", Q(state=State.POSSIBLE_DUPLICATE)),
    State.SET_ASIDE: ("Set aside", Q(state=State.SET_ASIDE)),
}
NO_CHOICE = "There is no “%(value)s”."


class PartyFilter(forms.Form):
    """By payer and practice; only those whose remittances the person may see are offered."""

    practice = forms.ChoiceField(required=False, error_messages={"invalid_choice": NO_CHOICE})
    payer = forms.ChoiceField(required=False, error_messages={"invalid_choice": NO_CHOICE})
    prefix_of_rows = ""

    def __init__(self, data: QueryDict, user: Person) -> None:
        super().__init__(data)
        seen = practices_of(user)
        of_payer = Remittance.objects.filter(payer=OuterRef("pk"))
        if seen is not None:
            of_payer = of_payer.filter(practice__in=seen)
        payers = Payer.objects.filter(Exists(of_payer)).order_by("name")
        practices = visible(Practice.objects.order_by("name"), user, "pk")
        self.practices = list(practices.values_list("name", flat=True))
        self._offer("payer", "All payers", payers.values_list("name", flat=True))
        if len(self.practices) > 1:
            self._offer("practice", "All practices", self.practices)
        else:
            del self.fields["practice"]
        self.add_fields()
        self.full_clean()
        for name, field in self.fields.items():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs |= {"class": kind, "id": f"filter-{name}"}

    def add_fields(self) -> None:
        """Fields beyond the parties."""

    def _offer(self, name: str, nothing: str, names: Any) -> None:
        field: Any = self.fields[name]
        field.choices = [("", nothing), *((each, each) for each in names)]

    @property
    def values(self) -> dict[str, Any]:
        """The filters that are on and make sense."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    def parameters(self) -> list[tuple[str, str]]:
        """The filters as the address says them."""
        return [(name, str(value)) for name, value in self.values.items()]

    def problems(self) -> list[str]:
        """What was wrong with the filters, in words."""
        return [
            f"{self.fields[name].label or name.capitalize()}: {message}"
            for name, errors in self.errors.items()
            if name in self.fields
            for message in errors
        ]

    def parties(self) -> Q:
        """The condition on payer and practice."""
        path = f"{self.prefix_of_rows}payer__name"
        asked = {path: self.values.get("payer"), "practice__name": self.values.get("practice")}
        return Q(**{name: value for name, value in asked.items() if value})


class RemittanceFilter(PartyFilter):
    """Which remittances: by party, day of payment and state."""

    state = forms.ChoiceField(
        required=False,
        choices=[("", "All states"), *((name, words) for name, (words, _) in STATES.items())],
        error_messages={"invalid_choice": NO_CHOICE},
    )

    def add_fields(self) -> None:
        """The days, whose names are no words that a class can have."""
        self.fields["from"] = DayField(label="Paid from")
        self.fields["to"] = DayField(label="Paid to")

    def clean(self) -> dict[str, Any]:
        """Refuse a reversed period; keep what else is good."""
        cleaned: dict[str, Any] = self.cleaned_data
        start, end = cleaned.get("from"), cleaned.get("to")
        if start and end and start > end:
            self.add_error("from", "The period begins after it ends.")
            cleaned.pop("to", None)
        return cleaned

    def rows(self, remittances: QuerySet[Remittance]) -> QuerySet[Remittance]:
        """The remittances that the valid filters leave."""
        values = self.values
        found = remittances.filter(self.parties())
        if state := values.get("state"):
            found = found.filter(STATES[state][1])
        if start := values.get("from"):
            found = found.filter(paid_on__gte=start)
        if end := values.get("to"):
            found = found.filter(paid_on__lte=end)
        return found


class DecisionFilter(PartyFilter):
    """Which decisions of remittances: by party, and by the beginning of the claim number."""

    number = forms.CharField(required=False, max_length=60, label="Claim number")
    prefix_of_rows = "remittance__"

    def rows(self, decisions: QuerySet[Adjudication]) -> QuerySet[Adjudication]:
        """The decisions that the valid filters leave."""
        found = decisions.filter(self.parties())
        if number := self.values.get("number"):
            found = found.filter(claim_number__startswith=number)
        return found
