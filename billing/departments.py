"""Which department the claims of an 837 belong to: by the practice's rules, the closest one first.

X12 knows no departments. A claim that no rule fitted when it was loaded has none; it is listed with
what its newest sending says, and takes one once a rule fits it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from billing import audit
from billing.models import Claim, Department, DepartmentRule, Practice, Submission

AT_ONCE = 1_000
NEWEST = ("-submitted_on", "-interchange_control", "-file_sha256", "-transaction_set", "-position")
CONDITIONS = DepartmentRule.CONDITIONS


def closest_first(rules: Iterable[DepartmentRule]) -> list[DepartmentRule]:
    """Rules by the number of their conditions, most first."""
    return sorted(rules, key=lambda r: (-sum(bool(getattr(r, n)) for n in CONDITIONS), r.pk))


def fits(rule: DepartmentRule, sent: Mapping[str, str]) -> bool:
    """Whether a claim that was sent so meets all conditions of a rule."""
    return all(
        not getattr(rule, name) or getattr(rule, name).upper() == sent[name] for name in CONDITIONS
    )


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Claims without a department that were sent alike; `department` is what a rule says by now."""

    practice: Practice
    sent: Mapping[str, str]
    claims: int
    billed: Decimal
    department: Department | None


def unmapped(seen: Collection[int] | None, *, most: int | None = None) -> list[Unmapped]:
    """The claims of these practices (None: all) that no rule fitted, most claims first."""
    rows = (
        _sent(seen)
        .values("claim__practice", *CONDITIONS)
        .annotate(claims=Count("pk"), billed=Sum("charge"))
        .order_by("-claims", "claim__practice", *CONDITIONS)
    )
    found = list(rows if most is None else rows[:most])
    rules: dict[int, list[DepartmentRule]] = {}
    practices = Practice.objects.in_bulk({row["claim__practice"] for row in found})
    stored = DepartmentRule.objects.filter(practice__in=practices).select_related("department")
    for rule in closest_first(stored.order_by("pk")):
        rules.setdefault(rule.practice_id, []).append(rule)
    return [_grouped(row, practices, rules) for row in found]


def _grouped(
    row: dict[str, Any], practices: Mapping[int, Practice], rules: dict[int, list[DepartmentRule]]
) -> Unmapped:
    practice = practices[row["claim__practice"]]
    sent = {name: row[name] for name in CONDITIONS}
    fitting = (r.department for r in rules.get(practice.pk, ()) if fits(r, sent))
    billed = Decimal(str(row["billed"])).quantize(Decimal("0.01"))
    return Unmapped(practice, sent, row["claims"], billed, next(fitting, None))


def _sent(seen: Collection[int] | None) -> QuerySet[Submission]:
    """The newest sending of each claim without a department."""
    claims = Claim.objects.filter(department__isnull=True, submissions__isnull=False)
    if seen is not None:
        claims = claims.filter(practice__in=seen)
    newest = Submission.objects.filter(claim=OuterRef("pk")).order_by(*NEWEST).values("pk")[:1]
    keys = claims.order_by().annotate(newest=Subquery(newest)).values("newest")
    return Submission.objects.filter(pk__in=keys)


def apply_rules(seen: Collection[int] | None, who: User) -> int:
    """Give claims without a department the one that a rule says by now; return how many."""
    changed = 0
    for group in unmapped(seen):
        if group.department is None:
            continue
        rows = _sent({group.practice.pk}).filter(**group.sent).order_by("claim")
        keys = list(rows.values_list("claim", flat=True))
        for start in range(0, len(keys), AT_ONCE):
            changed += _set(keys[start : start + AT_ONCE], group.department, who)
    return changed


@transaction.atomic
def _set(keys: Collection[int], department: Department, who: User) -> int:
    """Write the department of claims that still have none."""
    rows = Claim.objects.filter(pk__in=keys, department__isnull=True)
    found = list(rows.select_for_update().order_by("pk"))
    audit.changed_in_bulk(who, found, {"department": department})
    Claim.objects.filter(pk__in=[claim.pk for claim in found]).update(department=department)
    return len(found)
