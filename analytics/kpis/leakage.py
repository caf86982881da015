"""Money that leaks: denials given up, payments below contract, and credits to give back (KPIS)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from analytics.charts import Bars
from analytics.columns import Column, CountColumn, MoneyColumn, PercentColumn
from analytics.dimensions import PAYER
from analytics.page import WHOLE, Basis, KpiPage, Part
from analytics.scope import Scope
from analytics.values import Ratio, cents
from billing.choices import ClaimStatus
from billing.models import WriteOff
from billing.querysets import MONEY, ClaimQuerySet

NOTHING = Decimal(0)
HALF_A_CENT = Decimal("0.005")  # SQLite adds amounts as floats
TOLERANCE = Decimal("1.00")  # dollars
TOLERATED_SHARE = Decimal("0.02")  # of the expected amount


SETTLED = Q(as_of_paid_known=True, as_of_status=ClaimStatus.PAID)


# Rows


@dataclass(frozen=True, slots=True)
class DenialWriteOffs:
    """What was given up because of denials, and what was billed; dollars."""

    name: Any = ""
    claims: int = 0
    written_off: Decimal = NOTHING
    billed: Decimal = NOTHING

    @property
    def rate(self) -> Decimal | None:
        """Given up, in percent of billed."""
        return Ratio(self.written_off, self.billed).percent


@dataclass(frozen=True, slots=True)
class Underpaid:
    """Paid claims that a payer allowed less for than its contract says; dollars."""

    name: Any = ""
    paid_claims: int = 0
    claims: int = 0
    shortfall: Decimal = NOTHING

    @property
    def rate(self) -> Decimal | None:
        """Likely underpaid, in percent of the paid claims with a contract rate."""
        return Ratio(self.claims, self.paid_claims).percent


@dataclass(frozen=True, slots=True)
class Credits:
    """Claims on which more came in than was billed, and by how much; dollars."""

    name: Any = ""
    claims: int = 0
    credit: Decimal = NOTHING


# Functions


def denial_write_offs(scope: Scope) -> QuerySet[WriteOff]:
    """What was given up because of a denial in the period, on the claims of the scope."""
    return WriteOff.objects.filter(
        scope.existing("claim__"),
        replaced_by__isnull=True,
        for_denial=True,
        **scope.between("written_off_on"),
        **scope.named("claim__"),
    )


def written_off_claims(scope: Scope) -> ClaimQuerySet:
    """The claims on which it was given up."""
    return scope.claims().filter(pk__in=denial_write_offs(scope).values("claim"))


def denial_writeoffs(scope: Scope) -> list[DenialWriteOffs]:
    """Given up because of denials by payer, the largest share first."""
    given_up = {
        r["group"]: r
        for r in denial_write_offs(scope)
        .values(group=F("claim__payer__name"))
        .annotate(claims=Count("claim", distinct=True), total=Sum("amount"))
        .order_by("group")
    }
    billed = {
        r["group"]: r["total"]
        for r in scope.submitted()
        .values(group=PAYER.expression())
        .annotate(total=Sum("billed", default=NOTHING))
        .order_by("group")
    }
    rows = [
        DenialWriteOffs(
            payer,
            given_up[payer]["claims"] if payer in given_up else 0,
            cents(given_up[payer]["total"] if payer in given_up else 0),
            cents(billed.get(payer)),
        )
        for payer in sorted(given_up.keys() | billed.keys())
    ]
    return _worst_first(rows)


def amount_given_up(scope: Scope) -> Combinable:
    """What each claim lost in the period because of a denial."""
    rows = denial_write_offs(scope).filter(claim=OuterRef("pk")).order_by()
    total = rows.values("claim").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total, output_field=MONEY), NOTHING, output_field=MONEY)


def contract_claims(scope: Scope) -> ClaimQuerySet:
    """Claims first paid in the period, settled, whose contract rate and payment are known."""
    return scope.paid().filter(SETTLED, expected_assumed=False)


def shortfall() -> Combinable:
    """Expected less allowed: what the insurer paid and left to the patient."""
    return F("expected") - F("as_of_paid") - F("as_of_patient_responsibility")


UNDERPAID = Q(short__gt=TOLERANCE + HALF_A_CENT) & Q(
    short__gt=F("expected") * TOLERATED_SHARE + HALF_A_CENT
)


def underpaid_claims(scope: Scope) -> ClaimQuerySet:
    """Those allowed less than expected by more than 2 % and more than a dollar."""
    return contract_claims(scope).alias(short=shortfall()).filter(UNDERPAID)


def underpaid(scope: Scope) -> list[Underpaid]:
    """Likely underpaid by payer, the largest shortfall first."""
    rows = (
        contract_claims(scope)
        .alias(short=shortfall())
        .values(group=PAYER.expression())
        .annotate(
            paid_claims=Count("pk"),
            claims=Count("pk", filter=UNDERPAID),
            missing=Sum("short", filter=UNDERPAID, default=NOTHING),
        )
        .order_by("group")
    )
    found = [
        Underpaid(r["group"], r["paid_claims"], r["claims"], cents(r["missing"])) for r in rows
    ]
    return sorted(found, key=lambda row: (-row.shortfall, row.name))


def credit() -> Combinable:
    """What came in or was reduced beyond what was billed (KPIS, credit)."""
    return (
        F("as_of_paid") + F("as_of_patient_responsibility") + F("as_of_contractual") - F("billed")
    )


def credited_claims(scope: Scope) -> ClaimQuerySet:
    """The claims with a credit."""
    return scope.claims().alias(beyond=credit()).filter(beyond__gt=HALF_A_CENT)


def credit_balances(scope: Scope) -> list[Credits]:
    """Credits by payer, the largest first."""
    rows = (
        credited_claims(scope)
        .values(group=PAYER.expression())
        .annotate(claims=Count("pk"), total=Sum("beyond", default=NOTHING))
        .order_by("group")
    )
    found = [Credits(r["group"], r["claims"], cents(r["total"])) for r in rows]
    return sorted(found, key=lambda row: (-row.credit, row.name))


def _worst_first(rows: Sequence[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: row.rate or NOTHING, reverse=True)


# Pages

DENIAL_PAGES = (
    KpiPage(
        slug="denial-writeoffs",
        title="Denial write-offs",
        definition=(
            "Written off because of a denial, dated by the write-off ÷ billed amount of the claims "
            "submitted in the same period."
        ),
        why=(
            "Money that was earned and given up. A rise says that denials are no longer fought, or "
            "that they cannot be: the reasons of the claims tell which."
        ),
        dimension=PAYER,
        compute=denial_writeoffs,
        empty=DenialWriteOffs(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": CountColumn("Claims", "On which a denial was given up"),
            "written_off": MoneyColumn("Written off", "Because of a denial, in the period"),
            "billed": MoneyColumn("Billed", "Of the claims submitted in the period"),
            "rate": PercentColumn("Share of billed", "Written off ÷ billed"),
        },
        value="rate",
        claims=written_off_claims,
        parts={
            "claims": WHOLE,
            "written_off": Part(sums=amount_given_up),
            "billed": Part(claims=Scope.submitted, sums="billed"),
        },
        chart=Bars(("rate",)),
    ),
)
PAYMENT_PAGES = (
    KpiPage(
        slug="underpaid",
        title="Likely underpaid",
        definition=(
            "Claims first paid in the period and settled, for which the insurer allowed (paid or "
            "left to the patient) less than expected by more than 2 % and more than $1.00. Only "
            "where a contract rate is known: an assumed amount says nothing."
        ),
        why=(
            "A payment closes a claim, so that nobody looks again whether it was the right one. A "
            "payer that pays below contract does so on every claim of the kind."
        ),
        dimension=PAYER,
        compute=underpaid,
        empty=Underpaid(),
        columns={
            "payer": Column("Payer", source="name"),
            "paid_claims": CountColumn("Paid claims", "With a known contract rate"),
            "claims": CountColumn("Underpaid", "Allowed less than expected"),
            "shortfall": MoneyColumn("Shortfall", "Expected less allowed, of those"),
            "rate": PercentColumn("Share", "Underpaid ÷ paid claims"),
        },
        value="shortfall",
        claims=contract_claims,
        parts={
            "paid_claims": WHOLE,
            "claims": Part(claims=underpaid_claims),
            "shortfall": Part(claims=underpaid_claims, sums=lambda scope: shortfall()),
        },
        chart=Bars(("shortfall",)),
    ),
    KpiPage(
        slug="credit-balances",
        title="Credit balances",
        definition=(
            "Claims on which paid, patient responsibility and stated contractual reductions "
            "together exceed what was billed, and by how much, as of the day."
        ),
        why="A credit belongs to somebody else: Medicare's is to be returned within 60 days.",
        basis=Basis.AS_OF,
        dimension=PAYER,
        compute=credit_balances,
        empty=Credits(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": CountColumn("Claims", "With a credit"),
            "credit": MoneyColumn("Credit", "Beyond what was billed"),
        },
        value="credit",
        claims=credited_claims,
        parts={"claims": WHOLE, "credit": Part(sums=lambda scope: credit())},
        chart=Bars(("credit",)),
    ),
)
