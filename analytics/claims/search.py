"""Finding claims by the beginning of a number, through an index on either database."""

from collections.abc import Iterable

from django.db.models import Q

from billing.models import Claim
from billing.querysets import ClaimQuerySet

FEW = 1_000
LAST_CHARACTER = "\U0010ffff"


def begins_with(column: str, text: str) -> list[Q]:
    """Rows whose `column` begins with `text` as typed, in capitals or in small letters.

    Ranges instead of LIKE: the BINARY collation of such columns serves them by index on SQLite too.
    """
    return [
        Q(**{f"{column}__gte": spelled, f"{column}__lt": spelled + LAST_CHARACTER})
        for spelled in dict.fromkeys((text, text.upper(), text.lower()))
    ]


def narrowed(claims: ClaimQuerySet, conditions: Iterable[Q]) -> ClaimQuerySet:
    """The claims that meet any of the conditions.

    Each condition has an index of its own, which a database forgets over a sorted list with several
    of them. So the keys of up to `FEW` claims are looked up first; where more fit, a sorted walk
    meets enough of them soon, and conditions that nobody meets are not asked again.
    """
    keys: set[int] = set()
    met = Q()
    for condition in conditions:
        found = Claim.objects.filter(condition).order_by().values_list("pk", flat=True)
        some = list(found[: FEW + 1])
        keys.update(some)
        if some:
            met |= condition
    return claims.filter(pk__in=keys) if len(keys) <= FEW else claims.filter(met)
