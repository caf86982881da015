"""Receivables: what is owed as of a day, how old it is, and who owes it (KPIS, aging ff.)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q, Sum

from analytics.charts import Bars, Columns, Stacks
from analytics.columns import Column, CountColumn, DaysColumn, MoneyColumn, PercentColumn
from analytics.dimensions import AGE_BAND, DEPARTMENT, PAYER, PROVIDER, STATUS, Dimension
from analytics.expressions import (
    AGE_BANDS,
    APPEALED,
    BANDS,
    CURRENTLY_DENIED,
    OLDEST_BAND,
    OVER_90_DAYS,
    PENDING,
    UNDATED_BAND,
    age_band,
    in_band,
    older_than,
    outstanding,
)
from analytics.page import WHOLE, Basis, KpiPage, Part, Target
from analytics.scope import Scope
from analytics.values import Ratio, cents
from billing.querysets import ClaimQuerySet

NOTHING = Decimal(0)
BASIS = "service_date"
BAND_COLUMNS = (  # the fields of Aging, in the order of BANDS
    *(f"band_{name.replace('-', '_')}" for name, _ in AGE_BANDS),
    "band_over_120",
    "undated",
)
SUBMISSION_WINDOW = 90  # days of submissions that days in A/R measures against


# Rows


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Open claims of one age band and what is owed on them, by status."""

    name: Any = ""
    claims: int = 0
    pending: int = 0
    denied: int = 0
    appealed: int = 0
    pending_balance: Decimal = NOTHING
    denied_balance: Decimal = NOTHING
    appealed_balance: Decimal = NOTHING
    balance: Decimal = NOTHING
    all_balance: Decimal = NOTHING

    @property
    def rate(self) -> Decimal | None:
        """Balance, in percent of all open balance."""
        return Ratio(self.balance, self.all_balance).percent


@dataclass(frozen=True, slots=True)
class Aging:
    """Open claims of one payer, department or status, and what is owed in each age band."""

    name: Any = ""
    claims: int = 0
    band_0_30: Decimal = NOTHING
    band_31_60: Decimal = NOTHING
    band_61_90: Decimal = NOTHING
    band_91_120: Decimal = NOTHING
    band_over_120: Decimal = NOTHING
    undated: Decimal = NOTHING
    balance: Decimal = NOTHING

    @property
    def over_90(self) -> Decimal:
        """Dollars owed for more than 90 days."""
        return self.band_91_120 + self.band_over_120

    @property
    def rate(self) -> Decimal | None:
        """Owed for more than 90 days, in percent of all owed."""
        return Ratio(self.over_90, self.balance).percent


@dataclass(frozen=True, slots=True)
class OldClaims:
    """Open claims of one payer that are more than 90 days old."""

    name: Any = ""
    claims: int = 0
    pending: int = 0
    denied: int = 0
    appealed: int = 0
    balance: Decimal = NOTHING
    oldest: str = ""


@dataclass(frozen=True, slots=True)
class DaysInReceivables:
    """What is outstanding, and what was billed in the 90 days before."""

    name: Any = ""
    claims: int = 0
    outstanding: Decimal = NOTHING
    billed: Decimal = NOTHING

    @property
    def days(self) -> Decimal | None:
        """Outstanding ÷ average billed per day."""
        return Ratio(self.outstanding, Decimal(self.billed) / SUBMISSION_WINDOW).value


# Functions


def aging(scope: Scope) -> list[AgeBand]:
    """What is owed by age band, the youngest first; bands without claims are left out."""
    rows = (
        scope.open()
        .values(band=age_band(BASIS, scope.as_of))
        .annotate(
            claims=Count("pk"),
            pending=Count("pk", filter=PENDING),
            denied=Count("pk", filter=CURRENTLY_DENIED),
            appealed=Count("pk", filter=APPEALED),
            pending_balance=Sum("as_of_balance", filter=PENDING, default=NOTHING),
            denied_balance=Sum("as_of_balance", filter=CURRENTLY_DENIED, default=NOTHING),
            appealed_balance=Sum("as_of_balance", filter=APPEALED, default=NOTHING),
            owed=Sum("as_of_balance", default=NOTHING),
        )
        .order_by("band")
    )
    found = {row["band"]: row for row in rows}
    all_balance = cents(sum(row["owed"] for row in found.values()))
    return [
        AgeBand(
            band,
            r["claims"],
            r["pending"],
            r["denied"],
            r["appealed"],
            cents(r["pending_balance"]),
            cents(r["denied_balance"]),
            cents(r["appealed_balance"]),
            cents(r["owed"]),
            all_balance,
        )
        for band in BANDS
        if (r := found.get(band))
    ]


