"""Which claims: readable filters that return querysets, never counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, CharField, DecimalField, F, FilteredRelation, Q, Value, When
from django.db.models.expressions import Combinable

from billing.choices import DENIALS, OPEN_STATUSES, ClaimStatus, Frequency

if TYPE_CHECKING:
    from billing.models import Claim

AS_OF = "as_of_"
NOTHING = Value(None)
MONEY: DecimalField[Any, Any] = DecimalField(max_digits=12, decimal_places=2)
NO_MONEY = Value(Decimal(0), output_field=MONEY)


def _before_first_event() -> dict[str, Combinable]:
    """What KPIS says of a claim to which nothing has happened yet; the rest is zero or empty."""
    unsent = Q(submitted_on__isnull=True) | Q(frequency=Frequency.VOID)
    return {
        "status": Case(
            When(frequency=Frequency.VOID, then=Value(ClaimStatus.CLOSED)),
            When(submitted_on__isnull=True, then=Value(ClaimStatus.DRAFT)),
            default=Value(ClaimStatus.PENDING),
            output_field=CharField(),
        ),
        "balance": Case(When(unsent, then=NO_MONEY), default=F("expected"), output_field=MONEY),
        "paid": NO_MONEY,
        "patient_paid": NO_MONEY,
        "patient_responsibility": NO_MONEY,
        "contractual": NO_MONEY,
        "written_off": NO_MONEY,
        "standing_denied": NO_MONEY,
        "first_denied_amount": NO_MONEY,
        "paid_known": Value(True),
        "patient_responsibility_is_minimum": Value(False),
        "first_decided_on_assumed": Value(False),
        "first_outcome": Value(""),
        "main_group": Value(""),
        "main_remark": Value(""),
    }


def existing_on(day: date, prefix: str = "") -> Q:
    """Claims that were sent by a day, or of which something else was known by then.

    `prefix` leads to the claim from another record; a record without a claim meets it too.
    """
    sent_on, first_on = f"{prefix}submitted_on", f"{prefix}first_event_on"
    unsent = Q(**{f"{sent_on}__isnull": True})
    return (
        Q(**{f"{sent_on}__lte": day})
        | unsent & Q(**{f"{first_on}__isnull": True})
        | unsent & Q(**{f"{first_on}__lte": day})
    )


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Claims by condition and by day.

    `as_of` comes first: the other conditions read its `as_of_…` names, which are the plain columns
    while nothing is dated later than the day.
    """

    model: type[Claim]

    def as_of(self, day: date, *, is_latest: bool) -> Self:
        """Claims as they stood at the end of `day` (KPIS, "as of D").

        Every projected column gets a twin named `as_of_<column>`. `is_latest` says that no event
        is dated after `day` (see `has_events_after`): the twins then are the columns themselves.
        """
        existing = self.filter(existing_on(day))
        if is_latest:
            return existing.alias(**{AS_OF + name: F(name) for name in self.model.PROJECTED})
        initial = _before_first_event()
        settled = Q(last_event_on__isnull=True) | Q(last_event_on__lte=day)
        return existing.alias(
            past=FilteredRelation(
                "history", condition=Q(history__begins_on__lte=day, history__ends_on__gt=day)
            ),
            **{
                AS_OF + name: Case(
                    When(settled, then=F(name)),
                    When(first_event_on__gt=day, then=initial.get(name, NOTHING)),
                    default=F(f"past__{name}"),
                    output_field=_column(self.model, name),
                )
                for name in self.model.PROJECTED
            },
        )

    def has_events_after(self, day: date) -> bool:
        """Whether anything happened to any of these claims after `day`."""
        return self.filter(last_event_on__gt=day).exists()

    def submitted(self) -> Self:
        """Claims that were sent; those made from a remittance alone were not seen being sent."""
        return self.filter(submitted_on__isnull=False)

    def submitted_between(self, start: date, end: date) -> Self:
        """Claims first sent from `start` to `end`, both included."""
        return self.filter(submitted_on__range=(start, end))

    def open(self) -> Self:
        """Claims on which money is still awaited (KPIS, "open")."""
        return self.filter(as_of_status__in=OPEN_STATUSES, as_of_balance__gt=0)

    def decided(self) -> Self:
        """Claims with a first decision."""
        return self.filter(as_of_first_decided_on__isnull=False)

    def decided_between(self, start: date, end: date) -> Self:
        """Claims first decided from `start` to `end`, both included."""
        return self.filter(as_of_first_decided_on__range=(start, end))

    def undecided(self) -> Self:
        """Claims that no payer has decided."""
        return self.filter(as_of_first_decided_on__isnull=True)

    def denied(self) -> Self:
        """Claims whose first decision denied all or part."""
        return self.filter(as_of_first_outcome__in=DENIALS)

    def paid_between(self, start: date, end: date) -> Self:
        """Claims whose first insurer payment fell from `start` to `end`, both included."""
        return self.filter(as_of_first_paid_on__range=(start, end))


def _column(model: type[Claim], name: str) -> models.Field[Any, Any]:
    """The plain value type of a projected column, foreign keys by their own key."""
    field = next(f for f in model._meta.local_fields if f.attname == name)
    if isinstance(field, models.ForeignKey):
        return CharField()
    return field
