"""Encounters and their line items."""

from collections.abc import Sequence
from decimal import Decimal

from billing.imports.columns import Row, amount, day, plain, text
from billing.imports.context import Context, each_row, required
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan
from billing.imports.values import units
from billing.models import Claim, Encounter, LineItem
from billing.posting import refresh

ONE = Decimal(1)
PROCEDURE_COLUMNS = (
    text("procedure_wording", "your own wording of the code, used where we have none", 200),
    text("modifiers", "modifiers, separated by colons", 20),
    plain("units", "how often; 1 unless given", "number", units, blank=ONE),
)


def _encounters(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    stored = context.encounters(row["encounter_id"] for row in rows)
    patients = context.patients(row["patient_id"] for row in rows)

    def handle(row: Row) -> Change:
        number = row["encounter_id"]
        wanted = row.given(date="encounter_date")
        wanted["patient"] = required(patients, row["patient_id"], "patient_id", "patient")
        if "provider_id" in row.values:
            wanted["provider"] = context.directory.provider_by_id(row["provider_id"], "provider_id")
        if "department" in row.values:
            wanted["department"] = context.directory.department_named(row["department"])
        if number not in stored:
            wanted |= {"practice": context.practice, "number": number}
        stored[number], change = plan.records.put(stored.get(number), Encounter, **wanted)
        return change

    return each_row(plan, rows, handle)


ENCOUNTERS = Kind(
    name="encounters",
    title="Encounters",
    columns=(
        text("encounter_id", "the id of the visit or stay", 60, is_required=True),
        text("patient_id", "whose it is; a patient already known", 60, is_required=True),
        text("provider_id", "who gave the service; a provider already known", 60),
        day("encounter_date", "first day of service"),
        text("department", "the department's name; made when missing", 120),
    ),
    marks=("encounter_id", "patient_id", "encounter_date"),
    key=keyed_by("encounter_id"),
    key_columns=("encounter_id",),
    prepare=_encounters,
    stores=(("encounters", keyed_by("encounter_id")),),
)


def _line_items(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    encounters = context.encounters(row["encounter_id"] for row in rows)
    numbers = [row["line_id"] for row in rows]
    stored = {
        item.number: item
        for item in LineItem.objects.filter(
            practice_id=context.practice.pk, number__in=numbers
        ).order_by("pk")
    }
    touched: set[object] = set()

    def handle(row: Row) -> Change:
        number = row["line_id"]
        wanted = row.given(
            modifiers="modifiers", units="units", charge="charge", entered_on="entered_on"
        )
        wanted["encounter"] = required(encounters, row["encounter_id"], "encounter_id", "encounter")
        wanted["procedure"] = context.directory.procedure(
            row["procedure_code"], row.get("procedure_wording", "")
        )
        old = stored.get(number)
        was = old.encounter_id if old is not None else None
        if old is None:
            wanted |= {"practice": context.practice, "number": number}
        stored[number], change = plan.records.put(old, LineItem, **wanted)
        if change is not Change.UNCHANGED:
            touched.update((was, stored[number].encounter_id))
        return change

    each_row(plan, rows, handle)
    plan.steps.append(lambda: _refresh_charge_lags(touched))
    return plan


def _refresh_charge_lags(encounters: set[object]) -> None:
    """The last charge entered dates the lag of the claims of an encounter."""
    claims = Claim.objects.filter(encounter__in=encounters - {None})
    refresh(list(claims.values_list("pk", flat=True)))


LINE_ITEMS = Kind(
    name="line_items",
    title="Line items",
    columns=(
        text("line_id", "the id of the charge", 60, is_required=True),
        text("encounter_id", "an encounter already known", 60, is_required=True),
        text("procedure_code", "CPT or HCPCS code; made when missing", 18, is_required=True),
        *PROCEDURE_COLUMNS,
        amount("charge", "the charge for all units", is_required=True),
        day("entered_on", "when the charge was entered"),
    ),
    marks=("line_id", "encounter_id", "procedure_code"),
    key=keyed_by("line_id"),
    key_columns=("line_id",),
    prepare=_line_items,
)
