"""What every kind needs to turn rows into records: the practice, its lists, and look-ups."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from django.db import models

from billing.imports.columns import Row
from billing.imports.directory import Directory
from billing.imports.errors import BadValueError
from billing.imports.plan import Change, Plan
from billing.imports.remembered import PlannedRows
from billing.imports.values import shown
from billing.models import Claim, Encounter, Patient, Practice

Record = TypeVar("Record", bound=models.Model)


@dataclass(slots=True)
class Context:
    """One practice's records as one run sees them.

    A dry run has `planned`: what its earlier rows would have stored is found there and answered
    with an unsaved record, so that references hold without a write.
    """

    practice: Practice
    today: date
    directory: Directory
    planned: PlannedRows | None = None
    options: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_dry(self) -> bool:
        """Whether nothing may be written."""
        return self.planned is not None

    def claims(self, numbers: Iterable[str]) -> dict[str, Claim]:
        """Claims by number, in one query; the payer and encounter come along."""
        return self._found(
            "claims",
            Claim.objects.select_related("encounter", "payer"),
            "number",
            numbers,
            lambda number: Claim(practice=self.practice, number=number, billed=0, expected=0),
        )

    def encounters(self, numbers: Iterable[str]) -> dict[str, Encounter]:
        """Encounters by number, in one query."""
        return self._found(
            "encounters",
            Encounter.objects.select_related("patient", "provider", "department"),
            "number",
            numbers,
            lambda number: Encounter(practice=self.practice, number=number, patient=Patient()),
        )

    def patients(self, numbers: Iterable[str]) -> dict[str, Patient]:
        """Patients by record number, in one query."""
        return self._found(
            "patients",
            Patient.objects.all(),
            "record_number",
            numbers,
            lambda number: Patient(practice=self.practice, record_number=number),
        )

    def _found(
        self,
        kind: str,
        rows: models.QuerySet[Record],
        key: str,
        wanted: Iterable[str],
        placeholder: Callable[[str], Record],
    ) -> dict[str, Record]:
        keys = sorted({number for number in wanted if number})
        stored = rows.filter(practice_id=self.practice.pk, **{f"{key}__in": keys}).order_by("pk")
        found = {getattr(record, key): record for record in stored}
        if self.planned is not None:
            missing = [number for number in keys if number not in found]
            found |= {number: placeholder(number) for number in self.planned.known(kind, missing)}
        return found


def required(found: dict[str, Record], code: str, field: str, what: str) -> Record:
    """The record of that id; raises BadValueError in words for an unknown one."""
    record = found.get(code)
    if record is None:
        raise BadValueError(
            f"No {what} has the id {shown(code)}; load the {what}s first or correct the id.", field
        )
    return record


def each_row(plan: Plan, rows: Sequence[Row], handle: Callable[[Row], Change]) -> Plan:
    """Let `handle` deal with every row; what it raises as BadValueError rejects that row alone."""
    for row in rows:
        try:
            plan.changes[row.line] = handle(row)
        except BadValueError as error:
            plan.reject(row, error)
    return plan


Prepare = Callable[[Context, Sequence[Row]], Plan]
