"""Remittances and their decisions as the pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from analytics.claims.decisions import FOUND
from analytics.values import cents
from billing.access import Person, visible
from billing.models import Adjudication, Remittance

State = Remittance.State
# What PLB03-1 says, in our words; other codes stand alone.
PROVIDER_REASONS = {
    "50": "Late charge",
    "51": "Interest penalty",
    "72": "Authorized return",
    "90": "Early payment allowance",
    "AP": "Acceleration of benefits",
    "B2": "Rebate",
    "B3": "Recovery allowance",
    "BD": "Bad debt adjustment",
    "BN": "Bonus",
    "C5": "Temporary allowance",
    "CR": "Capitation interest",
    "CS": "Adjustment",
    "CT": "Capitation payment",
    "CW": "Certified registered nurse anesthetist pass-through",
    "DM": "Direct medical education pass-through",
    "E3": "Withholding",
    "FB": "Balance carried forward",
    "FC": "Fund allocation",
    "GO": "Graduate medical education pass-through",
    "IP": "Incentive payment",
    "IR": "Withheld for the tax office",
    "IS": "Interim settlement",
    "J1": "Not reimbursed",
    "L3": "Penalty",
    "L6": "Interest owed",
    "LE": "Levy",
    "LS": "Lump sum",
    "OA": "Organ acquisition pass-through",
    "OB": "Offset for affiliated providers",
    "PI": "Periodic interim payment",
    "PL": "Final payment",
    "RA": "Retroactive adjustment",
    "RE": "Return on equity",
    "SL": "Student loan repayment",
    "TL": "Third-party liability",
    "WO": "Recovery of an overpayment",
    "WU": "Not recovered yet",
}


def remittances_of(user: Person) -> QuerySet[Remittance]:
    """The remittances that a person may see."""
    return visible(Remittance.objects.select_related("payer", "practice"), user)


def decisions_of(user: Person) -> QuerySet[Adjudication]:
    """The decisions on remittances that a person may see."""
    rows = Adjudication.objects.filter(remittance__isnull=False)
    return visible(rows.select_related("remittance__payer", "practice", "claim"), user)


def standing(remittance: Remittance) -> list[tuple[str, str]]:
    """How a remittance stands: words, each with the mark that goes before it."""
    words = []
    if remittance.state != State.POSTED:
        words.append((remittance.state, remittance.get_state_display()))
    if remittance.balance_difference:
        words.append(("off", f"Off by {remittance.balance_difference:,.2f}"))
    if count := remittance.unbalanced_claims:
        words.append(("off", f"{count:,} claim{'' if count == 1 else 's'} off"))
    return words or [("balanced", "Balanced")]


@dataclass(frozen=True, slots=True)
class RemittanceRow:
    """One remittance of the list."""

    remittance: Remittance
    standing: list[tuple[str, str]]

    @classmethod
    def all_of(cls, rows: Iterable[Remittance]) -> list["RemittanceRow"]:
        """The rows of these remittances."""
        return [cls(row, standing(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision of a remittance: what was decided why, and how it found its claim."""

    event: Adjudication
    reasons: str
    found: str
    is_waiting: bool

    @classmethod
    def of(cls, event: Adjudication) -> "DecisionRow":
        """A decision whose remittance, claim and adjustments are read already."""
        codes = dict.fromkeys(f"{a.group}-{a.reason_id}" for a in event.adjustments.all())
        return cls(event, ", ".join(codes), _found(event), _is_waiting(event))


def _is_waiting(event: Adjudication) -> bool:
    return event.claim_id is None and event.remittance.state == State.POSTED  # type: ignore[union-attr]  # it came in one


def _found(event: Adjudication) -> str:
    """How the decision found its claim, in words."""
    if event.claim_id is not None:
        return FOUND.get(event.matched_by, "")
    if not _is_waiting(event):
        return "does not count"
    return "kept aside" if event.is_kept_aside else "waits for its claim"


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether a payment adds up: Σ claims − provider-level adjustments = payment."""

    claims: Decimal
    taken: Decimal
    payment: Decimal

    @classmethod
    def of(cls, remittance: Remittance) -> "Balance":
        """The sums of a remittance, in dollars."""
        paid = remittance.adjudications.aggregate(total=Sum("paid"))["total"]
        taken = remittance.provider_adjustments.aggregate(total=Sum("amount"))["total"]
        return cls(cents(paid), cents(taken), remittance.amount)

    @property
    def due(self) -> Decimal:
        """What the payment should be."""
        return self.claims - self.taken

    @property
    def difference(self) -> Decimal:
        """The payment less what it should be: 0 where it balances."""
        return self.payment - self.due


ONLY = {
    "": ("All", Q()),
    "off": ("Do not add up", ~Q(balance_difference=0) | Q(unbalanced_lines__gt=0)),
    "unmatched": ("Without a claim", Q(claim__isnull=True)),
}
