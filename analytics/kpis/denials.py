"""Denial rates: how often payers refuse, how much and where (KPIS, initial-denial-rate ff.)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from analytics.charts import Bars, Lines
from analytics.columns import Column, CountColumn, MoneyColumn, PercentColumn
from analytics.dimensions import (
    DEPARTMENT,
    MONTH_DECIDED,
    PAYER,
    PAYER_KIND,
    PROCEDURE,
    PROVIDER,
    Dimension,
)
from analytics.expressions import (
    DENIED,
    DENIED_IN_FULL,
    FIRST_PASS_RESOLVED,
    LINES_UNTOLD,
    PATIENT_NON_COVERED,
    REDUCED,
)
from analytics.notes import immature_months, maturity
from analytics.page import WHOLE, Better, KpiPage, Part, Target
from analytics.scope import Scope
from analytics.values import Ratio, cents

NOTHING = Decimal(0)


# Rows


@dataclass(frozen=True, slots=True)
class Denials:
    """Claims with a first decision, and what that decision was; amounts in dollars."""

    name: Any = ""
    decided: int = 0
    denied: int = 0
    denied_in_full: int = 0
    patient_non_covered: int = 0
    reduced: int = 0
    resolved: int = 0
    denied_amount: Decimal = NOTHING
    billed: Decimal = NOTHING

    @property
    def rate(self) -> Decimal | None:
        """Denied or partially denied, in percent of decided."""
        return Ratio(self.denied, self.decided).percent

    @property
    def full_rate(self) -> Decimal | None:
        """Denied in full, in percent of decided."""
        return Ratio(self.denied_in_full, self.decided).percent

    @property
    def first_pass_rate(self) -> Decimal | None:
        """Paid or moved to the patient at once, in percent of decided."""
        return Ratio(self.resolved, self.decided).percent

    @property
    def amount_rate(self) -> Decimal | None:
        """Denied amount, in percent of billed."""
        return Ratio(self.denied_amount, self.billed).percent


@dataclass(frozen=True, slots=True)
class ProcedureDenials:
    """Claims with a first decision that carry a procedure code."""

    name: Any = ""
    wording: str = ""
    decided: int = 0
    denied: int = 0

    @property
    def rate(self) -> Decimal | None:
        """Denied, in percent of decided."""
        return Ratio(self.denied, self.decided).percent


# Functions


def _denials(scope: Scope, dimension: Dimension) -> list[Denials]:
    rows = (
        scope.decided()
        .values(group=dimension.expression())
        .annotate(
            decided=Count("pk"),
            denied=Count("pk", filter=DENIED),
            denied_in_full=Count("pk", filter=DENIED_IN_FULL),
            patient_non_covered=Count("pk", filter=PATIENT_NON_COVERED),
            reduced=Count("pk", filter=REDUCED),
            resolved=Count("pk", filter=FIRST_PASS_RESOLVED),
            denied_amount=Sum("as_of_first_denied_amount", filter=DENIED, default=NOTHING),
            billed_amount=Sum("billed", default=NOTHING),
        )
        .order_by("group")
    )
    return [
        Denials(
            r["group"],
            r["decided"],
            r["denied"],
            r["denied_in_full"],
            r["patient_non_covered"],
            r["reduced"],
            r["resolved"],
            cents(r["denied_amount"]),
            cents(r["billed_amount"]),
        )
        for r in rows
    ]


def _worst_first(rows: Sequence[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.rate or NOTHING, reverse=True)


def _untold_lines(scope: Scope) -> list[str]:
    """Warns where the source of a decision does not tell what became of its lines."""
    counts = scope.decided().aggregate(decided=Count("pk"), untold=Count("pk", filter=LINES_UNTOLD))
    if not counts["untold"]:
        return []
    return [
        f"The source of {counts['untold']:,} of the {counts['decided']:,} decided claims does not "
        "say whether lines were left to the patient as not covered, or reduced: these claims can "
        "count in neither column."
    ]


def denials_by_month(scope: Scope) -> list[Denials]:
    """Decisions by the month of the first decision, the oldest first."""
    return _denials(scope, MONTH_DECIDED)


def denials_by_payer(scope: Scope) -> list[Denials]:
    """Decisions by payer, the highest denial rate first."""
    return _worst_first(_denials(scope, PAYER))


def denials_by_payer_kind(scope: Scope) -> list[Denials]:
    """Decisions by kind of payer, the highest denial rate first."""
    return _worst_first(_denials(scope, PAYER_KIND))


def denials_by_department(scope: Scope) -> list[Denials]:
    """Decisions by department, the highest denial rate first."""
    return _worst_first(_denials(scope, DEPARTMENT))


def denials_by_provider(scope: Scope) -> list[Denials]:
    """Decisions by rendering provider, the highest denial rate first."""
    return _worst_first(_denials(scope, PROVIDER))


def denials_by_procedure(scope: Scope) -> list[ProcedureDenials]:
    """Decisions by procedure code; a claim counts once per code."""
    rows = (
        scope.decided()
        .values(group=PROCEDURE.expression(), wording=PROCEDURE.wording())
        .annotate(
            decided=Count("pk", distinct=True),
            denied=Count("pk", filter=DENIED, distinct=True),
        )
        .order_by("group")
    )
    return _worst_first(
        [ProcedureDenials(r["group"], r["wording"], r["decided"], r["denied"]) for r in rows]
    )


def each_claim_once(scope: Scope, rows: Sequence[Any]) -> ProcedureDenials:
    """The total of the procedures: rows overlap, so the claims are counted afresh."""
    counts = scope.decided().aggregate(decided=Count("pk"), denied=Count("pk", filter=DENIED))
    return ProcedureDenials(decided=counts["decided"], denied=counts["denied"])


# Pages


def _columns(dimension: Dimension, *names: str, **own: Column) -> dict[str, Column]:
    return {
        dimension.name: Column(dimension.label, source="name"),
        **{name: own.get(name) or COLUMNS[name] for name in names},
    }


COLUMNS = {
    "decided": CountColumn("Decided", "Claims with a first decision in the period"),
    "denied": CountColumn("Denied", "First decision denied or partially denied"),
    "rate": PercentColumn("Denial rate", "Denied ÷ decided"),
    "denied_in_full": CountColumn("Denied in full", "First decision denied, nothing paid"),
    "patient_non_covered": CountColumn(
        "Patient non-covered", "A line of the first decision was left to the patient as not covered"
    ),
    "reduced": CountColumn(
        "Reduced", "A line of the first decision was paid less for a denial reason"
    ),
    "resolved": CountColumn("First pass", "First decision paid or left to the patient"),
    "denied_amount": MoneyColumn("Denied amount", "Denial adjustments of the first decision"),
    "billed": MoneyColumn("Billed", "Billed amount of the decided claims"),
    "full_rate": PercentColumn("In full", "Denied in full ÷ decided"),
    "first_pass_rate": PercentColumn("First-pass rate", "First pass ÷ decided"),
    "amount_rate": PercentColumn("By value", "Denied amount ÷ billed"),
}
PARTS = {
    "decided": WHOLE,
    "denied": Part(DENIED),
    "denied_in_full": Part(DENIED_IN_FULL),
    "patient_non_covered": Part(PATIENT_NON_COVERED),
    "reduced": Part(REDUCED),
    "resolved": Part(FIRST_PASS_RESOLVED),
    "denied_amount": Part(DENIED, sums="as_of_first_denied_amount"),
    "billed": Part(sums="billed"),
}
INITIAL = Target(Decimal(10), "AAFP: 5–10 % is typical")
DENIAL_RATE = (
    "Claims whose first decision was denied or partially denied ÷ claims with a first decision, "
    "dated by the first decision. Duplicates and claims left to the patient are in the "
    "denominator only; undecided claims are left out."
)


def _monthly(rate: PercentColumn, part: str, whole: str, **entry: Any) -> KpiPage:
    """A rate on its own, month by month."""
    return KpiPage(
        dimension=MONTH_DECIDED,
        compute=denials_by_month,
        empty=Denials(),
        columns=_columns(MONTH_DECIDED, part, whole, "rate", rate=rate),
        value="rate",
        claims=Scope.decided,
        parts={name: PARTS[name] for name in (part, whole)},
        chart=Lines(("rate",)),
        notes=maturity,
        immature=immature_months,
        **entry,
    )


def _breakdown(dimension: Dimension, compute: Any, **entry: Any) -> KpiPage:
    """All denial rates by one dimension."""
    return KpiPage(
        title=f"Denials by {dimension.label.lower()}",
        definition=(
            f"{DENIAL_RATE} Patient non-covered and reduced stand beside it and are no denials: "
            "they count claims with such a line, the claim itself where the payer gave no lines."
        ),
        dimension=dimension,
        compute=compute,
        empty=Denials(),
        columns=_columns(dimension, *COLUMNS),
        value="rate",
        claims=Scope.decided,
        parts=PARTS,
        chart=Bars(("rate",)),
        default_target=INITIAL,
        notes=lambda scope: [*maturity(scope), *_untold_lines(scope)],
        **entry,
    )


PAGES = (
    _monthly(
        PercentColumn("Denial rate", "Denied ÷ decided"),
        "denied",
        "decided",
        slug="initial-denial-rate",
        why=(
            "Each denial costs a second round of work and weeks of waiting, and most could "
            "have been prevented before the claim was sent."
        ),
        title="Initial denial rate",
        definition=DENIAL_RATE,
        default_target=INITIAL,
    ),
    _monthly(
        PercentColumn("Denied value", "Denied amount ÷ billed", source="amount_rate"),
        "denied_amount",
        "billed",
        slug="initial-denial-dollars",
        why="Counts treat a small claim like a large one; this shows how much money is held up.",
        title="Initial denial rate by value",
        definition=(
            "Denied amount of the claims whose first decision was denied or partially denied ÷ "
            "billed amount of the claims with a first decision, dated by the first decision. The "
            "denied amount is the sum of the denial adjustments, not the charge."
        ),
        default_target=Target(Decimal(5), "AAFP"),
    ),
    _monthly(
        PercentColumn("Denied in full", "Denied in full ÷ decided", source="full_rate"),
        "denied_in_full",
        "decided",
        slug="full-denial-rate",
        why="A claim that is denied whole brings nothing until somebody works it.",
        title="Denied in full",
        definition=(
            "Claims whose first decision denied everything ÷ claims with a first decision, dated "
            "by the first decision."
        ),
    ),
    _monthly(
        PercentColumn("First-pass rate", "First pass ÷ decided", source="first_pass_rate"),
        "resolved",
        "decided",
        slug="first-pass-rate",
        why="What is settled at the first decision needs no more work: the cheapest cash there is.",
        title="First-pass resolution",
        definition=(
            "Claims whose first decision was paid or patient responsibility ÷ claims with a first "
            "decision, dated by the first decision."
        ),
        better=Better.HIGHER,
        default_target=Target(Decimal(90), "Tebra 2026 survey: median 85 %"),
    ),
    _breakdown(
        PAYER,
        denials_by_payer,
        slug="denials-by-payer",
        why="Shows with which payer to talk, and whose rules the claims miss.",
    ),
    _breakdown(
        DEPARTMENT,
        denials_by_department,
        slug="denials-by-department",
        why="Shows where denials begin: at registration, documentation or coding of a department.",
    ),
    _breakdown(
        PROVIDER,
        denials_by_provider,
        slug="denials-by-provider",
        why="Shows whose documentation or enrolment the payers turn down.",
    ),
    KpiPage(
        slug="denials-by-procedure",
        why=(
            "Shows which services need an authorization or better documentation before they "
            "are billed."
        ),
        title="Denials by procedure",
        definition=(
            f"{DENIAL_RATE} A claim counts once for each procedure code of its encounter, so the "
            "rows overlap and do not add up; the total counts each claim once."
        ),
        dimension=PROCEDURE,
        compute=denials_by_procedure,
        empty=ProcedureDenials(),
        columns={
            "procedure": Column("Procedure", source="name"),
            "wording": Column("Meaning"),
            **{name: COLUMNS[name] for name in ("decided", "denied", "rate")},
        },
        value="rate",
        claims=Scope.decided,
        parts={name: PARTS[name] for name in ("decided", "denied")},
        chart=Bars(("rate",)),
        total=each_claim_once,
        default_target=INITIAL,
        notes=maturity,
    ),
    _breakdown(
        PAYER_KIND,
        denials_by_payer_kind,
        slug="denials-by-payer-kind",
        why=(
            "Government and commercial payers follow different rules, so their denials have "
            "different cures."
        ),
    ),
)