def whole_aging(scope: Scope, rows: Sequence[AgeBand]) -> AgeBand:
    """The total of the bands: parts of one balance, 100 % together."""
    return AgeBand(
        "",
        sum(r.claims for r in rows),
        sum(r.pending for r in rows),
        sum(r.denied for r in rows),
        sum(r.appealed for r in rows),
        sum((r.pending_balance for r in rows), NOTHING),
        sum((r.denied_balance for r in rows), NOTHING),
        sum((r.appealed_balance for r in rows), NOTHING),
        sum((r.balance for r in rows), NOTHING),
        sum((r.balance for r in rows), NOTHING),
    )


def _aging(scope: Scope, dimension: Dimension) -> list[Aging]:
    bands = {
        f"{column}_owed": Sum(
            "as_of_balance", filter=in_band(band, BASIS, scope.as_of), default=NOTHING
        )
        for column, band in zip(BAND_COLUMNS, BANDS, strict=True)
    }
    rows = (
        scope.open()
        .values(group=dimension.expression())
        .annotate(claims=Count("pk"), **bands, owed=Sum("as_of_balance", default=NOTHING))
        .order_by("group")
    )
    found = [
        Aging(
            r["group"],
            r["claims"],
            **{column: cents(r[f"{column}_owed"]) for column in BAND_COLUMNS},
            balance=cents(r["owed"]),
        )
        for r in rows
    ]
    return sorted(found, key=lambda row: (-row.over_90, -row.balance, row.name))


def aging_by_status(scope: Scope) -> list[Aging]:
    """What is owed by claim status, the most over 90 days first."""
    return _aging(scope, STATUS)


def aging_by_payer(scope: Scope) -> list[Aging]:
    """What is owed by payer, the most over 90 days first."""
    return _aging(scope, PAYER)


def aging_by_department(scope: Scope) -> list[Aging]:
    """What is owed by department, the most over 90 days first."""
    return _aging(scope, DEPARTMENT)


def aging_by_provider(scope: Scope) -> list[Aging]:
    """What is owed by rendering provider, the most over 90 days first."""
    return _aging(scope, PROVIDER)


def old_claims(scope: Scope) -> ClaimQuerySet:
    """The open claims that are more than 90 days old."""
    return scope.open().filter(older_than(OVER_90_DAYS, BASIS, scope.as_of))


def claims_over_90(scope: Scope) -> list[OldClaims]:
    """Open claims over 90 days by payer, the largest balance first."""
    rows = (
        old_claims(scope)
        .values(group=PAYER.expression())
        .annotate(
            claims=Count("pk"),
            pending=Count("pk", filter=PENDING),
            denied=Count("pk", filter=CURRENTLY_DENIED),
            appealed=Count("pk", filter=APPEALED),
            owed=Sum("as_of_balance", default=NOTHING),
            oldest=Min(BASIS),
        )
        .order_by("group")
    )
    piles = [
        OldClaims(
            r["group"],
            r["claims"],
            r["pending"],
            r["denied"],
            r["appealed"],
            cents(r["owed"]),
            r["oldest"].isoformat(),
        )
        for r in rows
    ]
    return sorted(piles, key=lambda pile: (-pile.balance, pile.name))


def oldest_of_all(scope: Scope, rows: Sequence[OldClaims]) -> OldClaims:
    """The total of the piles, with the oldest day of all."""
    return OldClaims(
        "",
        sum(r.claims for r in rows),
        sum(r.pending for r in rows),
        sum(r.denied for r in rows),
        sum(r.appealed for r in rows),
        sum((r.balance for r in rows), NOTHING),
        min((r.oldest for r in rows), default=""),
    )


