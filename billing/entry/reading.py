"""What the pages of a patient and of an encounter show."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from billing.models import Claim, Encounter, LineItem, Patient

CENT = Decimal("0.01")
ZERO = Decimal(0)
LATEST = F("date").desc(nulls_last=True)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is still awaited on some claims (KPIS, "balance", "open")."""

    balance: Decimal
    open: int
    claims: int


@dataclass(frozen=True, slots=True)
class Charged:
    """The line items of an encounter together."""

    lines: int
    units: Decimal
    charge: Decimal


def encounters_of(patient: Patient) -> "QuerySet[Any]":
    """A patient's encounters, newest first, each with its line items' number and charge."""
    return (
        patient.encounters.select_related("department", "provider")
        .annotate(lines=Count("line_items"))
        .annotate(charge=Sum("line_items__charge", default=ZERO))
        .order_by(LATEST, "number", "pk")
    )


def encounter_counts(patients: Iterable[Patient]) -> dict[UUID, int]:
    """How many encounters each of these patients has; those without any are left out."""
    rows = (
        Encounter.objects.filter(patient__in=[patient.pk for patient in patients])
        .values("patient")
        .annotate(encounters=Count("pk"))
        .order_by()
    )
    return {row["patient"]: row["encounters"] for row in rows}


def claims_of(patient: Patient) -> "QuerySet[Claim]":
    """The claims of a patient's encounters, newest service first."""
    return _listed(Claim.objects.filter(encounter__patient=patient))


def claims_for(encounter: Encounter) -> "QuerySet[Claim]":
    """The claims that bill an encounter, newest service first."""
    return _listed(encounter.claims.all())


def _listed(claims: "QuerySet[Claim]") -> "QuerySet[Claim]":
    return claims.select_related("payer").order_by(F("service_date").desc(nulls_last=True), "-pk")


def owed(claims: "QuerySet[Claim]") -> Owed:
    """The balance of these claims; a claim has one only while it is open."""
    found = claims.order_by().aggregate(
        owed=Sum("balance", default=ZERO),
        open=Count("pk", filter=Q(balance__gt=0)),
        claims=Count("pk"),
    )
    return Owed(found["owed"].quantize(CENT), found["open"], found["claims"])


def line_items_of(encounter: Encounter) -> "QuerySet[LineItem]":
    """The line items of an encounter with their codes, in the order of their entry."""
    return encounter.line_items.select_related("procedure").order_by("pk")


def charged(encounter: Encounter) -> Charged:
    """The totals of an encounter's line items."""
    found = encounter.line_items.order_by().aggregate(
        lines=Count("pk"),
        units=Sum("units", default=ZERO),
        charge=Sum("charge", default=ZERO),
    )
    units: Decimal = found["units"].quantize(Decimal("0.001"))
    return Charged(found["lines"], units, found["charge"].quantize(CENT))
