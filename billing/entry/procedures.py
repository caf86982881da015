"""Finding procedure codes: those that fit what is typed, and those near a mistyped one."""

from difflib import get_close_matches
from functools import reduce
from operator import and_

from django.db.models import Q

from billing.models import ProcedureCode

OFFERED = 12
NEAR = 5
COMPARED = 500
LAST_CHARACTER = "\U0010ffff"


def normalized(text: str) -> str:
    """The code in what was typed or pasted: “99213 · Return visit” is 99213."""
    return text.partition("·")[0].strip().upper()


def matching(term: str, limit: int = OFFERED) -> list[ProcedureCode]:
    """Codes that begin with the term, then codes whose wording has all its words."""
    code = normalized(term)
    if "\x00" in term:
        return []
    codes = ProcedureCode.objects.filter(code__gte=code, code__lt=code + LAST_CHARACTER)
    found = list(codes.order_by("code")[:limit])
    words = term.split()
    if len(found) < limit and words and len(term.strip()) > 1:
        worded = reduce(and_, (Q(wording__icontains=word) for word in words))
        others = ProcedureCode.objects.filter(worded).exclude(pk__in=[p.pk for p in found])
        found += others.order_by("code")[: limit - len(found)]
    return found


def near(text: str) -> list[ProcedureCode]:
    """Up to five codes that a mistyped one may have meant, likeliest first."""
    code = normalized(text)
    for shared in (code[:3], code[:2], code[:1]):
        if not shared:
            continue
        rows = ProcedureCode.objects.filter(code__gte=shared, code__lt=shared + LAST_CHARACTER)
        candidates = {row.code: row for row in rows.order_by("code")[:COMPARED]}
        if close := get_close_matches(code, candidates, NEAR):
            close.sort(key=lambda other: sorted(other) != sorted(code))  # swapped digits first
            return [candidates[each] for each in close]
    return matching(text, NEAR)