def recently_submitted(scope: Scope) -> ClaimQuerySet:
    """The claims first sent in the 90 days up to the as-of day."""
    first = scope.as_of - timedelta(days=SUBMISSION_WINDOW - 1)
    return scope.claims().submitted_between(first, scope.as_of)


def days_in_ar(scope: Scope) -> list[DaysInReceivables]:
    """Days in A/R by payer, the longest first; both parts follow the filters."""
    owed = (
        scope.open()
        .values(group=PAYER.expression())
        .annotate(claims=Count("pk"), total=Sum(outstanding(), default=NOTHING))
        .order_by("group")
    )
    billed = (
        recently_submitted(scope)
        .values(group=PAYER.expression())
        .annotate(total=Sum("billed", default=NOTHING))
        .order_by("group")
    )
    claims = {r["group"]: r for r in owed}
    recent = {r["group"]: r["total"] for r in billed}
    rows = [
        DaysInReceivables(
            payer,
            claims[payer]["claims"] if payer in claims else 0,
            cents(claims[payer]["total"] if payer in claims else 0),
            cents(recent.get(payer)),
        )
        for payer in sorted(claims.keys() | recent.keys())
    ]
    return sorted(rows, key=lambda row: row.days or NOTHING, reverse=True)


def undated(scope: Scope) -> list[str]:
    """Names the open claims whose age is not known."""
    count = scope.open().filter(**{f"{BASIS}__isnull": True}).count()
    if not count:
        return []
    return [f"{count:,} open claims have no service date: their age is not known."]


# Pages

AGE = "Age is counted in whole days from the service date to the as-of day."
OPEN = "Open claims are pending, denied or appealed with a balance above 0."
STATUSES = {
    "claims": CountColumn("Claims", "Open claims"),
    "pending": CountColumn("Pending", "No decision yet"),
    "denied": CountColumn("Denied", "Decided, denied money stands"),
    "appealed": CountColumn("Appealed", "An appeal is open"),
}
STATUS_PARTS = {
    "claims": WHOLE,
    "pending": Part(PENDING),
    "denied": Part(CURRENTLY_DENIED),
    "appealed": Part(APPEALED),
}
BALANCE_PARTS = {
    "pending_balance": Part(PENDING, sums="as_of_balance"),
    "denied_balance": Part(CURRENTLY_DENIED, sums="as_of_balance"),
    "appealed_balance": Part(APPEALED, sums="as_of_balance"),
    "balance": Part(sums="as_of_balance"),
}


def _band_part(band: str) -> Part:
    return Part(lambda scope: in_band(band, BASIS, scope.as_of), sums="as_of_balance")


def _over_90(scope: Scope) -> Q:
    return older_than(OVER_90_DAYS, BASIS, scope.as_of)


OLD_TARGET = Target(Decimal("13.5"), "MGMA, second-hand")


def _by(dimension: Dimension, compute: Any, slug: str, why: str) -> KpiPage:
    """Aging by one dimension."""
    labels = (*(name for name, _ in AGE_BANDS), OLDEST_BAND, UNDATED_BAND)
    return KpiPage(
        slug=slug,
        why=why,
        title=f"Aging by {dimension.label.lower()}",
        definition=(
            f"Balance of open claims by age. {OPEN} {AGE} The rate is the balance over 90 days as "
            "a share of the whole balance."
        ),
        basis=Basis.AS_OF,
        dimension=dimension,
        compute=compute,
        empty=Aging(),
        columns={
            dimension.name: Column(dimension.label, source="name"),
            "claims": STATUSES["claims"],
            "balance": MoneyColumn("Balance", "What is still owed"),
            **{
                name: MoneyColumn(label.capitalize())
                for name, label in zip(BAND_COLUMNS, labels, strict=True)
            },
            "over_90": MoneyColumn("Over 90 days"),
            "rate": PercentColumn("Over 90", "Balance over 90 days ÷ balance"),
        },
        value="rate",
        claims=Scope.open,
        parts={
            "claims": WHOLE,
            "balance": Part(sums="as_of_balance"),
            **{name: _band_part(band) for name, band in zip(BAND_COLUMNS, BANDS, strict=True)},
            "over_90": Part(_over_90, sums="as_of_balance"),
        },
        chart=Stacks(BAND_COLUMNS[:-1], label="Balance", by_age=True),
        default_target=OLD_TARGET,
        notes=undated,
    )


