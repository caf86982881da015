"""Claims in one flat file: names instead of ids, the payer's decision in the same row."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from billing.choices import StatedStatus
from billing.imports.columns import Row, amount, choice, day, plain, text
from billing.imports.context import Context, each_row
from billing.imports.events import Events, with_stored
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.kinds.claims import (
    CLAIM_COLUMNS,
    MOST_OF_NUMBER,
    STATUS,
    Claims,
    encounter_for,
    facts,
    own_encounter,
)
from billing.imports.kinds.decisions import Decision, read_decision, says_decision
from billing.imports.kinds.denials import (
    APPEAL_COLUMNS,
    REASON_COLUMNS,
    check_appeal,
    note_unknown,
    put_appeal,
    put_denial,
    stored_remarks,
)
from billing.imports.kinds.encounters import PROCEDURE_COLUMNS
from billing.imports.kinds.parties import PAYER_KIND_SYNONYMS, PAYER_KINDS
from billing.imports.plan import Change, Plan
from billing.imports.values import reason_code
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    ClaimEvent,
    Encounter,
    LineItem,
    Patient,
    PatientPayment,
    Payer,
    WriteOff,
)

ZERO = Decimal(0)
MONEY = ("paid", "allowed", "patient_responsibility", "contractual")
DENIED_AMOUNT_ASSUMED = (
    "The denied amount is not stated: what was billed and neither paid nor explained is taken."
)
PAYMENT_UNKNOWN = "The file does not say what the payer paid: unknown, which is not zero."
DECISION_ASSUMED = (
    "The date of the decision is not stated: another date stands in, and lags leave it out."
)
SERVICE_UNKNOWN = "No service date is stated: ages by service date leave these claims out."
EVENT_KINDS: tuple[type[ClaimEvent], ...] = (Adjudication, Appeal, PatientPayment, WriteOff)


def _flat(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    chunk = _Chunk(context, plan, rows)
    each_row(plan, rows, chunk.handle)
    plan.steps += [chunk.events.save, chunk.claims.save]  # the denials may follow a new status
    return plan


class _Chunk:
    """The records that one chunk of flat rows refers to."""

    def __init__(self, context: Context, plan: Plan, rows: Sequence[Row]) -> None:
        self.context, self.plan = context, plan
        keys = [_key(row) for row in rows]
        self.claims = Claims(context.claims(row["claim_id"] for row in rows))
        self.patients = context.patients(_patient_number(row) for row in rows)
        self.encounters = context.encounters(_encounter_number(row) for row in rows)
        kinds = EVENT_KINDS if self.claims.stored else ()
        self.events = Events(context, keys, kinds, self.claims.new)
        self.remarks = stored_remarks(self.events, keys)
        self.lines = self._stored_lines(rows)

    def _stored_lines(self, rows: Sequence[Row]) -> dict[str, LineItem]:
        if not self.claims.stored or "procedure_code" not in rows[0].values:
            return {}
        found = LineItem.objects.filter(
            practice_id=self.context.practice.pk,
            number__in=[own_encounter(row["claim_id"]) for row in rows],
        )
        return {item.number: item for item in found.order_by("pk")}

    def handle(self, row: Row) -> Change:
        """Everything that one row says: the claim, its patient, the decision, the money."""
        key = _key(row)
        has_decision = says_decision(row)
        if has_decision:
            row = with_stored(row, self.events.find(Adjudication, key), *MONEY)
        decision = read_decision(row)
        status, default = decision.appeal_status, decision.decided_on
        check_appeal(self.events, key, row, status, default)
        encounter, changes = self._encounter(row)
        wanted = facts(row, self.context) | {
            "payer": self._payer(row),
            "encounter": encounter,
            "provider": encounter.provider,
        }
        if has_decision or row["claim_id"] not in self.claims.stored:
            wanted["stated_status"] = decision.status
        claim, change = self.claims.put(self.context, row["claim_id"], wanted)
        changes += [
            change,
            self._line(row, encounter),
            self._decide(row, claim, decision) if has_decision else Change.UNCHANGED,
            put_appeal(self.plan, self.events, key, claim, row, status, default),
            self._pay(PatientPayment, "patient_paid", row, claim, decision.patient_payment),
            self._pay(WriteOff, "written_off", row, claim, decision.write_off),
        ]
        self.plan.note(SERVICE_UNKNOWN, int(claim.service_date is None))
        if change is Change.CREATED:
            return Change.CREATED
        return Change.UNCHANGED if set(changes) == {Change.UNCHANGED} else Change.UPDATED

    def _payer(self, row: Row) -> Payer:
        payer = self.context.directory.payer_named(row["payer"])
        if row.get("payer_type"):
            self.plan.records.put(payer, Payer, kind=row["payer_type"])
        return payer

    def _encounter(self, row: Row) -> tuple[Encounter, list[Change]]:
        """The encounter of a row, with its patient and provider."""
        wanted: dict[str, Any] = {}
        patient, change = self._patient(row)
        wanted["patient"] = patient
        if "service_date" in row.values:
            wanted["date"] = row["service_date"]
        if "department" in row.values:
            wanted["department"] = self.context.directory.department_named(row["department"])
        if "provider" in row.values or "provider_id" in row.values:
            wanted["provider"] = self.context.directory.provider_named(
                row.get("provider_id", ""), row.get("provider", "")
            )
        number = _encounter_number(row)
        encounter, changed = encounter_for(self.context, self.plan, self.encounters, number, wanted)
        return encounter, [change, changed]

    def _patient(self, row: Row) -> tuple[Patient, Change]:
        """The patient of a row; without an id, one of the claim's own."""
        number = _patient_number(row)
        wanted = row.given(
            last_name="patient_last_name",
            first_name="patient_first_name",
            birth_date="patient_birth_date",
        )
        if number not in self.patients:
            wanted |= {"practice": self.context.practice, "record_number": number}
        patient, change = self.plan.records.put(self.patients.get(number), Patient, **wanted)
        self.patients[number] = patient
        return patient, change

    def _line(self, row: Row, encounter: Encounter) -> Change:
        """The one service that a flat row can name, as the encounter's charge."""
        if not row.get("procedure_code"):
            return Change.UNCHANGED
        number = own_encounter(row["claim_id"])
        wanted = row.given(modifiers="modifiers", units="units") | {
            "charge": row["billed"],
            "encounter": encounter,
            "procedure": self.context.directory.procedure(
                row["procedure_code"], row.get("procedure_wording", "")
            ),
        }
        if number not in self.lines:
            wanted |= {"practice": self.context.practice, "number": number}
        return self.plan.records.put(self.lines.get(number), LineItem, **wanted)[1]

    def _decide(self, row: Row, claim: Claim, decision: Decision) -> Change:
        """Post what the payer decided, if it did."""
        key = _key(row)
        if not decision.is_decided:
            return self.events.withdraw(Adjudication, key)
        self.plan.note(DECISION_ASSUMED, int(decision.is_assumed))
        self.plan.note(PAYMENT_UNKNOWN, int(decision.paid is None))
        said = {
            "decided_on": decision.decided_on,
            "decided_on_assumed": decision.is_assumed,
            "paid": decision.paid,
            "allowed": row.get("allowed"),
            "patient_responsibility": decision.patient_responsibility,
            "contractual": decision.contractual,
        }
        if not (decision.is_denial and self._denies(decision)):
            said |= {
                "charge": claim.billed,
                "outcome": decision.outcome,
                "outcome_stated": False,
                "denied_amount": ZERO,
                "duplicate_amount": ZERO,
                "main_group": "",
                "main_reason_id": None,
                "main_remark": "",
            }
            return self.events.put(Adjudication, key, claim, **said)[1]
        self.plan.note(DENIED_AMOUNT_ASSUMED, int(row.get("denied_amount") is None))
        note_unknown(self.plan, self.context, decision.code)
        return put_denial(
            self.events,
            key,
            claim,
            group=decision.group,
            code=decision.code,
            amount=decision.denied_amount,
            remark_codes=row.get("remark_codes", self.remarks.get(key, "")),
            had_remarks=self.remarks.get(key, ""),
            **said,
        )

    def _denies(self, decision: Decision) -> bool:
        """Whether the reason of a row denies; beside a payment, a contractual one does not."""
        is_partial = decision.status == StatedStatus.PARTIALLY_PAID
        return not is_partial or self.context.directory.denies(decision.code)

    def _pay(
        self,
        kind: type[PatientPayment | WriteOff],
        column: str,
        row: Row,
        claim: Claim,
        said: dict[str, Any] | None,
    ) -> Change:
        """Post a patient's payment or a write-off; a blank cell takes it back."""
        if column not in row.values:
            return Change.UNCHANGED
        if said is None:
            return self.events.withdraw(kind, _key(row))
        return self.events.put(kind, _key(row), claim, **said)[1]


