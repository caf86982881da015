"""Plain builders of records for tests: fixed dates and amounts, every claim made by `posting`.

    make_claim(
        number="C1",
        payer="Aetna",
        billed="100.00",
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
        appeals=[appeal(filed=date(2026, 2, 10))],
    )

Parties are known by name: the same name twice is the same payer, department, person. Amounts are
dollars as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count

from billing.choices import AdjustmentGroup, Frequency, Outcome, PayerKind, StaffAction, StaffRole
from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ClaimLine,
    ContractualAdjustment,
    Department,
    Encounter,
    LineItem,
    Patient,
    PatientPayment,
    Payer,
    Practice,
    ProcedureCode,
    Provider,
    Remittance,
    Staff,
    StaffActivity,
    StatusChange,
    WriteOff,
)
from billing.posting import NewClaim, create_claims
from billing.projection import Events

SERVICE = date(2026, 1, 5)
SUBMITTED = date(2026, 1, 7)
PRACTICE = "Harbor Clinic"
ZERO = Decimal(0)
_numbers = count(1)


# Parties


def make_practice(name: str = PRACTICE) -> Practice:
    """The practice of that name."""
    return Practice.objects.get_or_create(name=name)[0]


def make_department(name: str = "Cardiology", *, practice: str = PRACTICE) -> Department:
    """The department of that name in the practice."""
    return Department.objects.get_or_create(practice=make_practice(practice), name=name)[0]


def make_provider(name: str = "Dr. Ada Moss", *, practice: str = PRACTICE) -> Provider:
    """The provider of that name; the name is the code too."""
    return Provider.objects.get_or_create(
        practice=make_practice(practice), code=name, defaults={"name": name}
    )[0]


def make_payer(
    name: str = "Aetna", *, kind: str = PayerKind.COMMERCIAL, is_capitated: bool = False
) -> Payer:
    """The payer of that name; kind and capitation are those of its first call."""
    return Payer.objects.get_or_create(
        name=name, defaults={"kind": kind, "is_capitated": is_capitated}
    )[0]


def make_staff(
    name: str = "Ann Lowe", *, role: str = StaffRole.BILLER, practice: str = PRACTICE
) -> Staff:
    """The staff member of that name; the name is the code too."""
    return Staff.objects.get_or_create(
        practice=make_practice(practice), code=name, defaults={"name": name, "role": role}
    )[0]


def make_patient(
    last_name: str = "Reyes", first_name: str = "Ines", *, practice: str = PRACTICE
) -> Patient:
    """The patient of that name."""
    return Patient.objects.get_or_create(
        practice=make_practice(practice),
        record_number=f"MRN-{last_name}-{first_name}",
        defaults={"last_name": last_name, "first_name": first_name},
    )[0]


def make_remittance(
    trace_number: str = "EFT1",
    *,
    payer: str = "Aetna",
    amount: str = "0.00",
    paid_on: date = date(2026, 2, 1),
    digest: str = "",
    practice: str = PRACTICE,
) -> Remittance:
    """A new remittance; the digest is the trace number unless given."""
    return Remittance.objects.create(
        practice=make_practice(practice),
        payer=make_payer(payer),
        trace_number=trace_number,
        amount=Decimal(amount),
        paid_on=paid_on,
        digest=digest or trace_number,
    )


# Events, unsaved: `make_claim` saves them


@dataclass(frozen=True, slots=True)
class Decision:
    """An unsaved decision; its charge is the claim's billed amount unless given."""

    adjudication: Adjudication
    adjustments: list[Adjustment] = field(default_factory=list)
    has_charge: bool = False