PAGES = (
    KpiPage(
        slug="aging",
        why="The older a balance, the less of it is ever paid.",
        title="A/R aging",
        definition=f"Balance and count of open claims by age, and by status. {OPEN} {AGE}",
        basis=Basis.AS_OF,
        dimension=AGE_BAND,
        compute=aging,
        empty=AgeBand(),
        columns={
            "age_band": Column("Age in days", source="name"),
            **STATUSES,
            "pending_balance": MoneyColumn("Pending balance"),
            "denied_balance": MoneyColumn("Denied balance"),
            "appealed_balance": MoneyColumn("Appealed balance"),
            "balance": MoneyColumn("Balance", "What is still owed"),
            "rate": PercentColumn("Share", "Balance ÷ all open balance"),
        },
        value="balance",
        claims=Scope.open,
        parts=STATUS_PARTS | BALANCE_PARTS,
        chart=Columns(("pending_balance", "denied_balance", "appealed_balance"), label="Balance"),
        total=whole_aging,
        notes=undated,
    ),
    _by(PAYER, aging_by_payer, "aging-by-payer", "Shows which payer sits on old money."),
    _by(DEPARTMENT, aging_by_department, "aging-by-department", "Shows whose claims grow old."),
    _by(
        PROVIDER,
        aging_by_provider,
        "aging-by-provider",
        "Shows whose claims grow old, often for want of one signature or document.",
    ),
    _by(
        STATUS,
        aging_by_status,
        "aging-by-status",
        "Pending claims need a question to the payer, denied ones an answer: different work.",
    ),
    KpiPage(
        slug="claims-over-90",
        why="After 90 days appeal and filing limits come near; these claims are worked first.",
        title="Claims over 90 days",
        definition=f"Open claims more than 90 days old, by payer. {OPEN} {AGE}",
        basis=Basis.AS_OF,
        dimension=PAYER,
        compute=claims_over_90,
        empty=OldClaims(),
        columns={
            "payer": Column("Payer", source="name"),
            **STATUSES,
            "balance": MoneyColumn("Balance", "What is still owed"),
            "oldest": Column("Oldest service"),
        },
        value="balance",
        claims=old_claims,
        parts=STATUS_PARTS | {"balance": BALANCE_PARTS["balance"]},
        chart=Bars(("balance",)),
        total=oldest_of_all,
        notes=undated,
    ),
    KpiPage(
        slug="days-in-ar",
        why="How many days of billing wait for payment: the pulse of the whole revenue cycle.",
        title="Days in A/R",
        definition=(
            "Billed less paid, patient responsibility, contractual and written off of the open "
            "claims ÷ the average billed per day over the claims submitted in the 90 days up to "
            f"the as-of day. {OPEN}"
        ),
        basis=Basis.AS_OF,
        dimension=PAYER,
        compute=days_in_ar,
        empty=DaysInReceivables(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": STATUSES["claims"],
            "outstanding": MoneyColumn("Outstanding", "Gross, of open claims"),
            "billed": MoneyColumn("Billed in 90 days", "Claims submitted in the 90 days"),
            "days": DaysColumn("Days in A/R", "Outstanding ÷ (billed ÷ 90)"),
        },
        value="days",
        claims=Scope.open,
        parts={
            "claims": WHOLE,
            "outstanding": Part(sums=lambda scope: outstanding()),
            "billed": Part(claims=recently_submitted, sums="billed"),
        },
        chart=Bars(("days",)),
        default_target=Target(Decimal(50), "AAFP: below 50, better 30–40"),
    ),
)
