"""Payments of insurers and patients."""

from collections.abc import Sequence
from decimal import Decimal

from billing.choices import Outcome
from billing.imports.columns import Row, amount, choice, day, text
from billing.imports.context import Context, each_row, required
from billing.imports.errors import BadValueError
from billing.imports.events import Events, with_stored
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan
from billing.models import Adjudication, Claim, PatientPayment

ZERO = Decimal(0)
MONEY = ("allowed", "patient_responsibility", "contractual")
PATIENT = "patient"
PAID_BY = {"insurer": "Insurer", PATIENT: "Patient"}
PAID_BY_SYNONYMS = {
    "payer": "insurer",
    "insurance": "insurer",
    "primary": "insurer",
    "secondary": "insurer",
    "guarantor": PATIENT,
    "self": PATIENT,
    "self-pay": PATIENT,
}


def _payments(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    claims = context.claims(row["claim_id"] for row in rows)
    keys = [_key(row) for row in rows]
    events = Events(context, keys, (Adjudication, PatientPayment))

    def handle(row: Row) -> Change:
        claim = required(claims, row["claim_id"], "claim_id", "claim")
        if row.get("payer_id"):
            context.directory.payer_by_id(row["payer_id"], "payer_id")
        key = _key(row)
        if row.get("paid_by") == PATIENT:
            of_payment = _from_patient(events, key, claim, row)
            return Change.of(of_payment, events.withdraw(Adjudication, key))
        of_payment = _from_insurer(events, key, claim, row)
        return Change.of(of_payment, events.withdraw(PatientPayment, key))

    each_row(plan, rows, handle)
    plan.steps.append(events.save)
    return plan


def _key(row: Row) -> str:
    return f"payments:{row['payment_id']}"


def _from_patient(events: Events, key: str, claim: Claim, row: Row) -> Change:
    """Patient money; a refund is negative."""
    if not row["amount"]:
        raise BadValueError("is 0.00, which says nothing of a patient's payment.", "amount")
    return events.put(PatientPayment, key, claim, paid_on=row["paid_on"], amount=row["amount"])[1]


def _from_insurer(events: Events, key: str, claim: Claim, row: Row) -> Change:
    """An insurer's payment is a decision that paid; without money only if the patient owes."""
    row = with_stored(row, events.find(Adjudication, key), *MONEY)
    paid, patient = row["amount"], row.get("patient_responsibility") or ZERO
    if paid < 0:
        raise BadValueError(
            "is below zero; money that the insurer took back needs its remittance (import_x12).",
            "amount",
        )
    if paid == 0 and patient == 0:
        raise BadValueError(
            "is 0.00; a denial belongs in a denials file, and what the patient owes in "
            "patient_responsibility.",
            "amount",
        )
    return events.put(
        Adjudication,
        key,
        claim,
        decided_on=row["paid_on"],
        decided_on_assumed="paid_on" in row.assumed,
        charge=claim.billed,
        paid=paid,
        allowed=row.get("allowed"),
        patient_responsibility=patient,
        contractual=row.get("contractual") or ZERO,
        outcome=Outcome.PAID if paid else Outcome.PATIENT_RESPONSIBILITY,
    )[1]


PAYMENTS = Kind(
    name="payments",
    title="Payments",
    columns=(
        text("payment_id", "the id of the payment", 100, is_required=True),
        text("claim_id", "a claim already known", 60, is_required=True),
        amount(
            "amount",
            "what was paid; a patient's refund is negative",
            may_be_negative=True,
            is_required=True,
        ),
        day("paid_on", "when", is_required=True),
        choice(
            "paid_by",
            "insurer or patient; the insurer unless given",
            PAID_BY,
            synonyms=PAID_BY_SYNONYMS,
            blank="insurer",
        ),
        text("payer_id", "which insurer paid; a payer id already known", 80),
        amount("allowed", "what the insurer allowed"),
        amount("patient_responsibility", "what the insurer left to the patient"),
        amount("contractual", "what the contract took off"),
    ),
    marks=("payment_id", "claim_id", "amount", "paid_on"),
    key=keyed_by("payment_id"),
    key_columns=("payment_id",),
    prepare=_payments,
)
