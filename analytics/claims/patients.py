"""Finding claims by patient, for those who may see patients.

What is typed is posted and kept in the session. The address only says that it applies
(`patient=kept`), so no name gets into an address, a bookmark, a referrer or a log.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.db.models.functions import Upper
from django.http import HttpRequest, QueryDict

from analytics.claims.search import narrowed
from billing.entry.patients import practice_keys, readings
from billing.models import Patient
from billing.querysets import ClaimQuerySet

PERMISSION = "billing.view_patient"
PARAMETER, KEPT = "patient", "kept"
SESSION_KEY = "claims_patient"
LONGEST = 120
MOST = 200


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """What was typed, how that is understood, whom it finds; `problem` says why it is left out."""

    words: str = ""
    reading: str = ""
    patients: tuple[Patient, ...] = ()
    problem: str = ""

    @property
    def is_on(self) -> bool:
        """Whether the list is narrowed to patients."""
        return bool(self.words) and not self.problem

    def narrow(self, claims: ClaimQuerySet) -> ClaimQuerySet:
        """The claims of the patients found."""
        if not self.is_on:
            return claims
        return narrowed(claims, [Q(encounter__patient__in=[p.pk for p in self.patients])])


def may_see(user: User | AnonymousUser) -> bool:
    """Whether this person may see who a claim is about."""
    return user.has_perm(PERMISSION)


def remember(request: HttpRequest, words: str) -> None:
    """Keep what was typed until the person logs out or searches anew."""
    request.session[SESSION_KEY] = words.replace("\x00", "").strip()[:LONGEST]


def forget(request: HttpRequest) -> None:
    """End the search."""
    request.session.pop(SESSION_KEY, None)


def kept_search(request: HttpRequest, data: QueryDict) -> PatientSearch:
    """The search that an address asks for, with the patients it finds."""
    if data.get(PARAMETER) != KEPT:
        return PatientSearch()
    if not may_see(request.user):
        return PatientSearch(problem="Patient: searching by patient is not open to you.")
    words = request.session.get(SESSION_KEY, "")
    if not words:
        return PatientSearch(problem="Patient: that search has ended. Type the name again.")
    reading, found = _found(request.user, words)
    if len(found) > MOST:
        return PatientSearch(
            words, problem=f"Patient: more than {MOST} patients fit. Type more of the name."
        )
    return PatientSearch(words, reading, tuple(found))


def _found(user: User | AnonymousUser, words: str) -> tuple[str, list[Patient]]:
    """How the words are understood, and up to one patient more than `MOST` that fit.

    Understood as on the page of patients: the first reading that finds anybody.
    """
    rows = Patient.objects.annotate(last_key=Upper("last_name"), first_key=Upper("first_name"))
    rows = rows.filter(practice__in=practice_keys(user))
    options = readings(words)
    for reading in options:
        found: list[Patient] = list(
            rows.filter(reading.condition).order_by(*reading.order)[: MOST + 1]
        )
        if found:
            return reading.words, found
    return options[0].words, []