def _key(row: Row) -> str:
    return f"claims:{row['claim_id']}"


def _patient_number(row: Row) -> str:
    """Without a patient id, each claim has a patient of its own."""
    return row.get("patient_id") or own_encounter(row["claim_id"])


def _encounter_number(row: Row) -> str:
    return row.get("encounter_id") or own_encounter(row["claim_id"])


FLAT_CLAIMS = Kind(
    name="flat_claims",
    title="Claims, flat",
    columns=(
        text("claim_id", "the claim number (X12 CLM01)", MOST_OF_NUMBER, is_required=True),
        text("payer", "the payer's name; made when missing", 120, is_required=True),
        amount("billed", "the amount billed", is_required=True),
        choice("payer_type", "what kind of payer it is", PAYER_KINDS, synonyms=PAYER_KIND_SYNONYMS),
        text("patient_id", "the practice's record number; made when missing", 60),
        text("patient_last_name", "family name", 80),
        text("patient_first_name", "given name", 80),
        day("patient_birth_date", "date of birth", is_past=True),
        text("encounter_id", "the id of the visit; one for each claim unless given", 60),
        text("provider_id", "the clinician's id; made when missing", 60),
        text("provider", "the clinician's name; without an id it is the id too", 60),
        STATUS,
        *CLAIM_COLUMNS,
        day("decided_on", "when the payer decided; needed once it did"),
        amount("paid", "what the payer paid; blank: not known"),
        amount("allowed", "what the payer allowed"),
        amount("patient_responsibility", "what the payer left to the patient"),
        amount("contractual", "what the contract took off"),
        plain("denial_reason", "claim adjustment reason code", "`197` or `CO-197`", reason_code),
        amount("denied_amount", "the amount denied; blank: what is billed and not explained"),
        *REASON_COLUMNS,
        *APPEAL_COLUMNS,
        amount("patient_paid", "what the patient paid; a refund is negative", may_be_negative=True),
        day("patient_paid_on", "when; the decision's date unless given"),
        amount("written_off", "what was given up, not because of a denial"),
        day("written_off_on", "when; the decision's date unless given"),
        text("procedure_code", "CPT or HCPCS code of the one service", 18),
        *PROCEDURE_COLUMNS,
    ),
    marks=("claim_id", "payer", "billed"),
    key=keyed_by("claim_id"),
    key_columns=("claim_id",),
    prepare=_flat,
    stores=(
        ("claims", keyed_by("claim_id")),
        ("patients", _patient_number),
        ("encounters", _encounter_number),
    ),
)
