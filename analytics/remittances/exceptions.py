"""What does not add up or is not known: by payer, by reason code, by department."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse

from analytics.remittances.filters import COUNTED, LINES_OFF, OFF
from analytics.remittances.rows import decisions_of, remittances_of
from analytics.values import cents
from billing.access import Person, practices_of, visible
from billing.departments import Unmapped, unmapped
from billing.models import Adjudication, Adjustment, ReasonCode, Remittance

MOST_GROUPS = 200
LEVELS = {"claims": ("claims", OFF), "lines": ("claims with lines", LINES_OFF)}


@dataclass(slots=True)
class PayerImbalance:
    """What of one payer's remittances does not add up, in dollars and counts."""

    payer: str
    payments: int = 0
    payments_off: Decimal = Decimal(0)
    claims: int = 0
    claims_off: Decimal = Decimal(0)
    lines: int = 0

    @property
    def links(self) -> dict[str, str]:
        """The addresses of what was counted."""
        listed, decided = reverse("remittances:list"), reverse("remittances:unbalanced-claims")
        payer = {"payer": self.payer}
        return {
            "payments": f"{listed}?{urlencode(payer | {'state': 'unbalanced'})}",
            "claims": f"{decided}?{urlencode(payer | {'level': 'claims'})}",
            "lines": f"{decided}?{urlencode(payer | {'level': 'lines'})}",
        }


def imbalances(user: Person) -> list[PayerImbalance]:
    """The payers whose remittances do not add up, most cases first; set-aside ones do not count."""
    found: dict[str, PayerImbalance] = {}
    remittances = remittances_of(user).select_related(None).filter(OFF & COUNTED)
    for row in _by_payer(remittances, "payer__name", "balance_difference"):
        of_payer = found.setdefault(row["name"], PayerImbalance(row["name"]))
        of_payer.payments, of_payer.payments_off = row["rows"], cents(row["off"])
    for level in LEVELS:
        decisions = unbalanced_decisions(user, level).select_related(None)
        for row in _by_payer(decisions, "remittance__payer__name", "balance_difference"):
            of_payer = found.setdefault(row["name"], PayerImbalance(row["name"]))
            setattr(of_payer, level, row["rows"])
            if level == "claims":
                of_payer.claims_off = cents(row["off"])
    return sorted(found.values(), key=lambda r: (-r.payments - r.claims - r.lines, r.payer))


def _by_payer(
    rows: QuerySet[Remittance] | QuerySet[Adjudication], name: str, off: str
) -> list[Any]:
    grouped = rows.order_by().values(name).annotate(rows=Count("pk"), off=Sum(off)).order_by(name)
    return [{**row, "name": row[name]} for row in grouped]


def unbalanced_decisions(user: Person, level: str) -> QuerySet[Adjudication]:
    """The decisions that do not add up, as claims or in their lines."""
    aside = Q(remittance__state=Remittance.State.SET_ASIDE)
    return decisions_of(user).filter(~aside, LEVELS[level][1])


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A reason code that files use and the table lacks."""

    reason: ReasonCode
    groups: str
    adjustments: int
    amount: Decimal


def unknown_codes(user: Person) -> list[UnknownCode]:
    """Codes nobody has described, with what they adjusted, the largest amount first."""
    reasons = ReasonCode.objects.filter(is_unknown=True).in_bulk()
    rows = visible(Adjustment.objects.all(), user, "adjudication__practice")
    grouped = (
        rows.filter(reason__in=[*reasons])
        .order_by()
        .values("reason", "group")
        .annotate(adjustments=Count("pk"), amount=Sum("amount"))
        .order_by("reason", "group")
    )
    by_code: dict[str, list[dict[str, Any]]] = {}
    for row in grouped:
        by_code.setdefault(row["reason"], []).append(row)
    found = [_of_code(reasons[code], rows) for code, rows in by_code.items()]
    return sorted(found, key=lambda c: (-abs(c.amount), c.reason.code))


def _of_code(reason: ReasonCode, rows: Sequence[dict[str, Any]]) -> UnknownCode:
    groups = ", ".join(row["group"] for row in rows)
    amount = sum((cents(row["amount"]) for row in rows), Decimal(0))
    return UnknownCode(reason, groups, sum(row["adjustments"] for row in rows), amount)


@dataclass(frozen=True, slots=True)
class UnmappedRow:
    """Claims without a department that were sent alike, with the way to a rule for them."""

    group: Unmapped
    cells: Sequence[str]
    rule_url: str


def unmapped_rows(user: Person) -> list[UnmappedRow]:
    """The claims that no department rule fitted, by what their sending says."""
    found = []
    for group in unmapped(practices_of(user), most=MOST_GROUPS):
        asked = {name: value for name, value in group.sent.items() if value}
        query = urlencode({"practice": group.practice.pk, **asked})
        url = f"{reverse('admin:billing_departmentrule_add')}?{query}"
        found.append(UnmappedRow(group, [value or "–" for value in group.sent.values()], url))
    return found