def decision(
    *,
    on: date,
    paid: str | None = "0.00",
    outcome: str = "",
    denied: str = "0.00",
    duplicate: str = "0.00",
    reason: str | None = None,
    group: str = AdjustmentGroup.CONTRACTUAL,
    remark: str = "",
    non_covered: bool | None = None,
    reduced: bool | None = None,
    patient: str = "0.00",
    contractual: str = "0.00",
    charge: str | None = None,
    allowed: str | None = None,
    stated: bool = False,
    assumed: bool = False,
    remittance: Remittance | None = None,
    control_number: str = "",
    source_key: str = "",
) -> Decision:
    """A payer decision with its adjustments.

    The outcome, unless given, follows from the amounts: denied, partially denied, patient
    responsibility or paid. `reason` and `group` are those of the denied amount, of which reason 18
    denied `duplicate`; `paid=None` means that the source does not say, `non_covered` and `reduced`
    whether it had such a line. `assumed` marks the date as assumed, `stated` a denial row.
    """
    adjudication = Adjudication(
        decided_on=on,
        decided_on_assumed=assumed,
        remittance=remittance,
        payer_control_number=control_number,
        source_key=source_key,
        charge=Decimal(charge or 0),
        paid=None if paid is None else Decimal(paid),
        allowed=None if allowed is None else Decimal(allowed),
        patient_responsibility=Decimal(patient),
        contractual=Decimal(contractual),
        denied_amount=Decimal(denied),
        duplicate_amount=Decimal(denied if reason == "18" else duplicate),
        main_group=group if reason else "",
        main_reason_id=reason,
        main_remark=remark,
        is_patient_non_covered=non_covered,
        is_reduced=reduced,
        outcome=outcome or _outcome(Decimal(paid or 0), Decimal(denied), Decimal(patient)),
        outcome_stated=stated,
    )
    stated_amounts = (
        (group, reason, str(Decimal(denied) - Decimal(duplicate))),
        (group, "18", duplicate),
        (AdjustmentGroup.CONTRACTUAL, "45", contractual),
        (AdjustmentGroup.PATIENT, "1", patient),
    )
    adjustments = [
        Adjustment(adjudication=adjudication, group=g, reason_id=code, amount=Decimal(amount))
        for g, code, amount in stated_amounts
        if code and Decimal(amount)
    ]
    return Decision(adjudication, adjustments, has_charge=charge is not None)


def reversal(*, on: date, of: Decision, control_number: str = "") -> Decision:
    """A reversal of a decision whose charge is given, found by its opposite amounts."""
    original = of.adjudication
    return Decision(
        Adjudication(
            decided_on=on,
            status_code="22",
            payer_control_number=control_number,
            charge=-original.charge,
            paid=None if original.paid is None else -original.paid,
            outcome=Outcome.REVERSAL,
        ),
        has_charge=of.has_charge,
    )


def _outcome(paid: Decimal, denied: Decimal, patient: Decimal) -> str:
    if denied > 0:
        return Outcome.PARTIALLY_DENIED if paid > 0 or patient > 0 else Outcome.DENIED
    return Outcome.PATIENT_RESPONSIBILITY if patient > 0 and paid == 0 else Outcome.PAID


def patient_payment(*, on: date, amount: str) -> PatientPayment:
    """Money from the patient."""
    return PatientPayment(paid_on=on, amount=Decimal(amount))


def contractual_adjustment(*, on: date, amount: str) -> ContractualAdjustment:
    """A stated reduction outside a decision."""
    return ContractualAdjustment(adjusted_on=on, amount=Decimal(amount))


def write_off(
    *, on: date, amount: str, reason: str = "small balance", for_denial: bool = False
) -> WriteOff:
    """Money given up."""
    return WriteOff(written_off_on=on, amount=Decimal(amount), reason=reason, for_denial=for_denial)


def appeal(*, filed: date, ended: date | None = None, result: str = "") -> Appeal:
    """An appeal, open unless a result is given."""
    return Appeal(filed_on=filed, ended_on=ended, result=result)


def closing(*, on: date) -> StatusChange:
    """A person closes the claim."""
    return StatusChange(changed_on=on, change=StatusChange.Change.CLOSED, reason="by test")


def reopening(*, on: date) -> StatusChange:
    """A person opens the claim again."""
    return StatusChange(changed_on=on, change=StatusChange.Change.REOPENED, reason="by test")


# Claims


