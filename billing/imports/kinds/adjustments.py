"""Contractual reductions and write-offs that a billing system lists apart."""

from collections.abc import Sequence

from billing.imports.columns import Row, amount, choice, day, text
from billing.imports.context import Context, each_row, required
from billing.imports.events import Events
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan
from billing.models import ContractualAdjustment, WriteOff

CONTRACTUAL, WRITE_OFF, DENIAL_WRITE_OFF = "contractual", "write-off", "denial-write-off"
TYPES = {
    CONTRACTUAL: "Contractual",
    WRITE_OFF: "Write-off",
    DENIAL_WRITE_OFF: "Write-off of a denial",
}
TYPE_SYNONYMS = {
    "contract": CONTRACTUAL,
    "writeoff": WRITE_OFF,
    "bad-debt": WRITE_OFF,
    "charity": WRITE_OFF,
    "small-balance": WRITE_OFF,
    "administrative": WRITE_OFF,
    "denial": DENIAL_WRITE_OFF,
    "denial-writeoff": DENIAL_WRITE_OFF,
}


def _adjustments(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    claims = context.claims(row["claim_id"] for row in rows)
    keys = [_key(row) for row in rows]
    events = Events(context, keys, (ContractualAdjustment, WriteOff))

    def handle(row: Row) -> Change:
        claim = required(claims, row["claim_id"], "claim_id", "claim")
        key, said = _key(row), {"amount": row["amount"], "reason": row.get("reason", "")}
        if row["type"] == CONTRACTUAL:
            said["adjusted_on"] = row["adjusted_on"]
            changes = (
                events.put(ContractualAdjustment, key, claim, **said)[1],
                events.withdraw(WriteOff, key),
            )
        else:
            said["written_off_on"] = row["adjusted_on"]
            said["for_denial"] = row["type"] == DENIAL_WRITE_OFF
            said["reason"] = said["reason"] or TYPES[row["type"]]
            changes = (
                events.put(WriteOff, key, claim, **said)[1],
                events.withdraw(ContractualAdjustment, key),
            )
        return Change.of(*changes)

    each_row(plan, rows, handle)
    plan.steps.append(events.save)
    return plan


def _key(row: Row) -> str:
    return f"adjustments:{row['adjustment_id']}"


ADJUSTMENTS = Kind(
    name="adjustments",
    title="Adjustments",
    columns=(
        text("adjustment_id", "the id of the adjustment", 100, is_required=True),
        text("claim_id", "a claim already known", 60, is_required=True),
        choice(
            "type",
            "contractual, write-off, or denial-write-off (given up because of a denial)",
            TYPES,
            synonyms=TYPE_SYNONYMS,
            is_required=True,
        ),
        amount("amount", "how much", is_required=True),
        day("adjusted_on", "when", is_required=True),
        text("reason", "why, in words", 60),
    ),
    marks=("adjustment_id", "claim_id", "type", "amount"),
    key=keyed_by("adjustment_id"),
    key_columns=("adjustment_id",),
    prepare=_adjustments,
)
