"""By what a KPI is broken down: the name of a dimension, its column, its words for "none"."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, TruncMonth, TruncWeek
from django.db.models.lookups import Exact

from analytics.expressions import BANDS, in_band
from analytics.scope import Scope
from billing.choices import ClaimStatus, PayerKind
from billing.models import LineItem, ReasonCode

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dimension:
    """Groups claims by a column; rows are known by the text of that column.

    A row is a `condition` on claims; where `narrows_scope` is set, it is a smaller scope instead.
    """

    narrows_scope: ClassVar[bool] = False
    name: str
    path: str
    label: str
    none: str = ""
    words: Mapping[str, str] = field(default_factory=dict, hash=False)

    def expression(self) -> Combinable:
        """The grouping key; the empty text where the claim has none."""
        return Coalesce(F(self.path), Value(""))

    def key(self, value: Any) -> str:
        """The key of a row in an address."""
        return str(value or "")

    def display(self, value: Any) -> str:
        """The value as people read it."""
        return self.words.get(value, str(value)) if value else self.none

    def named(self, key: str) -> str:
        """The row known by `key`, as people read it."""
        return self.display(key)

    def condition(self, key: str, as_of: date) -> Q:
        """The claims of the row known by `key`."""
        if key:
            return Q(**{self.path: key})
        return Q(**{f"{self.path}__isnull": True}) | Q(**{self.path: ""})

    def narrowed(self, scope: Scope, key: str) -> Scope | None:
        """The scope of the row known by `key`; None where there can be no such row."""
        return scope


@dataclass(frozen=True, slots=True)
class Period(Dimension):
    """Groups claims by the month or the ISO week of a date column."""

    narrows_scope: ClassVar[bool] = True
    grain: str = "month"

    def expression(self) -> Combinable:
        """The first day of the month or week."""
        return TruncWeek(self.path) if self.grain == "week" else TruncMonth(self.path)

    def key(self, value: Any) -> str:
        """The first day, as in 2026-11-01."""
        return value.isoformat() if isinstance(value, date) else str(value or "")

    def display(self, value: Any) -> str:
        """A month as 2026-11, a week by its Monday."""
        if not isinstance(value, date):
            return self.none
        return f"{value:%Y-%m}" if self.grain == "month" else value.isoformat()

    def named(self, key: str) -> str:
        """The month or week that begins on `key`, as people read it."""
        bounds = self.bounds(key)
        return self.display(bounds[0]) if bounds else key

    def condition(self, key: str, as_of: date) -> Q:
        """The claims dated within the month or week that begins on `key`."""
        bounds = self.bounds(key)
        return Q(**{f"{self.path}__range": bounds}) if bounds else Q(pk__in=[])

    def narrowed(self, scope: Scope, key: str) -> Scope | None:
        """The part of the period that lies in the month or week that begins on `key`."""
        bounds = self.bounds(key)
        return scope.within(*bounds) if bounds else None

    def bounds(self, key: str) -> tuple[date, date] | None:
        """The first and last day of the month or week that begins on `key`; None if none does."""
        try:
            first = date.fromisoformat(key)
            if self.grain == "week":
                return first, first + timedelta(days=6)
            return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE_DAY
        except (ValueError, OverflowError):
            return None


class ReasonCategory(Dimension):
    """Groups denied claims by the category of their main reason."""

    def condition(self, key: str, as_of: date) -> Q:
        """The claims whose main reason is of this category."""
        if not key:
            return Q(**{f"{self.path}__isnull": True})
        return Q(**{f"{self.path}__in": ReasonCode.objects.filter(category=key).values("pk")})


class DenialReason(Dimension):
    """Groups denied claims by group, code and first remark of their main reason: CO-16 N290."""

    def expression(self) -> Combinable:
        """The three as one text; the empty text where the claim has no reason."""
        group, code = F("as_of_main_group"), F("as_of_main_reason_id")
        dash = Case(When(as_of_main_group="", then=Value("")), default=Value("-"))
        blank = Case(When(as_of_main_remark="", then=Value("")), default=Value(" "))
        return Case(
            When(as_of_main_reason_id__isnull=True, then=Value("")),
            default=Concat(group, dash, code, blank, F("as_of_main_remark")),
            output_field=CharField(),
        )

    def condition(self, key: str, as_of: date) -> Q:
        """The claims of a row, by the very text that they are grouped by."""
        return Q(Exact(self.expression(), Value(key)))


class Procedure(Dimension):
    """Groups claims by the procedures of their encounter; a claim counts once per code."""

    def wording(self) -> Combinable:
        """Our wording of the code, the empty text where there is none."""
        return Coalesce(F(f"{self.path}__wording"), Value(""))

    def condition(self, key: str, as_of: date) -> Q:
        """The claims whose encounter has a line item of this code, or none at all."""
        items = LineItem.objects.filter(procedure=key) if key else LineItem.objects.all()
        found = Q(encounter__in=items.values("encounter"))
        return found if key else ~found


class Person(Dimension):
    """Groups what people did by who did it; a claim counts once for each who worked it."""

    narrows_scope: ClassVar[bool] = True

    def narrowed(self, scope: Scope, key: str) -> Scope | None:
        """What this person did."""
        return replace(scope, staff=key)


class AgeBand(Dimension):
    """Groups open claims by age; which dates a band holds depends on the as-of day."""

    def condition(self, key: str, as_of: date) -> Q:
        """The claims dated within the band."""
        return in_band(key, self.path, as_of) if key in BANDS else Q(pk__in=[])


PAYER = Dimension("payer", "payer__name", "Payer")
PAYER_KIND = Dimension("payer_kind", "payer__kind", "Payer kind", words=dict(PayerKind.choices))
DEPARTMENT = Dimension("department", "department__name", "Department", "No department")
PROVIDER = Dimension("provider", "provider__name", "Provider", "No provider")
REASON = DenialReason("reason", "as_of_main_reason_id", "Reason", "No reason given")
CATEGORY = ReasonCategory("category", "as_of_main_reason_id", "Category", "No reason given")
PROCEDURE = Procedure(
    "procedure", "encounter__line_items__procedure", "Procedure", "No procedure known"
)
AGE_BAND = AgeBand("age_band", "service_date", "Age in days")
PERSON = Person("person", "staff__name", "Person")
ASSIGNEE = Dimension("person", "assignee__name", "Person", "Unassigned")
STATUS = Dimension("status", "as_of_status", "Status", words=dict(ClaimStatus.choices))
MONTH_DECIDED = Period("month", "as_of_first_decided_on", "Month of first decision")
MONTH_SUBMITTED = Period("month", "submitted_on", "Month of submission")
WEEK_DECIDED = Period("week", "as_of_first_decided_on", "Week of", grain="week")
WEEK_SUBMITTED = Period("week", "submitted_on", "Week of", grain="week")
MONTH_PAID = Period("month", "as_of_first_paid_on", "Month of first payment")
MONTH_OF_SERVICE = Period("month", "service_date", "Month of service")
