"""Claims of a relational export: everything they refer to is known already."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from billing import posting
from billing.choices import Frequency, StatedStatus
from billing.imports.columns import Row, amount, choice, day, text
from billing.imports.context import Context, each_row, required
from billing.imports.errors import BadValueError
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan, differs, update
from billing.models import Claim, Encounter, LineItem, Patient
from billing.posting import NewClaim

ZERO = Decimal(0)
CENT = Decimal("0.01")
MOST_OF_NUMBER = 54  # leaves room for the prefix of an encounter that is the claim's own
BILLED_FROM_LINES = "billed_from_lines"
CHARGES_DIFFER = (
    "The line items of the encounter do not add up to the claim's billed amount; "
    "the claim's amount counts."
)
STATUS_SYNONYMS = {
    "p": StatedStatus.PAID,
    "approved": StatedStatus.PAID,
    "closed-paid": StatedStatus.PAID,
    "paid-in-full": StatedStatus.PAID,
    "partial": StatedStatus.PARTIALLY_PAID,
    "partially-denied": StatedStatus.PARTIALLY_PAID,
    "partial-payment": StatedStatus.PARTIALLY_PAID,
    "pp": StatedStatus.PARTIALLY_PAID,
    "d": StatedStatus.DENIED,
    "deny": StatedStatus.DENIED,
    "rejected": StatedStatus.DENIED,
    "submitted": StatedStatus.PENDING,
    "sent": StatedStatus.PENDING,
    "billed": StatedStatus.PENDING,
    "open": StatedStatus.PENDING,
    "in-process": StatedStatus.PENDING,
    "in-progress": StatedStatus.PENDING,
    "pend": StatedStatus.PENDING,
    "pended": StatedStatus.PENDING,
    "a": StatedStatus.APPEALED,
    "appeal": StatedStatus.APPEALED,
    "in-appeal": StatedStatus.APPEALED,
    "under-appeal": StatedStatus.APPEALED,
}
FREQUENCY_SYNONYMS = {
    "1": Frequency.ORIGINAL,
    "7": Frequency.REPLACEMENT,
    "corrected": Frequency.REPLACEMENT,
    "8": Frequency.VOID,
    "voided": Frequency.VOID,
}
STATUS = choice(
    "status",
    "where the billing system says the claim stands; only the outcome of denials asks for it",
    dict(StatedStatus.choices),
    synonyms=STATUS_SYNONYMS,
)
CLAIM_COLUMNS = (
    day("service_date", "first day of service"),
    day("submitted_on", "when it was first sent; blank for a draft"),
    amount("expected", "what the contract should pay; blank: the billed amount, assumed"),
    choice(
        "frequency",
        "why it was sent",
        dict(Frequency.choices),
        synonyms=FREQUENCY_SYNONYMS,
        blank=Frequency.ORIGINAL,
    ),
    text("payer_control_number", "the payer's own number of the claim", 60),
    text("department", "the department's name; made when missing", 120),
    text("assigned_to", "code or name of who works it; made when missing", 60),
)


def facts(row: Row, context: Context) -> dict[str, Any]:
    """What a row of any claims file says of the claim itself, by attribute."""
    found = row.given(
        service_date="service_date",
        submitted_on="submitted_on",
        frequency="frequency",
        payer_control_number="payer_control_number",
        stated_status="status",
    )
    if "department" in row.values:
        found["department"] = context.directory.department_named(row["department"])
    if "assigned_to" in row.values:
        found["assignee"] = context.directory.staff_named(row["assigned_to"])
    if "billed" in row.values:
        found["billed"] = row["billed"]
        if "expected" in row.values:
            found |= _expected(row["expected"], row["billed"])
    return found


def _expected(stated: Decimal | None, billed: Decimal) -> dict[str, Any]:
    """What a claim should bring: as stated, else the billed amount, marked as assumed."""
    if stated is None:
        return {"expected": billed, "expected_assumed": True}
    return {"expected": stated, "expected_assumed": False}


class Claims:
    """The claims of one chunk: new ones with their events, and those whose facts changed."""

    def __init__(self, stored: dict[str, Claim]) -> None:
        self.stored = stored
        self.new: dict[str, NewClaim] = {}
        self._changed: dict[Any, Claim] = {}
        self._fields: set[str] = set()
        self._restated: list[int] = []

    def put(self, context: Context, number: str, wanted: dict[str, Any]) -> tuple[Claim, Change]:
        """Make the claim, or bring its facts up to the row; nothing is written yet."""
        claim = self.stored.get(number)
        is_assumed = claim is None or claim.expected_assumed
        if is_assumed and "billed" in wanted and "expected" not in wanted:
            wanted = wanted | _expected(None, wanted["billed"])
        if claim is None:
            claim = Claim(practice=context.practice, number=number, **wanted)
            self.new[number] = NewClaim(claim)
            return claim, Change.CREATED
        names = [name for name, value in wanted.items() if differs(claim, name, value)]
        for name in names:
            setattr(claim, name, wanted[name])
        if not names:
            return claim, Change.UNCHANGED
        self._changed[claim.pk] = claim
        self._fields.update(names)
        if "stated_status" in names:
            self._restated.append(claim.pk)
        return claim, Change.UPDATED

    def save(self) -> None:
        """Store new and changed claims and project them; call it inside a transaction."""
        posting.create_claims(list(self.new.values()))
        if self._changed:
            update(Claim, list(self._changed.values()), self._fields)
            posting.restate_denials(self._restated)
            posting.refresh(list(self._changed))


def encounter_for(
    context: Context, plan: Plan, known: dict[str, Encounter], number: str, wanted: dict[str, Any]
) -> tuple[Encounter, Change]:
    """The encounter that a claims file itself describes, made or kept up to date."""
    if number not in known:
        wanted = wanted | {"practice": context.practice, "number": number}
    known[number], change = plan.records.put(known.get(number), Encounter, **wanted)
    return known[number], change


def own_encounter(claim_id: str) -> str:
    """The number of an encounter that an export does not name: that of its claim."""
    return f"claim:{claim_id}"


def _claims(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    claims = Claims(context.claims(row["claim_id"] for row in rows))
    encounters = context.encounters(_encounter_number(row) for row in rows)
    patients = context.patients(row.get("patient_id", "") for row in rows)
    charges = _charges(encounters.values())

    def handle(row: Row) -> Change:
        payer = context.directory.payer_by_id(row["payer_id"], "payer_id")
        wanted = facts(row, context) | {"payer": payer}
        if "provider_id" in row.values:
            wanted["provider"] = context.directory.provider_by_id(row["provider_id"], "provider_id")
        patient = None
        if row.get("patient_id"):
            patient = required(patients, row["patient_id"], "patient_id", "patient")
        if row.get("encounter_id"):
            encounter = required(encounters, row["encounter_id"], "encounter_id", "encounter")
            _check_patient(encounter, patient)
            wanted = _of_encounter(encounter) | wanted
            total = charges.get(encounter.pk)
            differ = total is not None and total != wanted.get("billed", total)
            plan.note(CHARGES_DIFFER, int(differ))
        elif patient is not None:
            own = {"patient": patient, "date": wanted.get("service_date")}
            number = _encounter_number(row)
            wanted["encounter"], _ = encounter_for(context, plan, encounters, number, own)
        if BILLED_FROM_LINES in context.options:
            _leave_billed(wanted, is_new=row["claim_id"] not in claims.stored)
        return claims.put(context, row["claim_id"], wanted)[1]

    each_row(plan, rows, handle)
    plan.steps.append(claims.save)
    return plan


def _encounter_number(row: Row) -> str:
    return row.get("encounter_id") or own_encounter(row["claim_id"])


def _charges(encounters: Iterable[Encounter]) -> dict[Any, Decimal]:
    """Σ line items of each encounter that has any."""
    totals = (
        LineItem.objects.filter(encounter__in=[encounter.pk for encounter in encounters])
        .values("encounter")
        .annotate(total=Sum("charge"))
        .order_by()
    )
    return {row["encounter"]: row["total"].quantize(CENT) for row in totals}


def _check_patient(encounter: Encounter, patient: Patient | None) -> None:
    is_stored = not encounter._state.adding
    if patient is not None and is_stored and encounter.patient_id != patient.pk:
        raise BadValueError(
            "is another patient than that of the encounter; correct one of them.", "patient_id"
        )


def _of_encounter(encounter: Encounter) -> dict[str, Any]:
    """What a claim takes from its encounter where the file does not say it."""
    return {
        "encounter": encounter,
        "service_date": encounter.date,
        "department": encounter.department,
        "provider": encounter.provider,
    }


def _leave_billed(wanted: dict[str, Any], *, is_new: bool) -> None:
    """The claim lines give the billed amount, so that a row of the claims file never does."""
    for name in ("billed", "expected", "expected_assumed"):
        wanted.pop(name, None)
    if is_new:
        wanted |= {"billed": ZERO, "expected": ZERO}


CLAIMS = Kind(
    name="claims",
    title="Claims",
    columns=(
        text("claim_id", "the claim number (X12 CLM01)", MOST_OF_NUMBER, is_required=True),
        text("payer_id", "a payer id already known", 80, is_required=True),
        amount("billed", "the amount billed", is_required=True),
        text("encounter_id", "an encounter already known", 60),
        text("patient_id", "a patient already known; needed without an encounter", 60),
        text("provider_id", "a provider already known; else the encounter's", 60),
        STATUS,
        *CLAIM_COLUMNS,
    ),
    marks=("claim_id", "payer_id", "billed"),
    key=keyed_by("claim_id"),
    key_columns=("claim_id",),
    prepare=_claims,
    stores=(("claims", keyed_by("claim_id")),),
    options=frozenset({BILLED_FROM_LINES}),
)
