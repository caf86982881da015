"""Names for conditions and bands: each means the same wherever a KPI or a drill-down asks for it.

They read the `as_of_…` columns, so they follow the as-of day.
"""

from datetime import date, timedelta

from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.expressions import Combinable

from billing.choices import DENIALS, FIRST_PASS, ClaimStatus, Outcome

DECIDED = Q(as_of_first_decided_on__isnull=False)
UNDECIDED = Q(as_of_first_decided_on__isnull=True)
DENIED = Q(as_of_first_outcome__in=DENIALS)  # by the first decision; CURRENTLY_DENIED asks for now
DENIED_IN_FULL = Q(as_of_first_outcome=Outcome.DENIED)
PATIENT_NON_COVERED = Q(as_of_first_patient_non_covered=True)
REDUCED = Q(as_of_first_reduced=True)
LINES_UNTOLD = Q(as_of_first_reduced__isnull=True)
FIRST_PASS_RESOLVED = Q(as_of_first_outcome__in=FIRST_PASS)
CURRENTLY_DENIED = Q(as_of_status=ClaimStatus.DENIED)
DRAFT = Q(as_of_status=ClaimStatus.DRAFT)
PENDING = Q(as_of_status=ClaimStatus.PENDING)
APPEALED = Q(as_of_status=ClaimStatus.APPEALED)

AGE_BANDS = (("0-30", 30), ("31-60", 60), ("61-90", 90), ("91-120", 120))
OLDEST_BAND = "over 120"
UNDATED_BAND = "no service date"
BANDS = (*(name for name, _ in AGE_BANDS), OLDEST_BAND, UNDATED_BAND)
OVER_90_DAYS = 90


def age_band(field: str, as_of: date) -> Case:
    """Name the aging band of a date; compares plain dates, so every database agrees."""
    return Case(
        When(**{f"{field}__isnull": True}, then=Value(UNDATED_BAND)),
        *(
            When(**{f"{field}__gte": as_of - timedelta(days=days)}, then=Value(name))
            for name, days in AGE_BANDS
        ),
        default=Value(OLDEST_BAND),
        output_field=CharField(),
    )


def in_band(band: str, field: str, as_of: date) -> Q:
    """The claims whose date lies in one aging band."""
    if band == UNDATED_BAND:
        return Q(**{f"{field}__isnull": True})
    upper = dict(AGE_BANDS)
    names = [name for name, _ in AGE_BANDS]
    younger = Q()
    position = names.index(band) if band in upper else len(names)
    if position > 0:
        younger = Q(**{f"{field}__lt": as_of - timedelta(days=upper[names[position - 1]])})
    if band in upper:
        younger &= Q(**{f"{field}__gte": as_of - timedelta(days=upper[band])})
    return younger


def older_than(days: int, field: str, as_of: date) -> Q:
    """The claims whose date lies more than `days` whole days before `as_of`."""
    return Q(**{f"{field}__lt": as_of - timedelta(days=days)})


def outstanding() -> Combinable:
    """Billed less all that was paid, moved, reduced or written off (KPIS, days-in-ar)."""
    return (
        F("billed")
        - F("as_of_paid")
        - F("as_of_patient_responsibility")
        - F("as_of_contractual")
        - F("as_of_written_off")
    )
