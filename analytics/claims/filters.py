"""The filters of the claim list, read from the address. A bad one says so and is left out.

No filter here can name a patient: what is typed to find one never gets into an address
(`analytics.claims.patients`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from analytics.claims.search import begins_with, narrowed
from analytics.forms import Chip, DayField, parties_seen
from analytics.scope import DUE, today
from billing.access import Person, practices_of, visible
from billing.choices import NO_DECISION, ClaimStatus, Outcome
from billing.deadlines import Clocks
from billing.models import (
    Claim,
    Department,
    Payer,
    Practice,
    Provider,
    ReasonCategory,
    ReasonCode,
    Staff,
)
from billing.querysets import ClaimQuerySet

NOBODY = "nobody"
UNDECIDED = "undecided"
OLDEST = 40_000  # days: more than a hundred years
PASSED = "passed"
DUE_CHOICES = [*((str(days), f"within {days} days") for days in DUE), (PASSED, "passed")]
OUTCOMES = [
    (UNDECIDED, "Not decided"),
    *((o.value, o.label) for o in Outcome if o not in NO_DECISION),
]
RANGES = (
    ("min_age", "max_age"),
    ("min_billed", "max_billed"),
    ("min_balance", "max_balance"),
    ("service_from", "service_to"),
)


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a list to choose from."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OptionList:
    """One list to choose any number of values from."""

    name: str
    label: str
    options: Sequence[Option]

    @property
    def chosen(self) -> int:
        """How many are chosen."""
        return sum(option.is_chosen for option in self.options)


class AnyOf(django_filters.Filter):
    """Claims of which a column holds any of the chosen values."""

    field_class = forms.MultipleChoiceField

    def __init__(self, column: str, label: str, choices: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(
            column,
            label=label,
            choices=choices,
            error_messages={"invalid_choice": "There is no “%(value)s”."},
        )

    def filter(self, claims: ClaimQuerySet, chosen: Sequence[str]) -> ClaimQuerySet:
        """Those of any chosen value; all where none is chosen."""
        return claims.filter(self.condition(chosen)) if chosen else claims

    def condition(self, chosen: Sequence[Any]) -> Q:
        """What a claim must be like."""
        return Q(**{f"{self.field_name}__in": chosen})


class Outcomes(AnyOf):
    """By first decision."""

    def condition(self, chosen: Sequence[Any]) -> Q:
        """Claims without a decision have an empty outcome."""
        return super().condition(["" if value == UNDECIDED else value for value in chosen])


class Categories(AnyOf):
    """By the category of the main reason."""

    def condition(self, chosen: Sequence[Any]) -> Q:
        """Claims whose main reason is of any of these categories."""
        return Q(main_reason__in=ReasonCode.objects.filter(category__in=chosen).values("pk"))


class Named(AnyOf):
    """By the names of records; those of the same name in several practices count as one."""

    def __init__(self, column: str, label: str, model: type[Model], practice: str) -> None:
        super().__init__(column, label)
        self.records, self.path = model, practice
        self.keys: dict[str, list[int]] = {}

    def offer(self, user: Person) -> None:
        """Offer the names that this person may see."""
        rows: QuerySet[Any] = self.records._default_manager.order_by("name", "pk")
        rows = (
            visible(rows, user, self.path) if self.path else parties_seen(rows, practices_of(user))
        )
        for key, name in rows.values_list("pk", "name"):
            self.keys.setdefault(name, []).append(key)
        self.extra["choices"] = [(name, name) for name in self.keys]

    def condition(self, chosen: Sequence[Any]) -> Q:
        """Claims that point at a record of any of these names."""
        return super().condition([key for name in chosen for key in self.keys.get(name, ())])


class Assignees(Named):
    """By the person a claim is assigned to, or nobody."""

    def offer(self, user: Person) -> None:
        """Offer nobody too."""
        super().offer(user)
        self.extra["choices"] = [(NOBODY, "Nobody"), *self.extra["choices"]]

    def condition(self, chosen: Sequence[Any]) -> Q:
        """Claims assigned to any of them."""
        found = super().condition(chosen)
        return found | Q(assignee__isnull=True) if NOBODY in chosen else found


class Number(django_filters.Filter):
    """By the beginning of the claim number or of the payer's own number."""

    field_class = forms.CharField

    def filter(self, claims: ClaimQuerySet, text: str) -> ClaimQuerySet:
        """Those whose number or control number begins so."""
        if not text:
            return claims
        columns = ("number", "payer_control_number")
        return narrowed(claims, [q for name in columns for q in begins_with(name, text)])


class Amount(django_filters.Filter):
    """A bound of an amount of money."""

    field_class = forms.DecimalField

    def __init__(self, column: str, lookup: str, label: str) -> None:
        super().__init__(
            column, lookup, label=label, min_value=Decimal(0), max_digits=12, decimal_places=2
        )


class Day(django_filters.Filter):
    """A bound of a date between 1990 and 2100."""

    field_class = DayField

    def __init__(self, column: str, lookup: str, label: str) -> None:
        super().__init__(column, lookup, label=label)
        del self.extra["required"]  # the field says so itself


