"""Which claims a waiting decision may be about: each with the reasons why, most reasons first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from analytics.claims.search import begins_with
from billing.models import Adjudication, Claim

MOST = 10
SHORTEST = 4  # shorter beginnings of numbers say nothing
DATE_AND_CHARGE = "service date and charge"
PATIENT = "the patient’s record number"


@dataclass(slots=True)
class Suggestion:
    """A claim that a decision may be about."""

    claim: Claim
    why: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The reasons as a list in words."""
        return ", ".join(self.why)


def suggestions(decision: Adjudication, *, may_see_patients: bool) -> list[Suggestion]:
    """Up to `MOST` claims of the decision's practice, in a fixed number of queries."""
    claims = Claim.objects.filter(practice=decision.practice_id).select_related("payer")
    found: dict[int, Suggestion] = {}
    for why, condition in _readings(decision, may_see_patients=may_see_patients):
        for claim in claims.filter(condition).order_by("pk")[:MOST]:
            found.setdefault(claim.pk, Suggestion(claim)).why.append(why)
    payer = decision.remittance.payer_id if decision.remittance else None
    ranked = sorted(
        found.values(), key=lambda s: (-len(s.why), s.claim.payer_id != payer, s.claim.pk)
    )
    return ranked[:MOST]


def _readings(decision: Adjudication, *, may_see_patients: bool) -> Iterator[tuple[str, Q]]:
    """What may point at a claim, strongest first; every condition is served by an index."""
    number = decision.claim_number
    spellings = _spellings(number)
    if spellings:
        yield "the number but for its spelling", Q(number__in=spellings)
    beginnings = {
        spelled[:end]
        for spelled in (number, number.upper(), number.lower())
        for end in range(SHORTEST, len(number))
    }
    if len(number) >= SHORTEST:
        longer = Q()
        for begun in begins_with("number", number):
            longer |= begun
        yield "the beginning of the number", Q(number__in=beginnings) | longer
    if control := decision.payer_control_number:
        claims = Adjudication.objects.filter(
            practice=decision.practice_id, payer_control_number=control, claim__isnull=False
        )
        keys = claims.order_by().values("claim")
        yield "the payer’s number", Q(payer_control_number=control) | Q(pk__in=keys)
    if decision.service_date and decision.charge:
        charge = abs(decision.charge)
        yield DATE_AND_CHARGE, Q(service_date=decision.service_date, billed=charge)
    if may_see_patients and spellings:
        yield PATIENT, Q(encounter__patient__record_number__in={number, *spellings})


def _spellings(number: str) -> set[str]:
    """The number in capitals or small letters, without signs or leading zeros."""
    bare = re.sub(r"[^0-9A-Za-z]", "", number)
    forms = {number, bare, number.lstrip("0"), bare.lstrip("0")} - {""}
    return {spelled for form in forms for spelled in (form, form.upper(), form.lower())}
