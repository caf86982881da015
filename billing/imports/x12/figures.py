"""What a file adds up to, kept while it is read: the figures of its report.

`as_json` prints them under names that any other reader of X12 can be compared with.
"""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from billing.adjudication import Reduction
from billing.imports.remembered import SeenRows
from billing.imports.x12.elements import ZERO
from billing.imports.x12.remittances import (
    NO_REASON,
    RemittanceClaim,
    RemittanceHeader,
    StatedProviderAdjustment,
)
from billing.imports.x12.submissions import SubmittedClaim

LISTED_NUMBERS = 40
LISTED_ADJUSTMENTS = 1_000
SERVICE_SEGMENTS = ("SV1", "SV2", "SV3")


class Repeated:
    """Claim numbers that a file uses more than once; on disk beyond a few."""

    def __init__(self) -> None:
        self._few: Counter[str] = Counter()
        self._seen, self._again = SeenRows(), SeenRows()
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._seen.close()
        self._again.close()

    def add(self, number: str) -> None:
        """Count one use of a number."""
        if len(self._few) < LISTED_NUMBERS:
            self._few[number] += 1
        is_new = self._seen.first(number, 0, "") is None
        if not is_new and self._again.first(number, 0, "") is None:
            self.count += 1

    def named(self) -> dict[str, int] | int:
        """Number → uses where there are few numbers, else how many are used again."""
        if len(self._few) < LISTED_NUMBERS:
            return {number: uses for number, uses in self._few.items() if uses > 1}
        return self.count


class RemittanceFigures:
    """Sums over the 835s of one file."""

    def __init__(self, repeated: Repeated) -> None:
        self._repeated = repeated
        self.transactions = self.claims = self.services = self.balanced = 0
        self.charges = self.paid = self.patient = self.provider = self.amount = ZERO
        self.by_status: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.at_claims: dict[str, Decimal] = {}
        self.at_lines: dict[str, Decimal] = {}
        self.provider_adjustments: list[str] = []
        self.negative = self.lines_off = self.claims_off = self.claims_apart = 0

    def add_claim(self, claim: RemittanceClaim) -> None:
        """Count one claim."""
        self._repeated.add(claim.number)
        self.claims += 1
        self.services += len(claim.lines)
        self.charges += claim.charge
        self.paid += claim.paid
        self.patient += claim.patient or ZERO
        self.by_status[claim.status_code] += 1
        self.negative += claim.charge < 0
        self._add(self.at_claims, claim.reductions)
        for line in claim.lines:
            self._add(self.at_lines, line.reductions)
            self.lines_off += line.difference != 0
        self.claims_off += claim.difference != 0
        self.claims_apart += claim.is_apart_from_lines

    def add_set(
        self,
        header: RemittanceHeader,
        adjustments: Iterable[StatedProviderAdjustment],
        difference: Decimal,
    ) -> None:
        """Count one transaction set after its claims."""
        self.transactions += 1
        self.amount += header.amount
        self.balanced += difference == 0
        for adjustment in adjustments:
            self.provider += adjustment.amount
            if len(self.provider_adjustments) < LISTED_ADJUSTMENTS:
                self.provider_adjustments.append(f"{adjustment.stated}={adjustment.amount}")

    def as_json(self) -> dict[str, Any]:
        """The sums as text, so that no digit is lost."""
        groups = dict.fromkeys((*self.at_claims, *self.at_lines))
        by_group = {g: self.at_claims.get(g, ZERO) + self.at_lines.get(g, ZERO) for g in groups}
        return {
            "transactions": self.transactions,
            "claims": self.claims,
            "services": self.services,
            "charges": str(self.charges),
            "paid": str(self.paid),
            "patient_resp": str(self.patient),
            "status": dict(self.by_status),
            "cas_claim": _plain(self.at_claims),
            "cas_line": _plain(self.at_lines),
            "cas_by_group": _plain(by_group),
            "reasons": dict(self.reasons),
            "plb": str(self.provider),
            "plb_items": self.provider_adjustments,
            "bpr02": str(self.amount),
            "negative_claims": self.negative,
            "lines_unbalanced": self.lines_off,
            "claims_unbalanced": self.claims_off,
            "claims_lines_differ": self.claims_apart,
            "tx_balance": self.balanced,
            "all_transactions_balance": self.balanced == self.transactions,
            "duplicate_claim_ids": self._repeated.named(),
        }

    def _add(self, sums: dict[str, Decimal], reductions: Iterable[Reduction]) -> None:
        for reduction in reductions:
            sums[reduction.group] = sums.get(reduction.group, ZERO) + reduction.amount
            reason = "" if reduction.reason == NO_REASON else reduction.reason
            self.reasons[f"{reduction.group}-{reason}"] += 1


class SubmissionFigures:
    """Sums over the 837s of one file."""

    def __init__(self, repeated: Repeated) -> None:
        self._repeated = repeated
        self.transactions = self.claims = self.lines = self.differing = 0
        self.charges = self.line_charges = self.patient_paid = ZERO
        self.adjustments: dict[str, Decimal] = {}
        self.reasons: Counter[str] = Counter()
        self.frequency: Counter[str] = Counter()
        self.services: Counter[str] = Counter()

    def add_claim(self, claim: SubmittedClaim) -> None:
        """Count one sending of a claim."""
        self._repeated.add(claim.number)
        self.claims += 1
        self.charges += claim.charge
        self.lines += len(claim.lines)
        self.line_charges += claim.line_charges
        self.patient_paid += claim.patient_paid
        self.differing += claim.charge != claim.line_charges
        self.frequency[claim.frequency_code] += 1
        self.services.update(line.kind for line in claim.lines)
        for payer in claim.other_payers:
            for reduction in payer.reductions:
                sums = self.adjustments
                sums[reduction.group] = sums.get(reduction.group, ZERO) + reduction.amount
                reason = "" if reduction.reason == NO_REASON else reduction.reason
                self.reasons[f"{reduction.group}-{reason}"] += 1

    def add_set(self) -> None:
        """Count one transaction set."""
        self.transactions += 1

    def as_json(self) -> dict[str, Any]:
        """The sums as text, so that no digit is lost."""
        return {
            "transactions": self.transactions,
            "claims": self.claims,
            "lines": self.lines,
            "charges": str(self.charges),
            "line_charges": str(self.line_charges),
            "cas": _plain(self.adjustments),
            "reasons": dict(self.reasons),
            "frequency": dict(self.frequency),
            "patient_paid": str(self.patient_paid),
            "sv": {name: self.services[name] for name in SERVICE_SEGMENTS},
            "claims_differ": self.differing,
            "duplicate_claim_ids": self._repeated.count,
        }


def _plain(sums: dict[str, Decimal]) -> dict[str, str]:
    return {name: str(total) for name, total in sums.items()}