class Age(django_filters.Filter):
    """A bound of the whole days since the service."""

    field_class = forms.IntegerField

    def __init__(self, lookup: str, label: str) -> None:
        super().__init__("service_date", lookup, label=label, min_value=0, max_value=OLDEST)

    def filter(self, claims: ClaimQuerySet, days: int | None) -> ClaimQuerySet:
        """Those at least, or at most, so many days old."""
        return claims if days is None else super().filter(claims, today() - timedelta(days=days))


class Due(django_filters.Filter):
    """By how near the deadline is."""

    field_class = forms.ChoiceField

    def __init__(self) -> None:
        super().__init__(
            label="Deadline",
            choices=DUE_CHOICES,
            error_messages={"invalid_choice": "There is no “%(value)s”."},
        )

    def filter(self, claims: ClaimQuerySet, chosen: str) -> ClaimQuerySet:
        """Those due within so many days, or too late; all where nothing is chosen."""
        if not chosen:
            return claims
        clocks, day = Clocks.read(), today()
        if chosen == PASSED:
            return claims.filter(clocks.passed(day))
        return claims.filter(clocks.due(day, day + timedelta(days=int(chosen))))


class RangesForm(forms.Form):
    """Refuses a range that ends before it begins."""

    def clean(self) -> dict[str, Any]:
        """Leave out both ends of a reversed range: half of it would be a guess."""
        cleaned: dict[str, Any] = self.cleaned_data
        for low, high in RANGES:
            least, most = cleaned.get(low), cleaned.get(high)
            if least is not None and most is not None and least > most:
                self.add_error(low, f"{least} is above {most}.")
                cleaned.pop(high, None)
        return cleaned


class ListFilter(django_filters.FilterSet):
    """Narrows a list of claims by an address; what it does not understand is left out and said."""

    class Meta:
        model = Claim
        form = RangesForm
        fields: Sequence[str] = ()

    def __init__(self, data: QueryDict, claims: ClaimQuerySet, user: Person) -> None:
        super().__init__(data, claims)
        self.is_bound = True
        for each in self.filters.values():
            if isinstance(each, Named):
                each.offer(user)
        self.filters["category"].extra["choices"] = [
            *ReasonCategory.objects.order_by("name").values_list("pk", "name")
        ]
        self.form.full_clean()

    @property
    def values(self) -> dict[str, Any]:
        """The filters that are on and understood."""
        cleaned = self.form.cleaned_data
        return {name: value for name, value in cleaned.items() if value not in (None, "", [])}

    def problems(self) -> list[str]:
        """What was wrong with the others, in words."""
        return [
            f"{self.filters[name].label}: {message}"
            for name, messages in self.form.errors.items()
            for message in messages
        ]

    def parameters(self) -> list[tuple[str, str]]:
        """The filters that are on, as pairs of an address."""
        return [
            (name, str(each))
            for name, value in self.values.items()
            for each in (value if isinstance(value, list) else [value])
        ]

    def described(self) -> dict[str, Any]:
        """The filters for exports: plain values."""
        return {
            name: value if isinstance(value, list) else str(value)
            for name, value in self.values.items()
        }

    def chips(self, kept: Mapping[str, str]) -> list[Chip]:
        """The filters that are on, each with the address that turns it off."""
        pairs = self.parameters()
        return [
            Chip(
                f"{self.filters[name].label}: {self._words(name, value)}",
                f"?{urlencode([*(p for p in pairs if p != (name, value)), *kept.items()])}",
            )
            for name, value in pairs
        ]

    def option_lists(self) -> dict[str, OptionList]:
        """The lists to choose from; practices only where there are several."""
        lists = {}
        for name, each in self.filters.items():
            if not isinstance(each, AnyOf):
                continue
            chosen, choices = self.values.get(name, []), each.extra["choices"]
            if len(choices) > (name == "practice"):
                options = [Option(v, str(words), v in chosen) for v, words in choices]
                lists[name] = OptionList(name, str(each.label), options)
        return lists

    def _words(self, name: str, value: str) -> str:
        each = self.filters[name]
        if isinstance(each, Due):
            return dict(DUE_CHOICES).get(value, value)
        if isinstance(each, AnyOf):
            return str(dict(each.extra["choices"]).get(value, value))
        return f"{value} days" if isinstance(each, Age) else value


class ClaimFilter(ListFilter):
    """Which claims of a person's practices are listed."""

    number = Number(label="Number", max_length=60)
    status = AnyOf("status", "Status", ClaimStatus.choices)
    outcome = Outcomes("first_outcome", "First decision", OUTCOMES)
    category = Categories("main_reason", "Category")
    payer = Named("payer", "Payer", Payer, "")
    department = Named("department", "Department", Department, "practice")
    provider = Named("provider", "Provider", Provider, "practice")
    practice = Named("practice", "Practice", Practice, "pk")
    assignee = Assignees("assignee", "Assigned to", Staff, "practice")
    min_age = Age("lte", "Age from")
    max_age = Age("gte", "Age to")
    min_billed = Amount("billed", "gte", "Billed from")
    max_billed = Amount("billed", "lte", "Billed to")
    min_balance = Amount("balance", "gte", "Balance from")
    max_balance = Amount("balance", "lte", "Balance to")
    service_from = Day("service_date", "gte", "Service from")
    service_to = Day("service_date", "lte", "Service to")
    due = Due()

    def __init__(self, data: QueryDict, user: Person) -> None:
        super().__init__(data, visible(Claim.objects.all(), user), user)