def make_claim(
    *,
    number: str = "",
    practice: str = PRACTICE,
    payer: str = "Aetna",
    department: str | None = "Cardiology",
    provider: str | None = "Dr. Ada Moss",
    billed: str = "100.00",
    expected: str | None = None,
    service_date: date | None = SERVICE,
    submitted_on: date | None = SUBMITTED,
    frequency: str = Frequency.ORIGINAL,
    assignee: str | None = None,
    procedures: Sequence[str] = (),
    charge_entered_on: date | None = None,
    decisions: Sequence[Decision] = (),
    patient_payments: Sequence[PatientPayment] = (),
    contractual_adjustments: Sequence[ContractualAdjustment] = (),
    write_offs: Sequence[WriteOff] = (),
    appeals: Sequence[Appeal] = (),
    status_changes: Sequence[StatusChange] = (),
) -> Claim:
    """A saved claim with these events, projected.

    Without `expected` the billed amount is expected and marked as assumed; `submitted_on=None` is
    a claim never seen being sent. `procedures` (or `charge_entered_on`) give it an encounter with
    one line item and one claim line per code, charges split evenly.
    """
    events = Events(
        [d.adjudication for d in decisions],
        list(patient_payments),
        list(contractual_adjustments),
        list(write_offs),
        list(appeals),
        list(status_changes),
    )
    owner = make_practice(practice)
    claim = Claim(
        practice=owner,
        number=number or f"T{next(_numbers):05}",
        payer=make_payer(payer),
        department=make_department(department, practice=practice) if department else None,
        provider=make_provider(provider, practice=practice) if provider else None,
        billed=Decimal(billed),
        expected=Decimal(billed if expected is None else expected),
        expected_assumed=expected is None,
        service_date=service_date,
        submitted_on=submitted_on,
        frequency=frequency,
        assignee=make_staff(assignee, practice=practice) if assignee else None,
    )
    for decided in decisions:
        if not decided.has_charge:
            sign = -1 if decided.adjudication.outcome == Outcome.REVERSAL else 1
            decided.adjudication.charge = sign * claim.billed
    for kind in (
        events.adjudications,
        events.patient_payments,
        events.contractual_adjustments,
        events.write_offs,
        events.appeals,
        events.status_changes,
    ):
        for event in kind:
            event.practice = owner
    if procedures or charge_entered_on:
        claim.encounter = make_encounter(claim, procedures or ["99213"], charge_entered_on)
    adjustments = [a for decided in decisions for a in decided.adjustments]
    create_claims([NewClaim(claim, events, adjustments, charge_entered_on)])
    if claim.encounter:
        bill_lines(claim, claim.encounter)
    return claim


def make_encounter(
    claim: Claim, procedures: Sequence[str], entered_on: date | None = None
) -> Encounter:
    """The encounter behind a claim, with one line item per procedure code."""
    encounter = Encounter.objects.create(
        practice=claim.practice,
        number=f"E-{claim.number}",
        patient=make_patient(practice=claim.practice.name),
        date=claim.service_date,
        department=claim.department,
        provider=claim.provider,
    )
    for position, code in enumerate(procedures, start=1):
        LineItem.objects.create(
            practice=claim.practice,
            encounter=encounter,
            number=f"L-{claim.number}-{position}",
            procedure=ProcedureCode.objects.get_or_create(code=code)[0],
            charge=claim.billed / len(procedures),
            entered_on=entered_on,
        )
    return encounter


def bill_lines(claim: Claim, encounter: Encounter) -> None:
    """Bill every line item of the encounter on the claim."""
    for position, item in enumerate(encounter.line_items.order_by("pk"), start=1):
        ClaimLine.objects.create(
            claim=claim,
            position=position,
            procedure=item.procedure,
            charge=item.charge,
            service_date=claim.service_date,
        )


def make_activity(
    *,
    staff: str = "Ann Lowe",
    claim: Claim | None = None,
    on: date = SUBMITTED,
    action: str = StaffAction.FOLLOWED_UP,
    error: bool = False,
    practice: str = PRACTICE,
) -> StaffActivity:
    """One action of a staff member at noon UTC."""
    return StaffActivity.objects.create(
        practice=make_practice(practice),
        staff=make_staff(staff, practice=practice),
        claim=claim,
        action=action,
        is_error=error,
        occurred_at=datetime.combine(on, time(12), tzinfo=UTC),
    )
