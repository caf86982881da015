"""Who is named in a written file, and how; what our records lack is filled in as invented."""

from django.core.exceptions import ValidationError

from billing.choices import PayerKind
from billing.models import Patient, Payer, PayerIdentifier, Practice, Provider
from billing.outgoing.segments import clean

Segment = tuple[str, ...]

# Our records hold no addresses and telephone numbers, and the guides ask for them.
STREET: Segment = ("N3", "1 SAMPLE STREET")
CITY: Segment = ("N4", "SPRINGFIELD", "IL", "627010001")
TELEPHONE = "5555550100"

FILING_INDICATORS = {
    PayerKind.MEDICARE: "MB",
    PayerKind.MEDICAID: "MC",
    PayerKind.GOVERNMENT: "OF",
    PayerKind.WORKERS_COMPENSATION: "WC",
    PayerKind.LIABILITY: "LM",
}


def identified(practice: Practice) -> Practice:
    """The practice, if its NPI and tax id are known; else ValidationError."""
    missing = [
        name for name, value in (("NPI", practice.npi), ("tax id", practice.tax_id)) if not value
    ]
    if missing:
        raise ValidationError(
            f"The practice {practice.name} lacks its {' and '.join(missing)}: enter it in the "
            "admin first."
        )
    return practice


def filing_indicator(payer: Payer, *, commercial: str) -> str:
    """The kind of payer as X12 SBR09 and CLP06 say it; they differ in the `commercial` ones."""
    return FILING_INDICATORS.get(PayerKind(payer.kind), commercial)


def payer_codes(practice: Practice) -> dict[int, str]:
    """Payer key → the practice's own id of that payer, the first one where there are several."""
    known = PayerIdentifier.objects.filter(practice=practice).order_by("-code")
    return {row.payer_id: row.code for row in known}


def named_payer(entity: str, payer: Payer, codes: dict[int, str]) -> Segment:
    """NM1 of a payer."""
    code = clean(codes.get(payer.pk) or payer.name, 80)
    return ("NM1", entity, "2", clean(payer.name), "", "", "", "", "PI", code)


def named_patient(entity: str, patient: Patient) -> Segment:
    """NM1 of a patient, who is the subscriber; the record number stands for the member id."""
    last = clean(patient.last_name) or "UNKNOWN"
    first = clean(patient.first_name, 35)
    return ("NM1", entity, "1", last, first, "", "", "", "MI", clean(patient.record_number, 80))


def named_provider(provider: Provider) -> list[Segment]:
    """NM1 of the rendering provider, with the NPI or else the billing system's code."""
    words = [word for word in clean(provider.name).split() if word.rstrip(".").lower() != "dr"]
    last, first = (words or ["UNKNOWN"])[-1], " ".join(words[:-1])[:35]
    name = ("NM1", "82", "1", last, first)
    if provider.npi:
        return [(*name, "", "", "", "XX", provider.npi)]
    return [name, ("REF", "G2", clean(provider.code, 50))]


def tax_id(practice: Practice) -> str:
    """The tax id without its hyphen."""
    return practice.tax_id.replace("-", "")
