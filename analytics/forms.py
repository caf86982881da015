"""The filters of every page, read from the address. A bad filter says so and falls back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from analytics.scope import DEFAULT_DUE, DIMENSIONS, DUE, FIRST_DAY, LAST_DAY, PERIODS, Scope, today
from billing.models import Claim, Department, Payer, Practice, Provider

DEFAULT_PERIOD = "90"
KEPT = ("sort", "row", "part")  # what a filtered page remembers of the address besides its scope
NAMED = {
    "payer": Payer,
    "department": Department,
    "provider": Provider,
    "practice": Practice,
}


class DayField(forms.DateField):
    """A date that a claim can have; absurd years are refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(
                format="%Y-%m-%d", attrs={"type": "date", "min": FIRST_DAY, "max": LAST_DAY}
            ),
            error_messages={"invalid": "Write the date as 2026-11-21."},
            **options,
        )

    def clean(self, value: Any) -> date | None:
        """A date between 1990 and 2100; raises ValidationError otherwise."""
        day: date | None = super().clean(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError("Choose a date between 1990 and 2100.")
        return day


class NamesField(forms.MultipleChoiceField):
    """Any number of names that exist."""

    def __init__(self, names: list[str], **options: Any) -> None:
        self.names = names
        super().__init__(
            required=False,
            choices=[(name, name) for name in names],
            error_messages={"invalid_choice": "There is no “%(value)s”."},
            **options,
        )


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is on, and the address without it."""

    label: str
    without: str


@dataclass(frozen=True, slots=True)
class Choices:
    """One list of names to choose from, with those that are chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, bool]]

    @property
    def chosen(self) -> int:
        """How many are chosen."""
        return sum(is_chosen for _, is_chosen in self.options)


def parties_seen(rows: QuerySet[Any], seen: frozenset[int] | None) -> QuerySet[Any]:
    """The parties of these practices; a payer is one of theirs once it has a claim of theirs."""
    if seen is None:
        return rows
    if rows.model is Practice:
        return rows.filter(pk__in=seen)
    if rows.model is Payer:
        return rows.filter(Exists(Claim.objects.filter(payer=OuterRef("pk"), practice__in=seen)))
    return rows.filter(practice__in=seen)


class ScopeForm(forms.Form):
    """Period, as-of day, payers, departments, providers and practices."""

    period = forms.ChoiceField(
        required=False,
        choices=list(PERIODS.items()),
        error_messages={"invalid_choice": "There is no period “%(value)s”."},
    )
    as_of = DayField(label="As of")
    due = forms.ChoiceField(
        label="Due within",
        required=False,
        choices=[(str(days), f"{days} days") for days in DUE],
        error_messages={"invalid_choice": "Choose 7, 14, 30, 60 or 90 days."},
    )

    def __init__(
        self,
        data: QueryDict,
        *,
        default_period: str = DEFAULT_PERIOD,
        seen: frozenset[int] | None = None,
    ) -> None:
        """`seen` are the practices that the person who asks may see; None means all."""
        super().__init__({**data.dict(), **{n: data.getlist(n) for n in NAMED}})
        self.default_period = default_period
        self.seen = seen
        self.fields["from"] = DayField(label="From")
        self.fields["to"] = DayField(label="To")
        for name, model in NAMED.items():
            known = parties_seen(model._default_manager.all(), seen)
            names = known.values_list("name", flat=True).distinct()
            self.fields[name] = NamesField(list(names.order_by("name")))
        self.full_clean()

    def clean(self) -> dict[str, Any]:
        """Refuse a reversed period; keep what else is good."""
        cleaned: dict[str, Any] = self.cleaned_data
        start, end = cleaned.get("from"), cleaned.get("to")
        if start and end and start > end:
            self.add_error("from", "The period begins after it ends.")
            cleaned.pop("to", None)  # half a period would be a guess
        as_of = cleaned.get("as_of")
        if as_of and as_of > today():
            self.add_error("as_of", "No page can tell the future: choose today or before.")
        return cleaned

    def scope(self) -> Scope:
        """The scope that the valid filters ask for."""
        given = self.cleaned_data
        start, end = given.get("from"), given.get("to")
        period = given.get("period") or ("custom" if start or end else self.default_period)
        if period == "custom" and not (start or end):
            period = self.default_period
        return Scope.of(
            period=period,
            as_of=given.get("as_of"),
            start=start if period == "custom" else None,
            end=end if period == "custom" else None,
            seen=self.seen,
            due=int(given.get("due") or DEFAULT_DUE),
            **{name: tuple(given.get(name) or ()) for name in DIMENSIONS},
        )

    def problems(self) -> list[str]:
        """What was wrong with the filters, in words; the page shows the fallback."""
        return [
            f"{self.fields[name].label or name.replace('_', ' ').capitalize()}: {message}"
            for name, messages in self.errors.items()
            if name in self.fields
            for message in messages
        ]

    def kept(self) -> list[tuple[str, str]]:
        """What the address says besides the scope, and keeps when a filter changes."""
        return [(name, self.data[name]) for name in KEPT if self.data.get(name)]

    def choices(self, scope: Scope) -> list[Choices]:
        """The lists of names; practices only where there are several."""
        lists = []
        for name in NAMED:
            field = self.fields[name]
            known = field.names if isinstance(field, NamesField) else []
            chosen = getattr(scope, name)
            if len(known) > (name == "practice"):
                label = str(field.label or name.capitalize())
                lists.append(Choices(name, label, [(value, value in chosen) for value in known]))
        return lists

    def chips(self, scope: Scope) -> list[Chip]:
        """The filters that are on, each with the address that turns it off."""
        pairs = scope.parameters()
        return [
            Chip(
                f"{self.fields[name].label or name.capitalize()}: {value}",
                f"?{urlencode([*(p for p in pairs if p != (name, value)), *self.kept()])}",
            )
            for name, value in pairs
            if name in (*DIMENSIONS, "as_of")
        ]

    def all_time(self, scope: Scope) -> str:
        """The address of the same names over all time."""
        pairs = [pair for pair in scope.parameters() if pair[0] not in ("period", "from", "to")]
        return f"?{urlencode([('period', 'all'), *pairs, *self.kept()])}"

    def unfiltered(self, scope: Scope) -> str:
        """The address without any name or as-of day, over the same period."""
        pairs = [pair for pair in scope.parameters() if pair[0] in ("period", "from", "to")]
        return f"?{urlencode([*pairs, *self.kept()])}"
