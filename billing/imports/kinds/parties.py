"""Payers, providers and patients."""

from collections.abc import Sequence

from billing.choices import PayerKind
from billing.imports.columns import Row, choice, day, plain, text
from billing.imports.context import Context, each_row
from billing.imports.directory import kind_of
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan
from billing.imports.values import yes_or_no
from billing.models import Patient, Payer, PayerIdentifier, Provider

PAYER_KINDS = dict(PayerKind.choices)
PAYER_KIND_SYNONYMS = {
    "private": PayerKind.COMMERCIAL,
    "insurance": PayerKind.COMMERCIAL,
    "tricare": PayerKind.GOVERNMENT,
    "other-government": PayerKind.GOVERNMENT,
    "workers-comp": PayerKind.WORKERS_COMPENSATION,
    "auto": PayerKind.LIABILITY,
    "selfpay": PayerKind.SELF_PAY,
    "patient": PayerKind.SELF_PAY,
}


def _payers(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()

    def handle(row: Row) -> Change:
        directory = context.directory
        wanted = row.given(kind="payer_type", is_capitated="capitated")
        name, code = row["payer_name"], row["payer_id"]
        if wanted.get("kind") in ("", PayerKind.GOVERNMENT, PayerKind.UNKNOWN):
            # exports often call Medicare and Medicaid just government
            wanted["kind"] = kind_of(name) or wanted["kind"] or PayerKind.UNKNOWN
        identifier = directory.identifiers.get(code)
        payer = directory.payers.get(name.casefold())
        if payer is None and identifier is not None:
            payer = identifier.payer  # the same id with a new name: the payer is renamed
            directory.payers.pop(payer.name.casefold(), None)
            directory.payers[name.casefold()] = payer
            wanted["name"] = name
        if payer is None:
            payer = Payer(**({"name": name, "kind": kind_of(name) or PayerKind.UNKNOWN} | wanted))
            directory.remember(directory.payers, name.casefold(), payer)
        _, of_payer = plan.records.put(payer, Payer, **wanted)
        if identifier is None:
            identifier = PayerIdentifier(practice=context.practice, code=code, payer=payer)
            directory.remember(directory.identifiers, code, identifier)
            return Change.CREATED
        _, of_identifier = plan.records.put(identifier, PayerIdentifier, payer=payer)
        return Change.of(of_identifier, of_payer)

    return each_row(plan, rows, handle)


PAYERS = Kind(
    name="payers",
    title="Payers",
    columns=(
        text("payer_id", "the id by which other files name the payer", 80, is_required=True),
        text("payer_name", "its name; payers of one name are one payer", 120, is_required=True),
        choice("payer_type", "what kind of payer it is", PAYER_KINDS, synonyms=PAYER_KIND_SYNONYMS),
        plain(
            "capitated",
            "whether it pays a fixed amount per member",
            "yes or no",
            yes_or_no,
            blank=False,
        ),
    ),
    marks=("payer_id", "payer_name"),
    key=keyed_by("payer_id"),
    key_columns=("payer_id",),
    prepare=_payers,
)


def _providers(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()

    def handle(row: Row) -> Change:
        directory = context.directory
        code = row["provider_id"]
        wanted = row.given(name="provider_name", npi="npi", specialty="specialty")
        if "department" in row.values:
            wanted["department"] = directory.department_named(row["department"])
        stored = directory.providers.get(code)
        if stored is None:
            provider = Provider(practice=context.practice, code=code, **wanted)
            directory.remember(directory.providers, code, provider)
            return Change.CREATED
        return plan.records.put(stored, Provider, **wanted)[1]

    return each_row(plan, rows, handle)


PROVIDERS = Kind(
    name="providers",
    title="Providers",
    columns=(
        text("provider_id", "the id by which other files name the clinician", 60, is_required=True),
        text("provider_name", "the name to show", 120, is_required=True),
        text("npi", "National Provider Identifier", 10),
        text("specialty", "the specialty, as text", 120),
        text("department", "the department's name; made when missing", 120),
    ),
    marks=("provider_id", "provider_name"),
    key=keyed_by("provider_id"),
    key_columns=("provider_id",),
    prepare=_providers,
)


def _patients(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    stored = context.patients(row["patient_id"] for row in rows)

    def handle(row: Row) -> Change:
        number = row["patient_id"]
        wanted = row.given(last_name="last_name", first_name="first_name", birth_date="birth_date")
        if number not in stored:
            wanted |= {"practice": context.practice, "record_number": number}
        stored[number], change = plan.records.put(stored.get(number), Patient, **wanted)
        return change

    return each_row(plan, rows, handle)


PATIENTS = Kind(
    name="patients",
    title="Patients",
    columns=(
        text("patient_id", "the practice's record number", 60, is_required=True),
        text("last_name", "family name", 80),
        text("first_name", "given name", 80),
        day("birth_date", "date of birth", is_past=True),
    ),
    marks=("patient_id", "last_name"),
    key=keyed_by("patient_id"),
    key_columns=("patient_id",),
    prepare=_patients,
    stores=(("patients", keyed_by("patient_id")),),
)
