"""Deadlines: drafts and denials that can soon no longer be filed or appealed (KPIS)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.expressions import Combinable
from django.urls import reverse
from django.utils.html import format_html

from analytics.charts import Bars
from analytics.columns import Column, CountColumn, MoneyColumn
from analytics.dimensions import PAYER
from analytics.expressions import CURRENTLY_DENIED, DRAFT
from analytics.page import WHOLE, Basis, KpiPage, Part, Target
from analytics.scope import Scope
from analytics.values import cents
from billing.choices import PayerKind
from billing.deadlines import NEVER, Clock, Clocks
from billing.querysets import AS_OF, ClaimQuerySet

NOTHING = Decimal(0)
RUNNING = DRAFT | CURRENTLY_DENIED & Q(as_of_balance__gt=0)
NOT_BILLED = Q(payer__kind=PayerKind.SELF_PAY)  # nobody to file with


# Rows


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Claims of one payer whose deadline is near, has passed, or is not known; dollars."""

    name: Any = ""
    claims: int = 0
    to_file: int = 0
    to_appeal: int = 0
    at_risk: Decimal = NOTHING
    passed: int = 0
    lost: Decimal = NOTHING
    unknown: int = 0


# Functions


def _running(clock: Clock, when: Q) -> Q:
    """The claims of one clock that meet a condition on its day."""
    return Q(as_of_status=clock.status) & RUNNING & when


def _prefix(clock: Clock) -> str:
    """What makes the date that a clock counts from that of the as-of day."""
    return "" if clock.basis == "service_date" else AS_OF


def falling_due(scope: Scope, clock: Clock) -> Q:
    """The claims of one clock that run out from the as-of day on, within the days asked for."""
    last = scope.as_of + timedelta(days=scope.due)
    return _running(clock, clock.due(scope.as_of, last, _prefix(clock)))


def missed(scope: Scope, clocks: Clocks) -> Q:
    """The claims whose deadline was before the as-of day."""
    return _any(clocks, lambda clock: clock.passed(scope.as_of, _prefix(clock)))


def unlimited(clocks: Clocks) -> Q:
    """The claims whose payer has no limit that anybody has set; self-pay needs none."""
    return _any(clocks, Clock.unlimited) & ~NOT_BILLED


def _any(clocks: Clocks, when: Callable[[Clock], Q]) -> Q:
    found = NEVER
    for clock in clocks:
        found |= _running(clock, when(clock))
    return found


def at_stake() -> Combinable:
    """What can be had: the balance; of a draft, whose balance is 0 by definition, the expected."""
    return Case(When(DRAFT, then=F("expected")), default=F("as_of_balance"))


def running_claims(scope: Scope) -> ClaimQuerySet:
    """Drafts, and denied claims with a balance, each with what is at stake."""
    return scope.claims().filter(RUNNING)


def claims_at_risk(scope: Scope) -> ClaimQuerySet:
    """The claims whose deadline falls within the days asked for."""
    clocks = Clocks.read()
    return running_claims(scope).filter(
        falling_due(scope, clocks.filing) | falling_due(scope, clocks.appeal)
    )


def passed_claims(scope: Scope) -> ClaimQuerySet:
    """The claims whose deadline has passed."""
    return running_claims(scope).filter(missed(scope, Clocks.read()))


def unlimited_claims(scope: Scope) -> ClaimQuerySet:
    """The claims of which nobody knows the limit."""
    return running_claims(scope).filter(unlimited(Clocks.read()))


def timely_filing_risk(scope: Scope) -> list[Deadlines]:
    """Deadlines by payer, the most at risk first, then the most lost."""
    clocks = Clocks.read()
    to_file, to_appeal = falling_due(scope, clocks.filing), falling_due(scope, clocks.appeal)
    near, gone, unknown = to_file | to_appeal, missed(scope, clocks), unlimited(clocks)
    rows = (
        running_claims(scope)
        .filter(near | gone | unknown)
        .annotate(stake=at_stake())
        .values(group=PAYER.expression())
        .annotate(
            claims=Count("pk", filter=near),
            to_file=Count("pk", filter=to_file),
            to_appeal=Count("pk", filter=to_appeal),
            at_risk=Sum("stake", filter=near, default=NOTHING),
            passed=Count("pk", filter=gone),
            lost=Sum("stake", filter=gone, default=NOTHING),
            unknown=Count("pk", filter=unknown),
        )
        .order_by("group")
    )
    found = [
        Deadlines(
            r["group"],
            r["claims"],
            r["to_file"],
            r["to_appeal"],
            cents(r["at_risk"]),
            r["passed"],
            cents(r["lost"]),
            r["unknown"],
        )
        for r in rows
    ]
    return sorted(found, key=lambda row: (-row.at_risk, -row.lost, -row.unknown, row.name))


def not_known(scope: Scope) -> list[str]:
    """Says how many payers lack a limit, and which drafts have no service date."""
    clocks = Clocks.read()
    undated = DRAFT & Q(service_date__isnull=True)
    counts = running_claims(scope).aggregate(
        claims=Count("pk", filter=unlimited(clocks)),
        payers=Count("payer", filter=unlimited(clocks), distinct=True),
        undated=Count("pk", filter=undated),
    )
    notes: list[str] = []
    if counts["claims"]:
        notes.append(
            format_html(
                "No limit is set at {} for {}: their deadlines are not known and they are not "
                'counted. <a href="{}" hx-boost="false">Set the limits of payers</a>.',
                _counted(counts["payers"], "payer"),
                _counted(counts["claims"], "claim"),
                reverse("admin:billing_payer_changelist"),
            )
        )
    if counts["undated"]:
        notes.append(
            f"{_counted(counts['undated'], 'draft')} without a service date: no deadline is known."
        )
    return notes


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# Pages


def _part(when: Callable[[Scope, Clocks], Q]) -> Callable[[Scope], Q]:
    return lambda scope: when(scope, Clocks.read())


PAGES = (
    KpiPage(
        slug="timely-filing-risk",
        title="Deadlines",
        definition=(
            "Balance of the claims whose payer's limit runs out within the days chosen, the "
            "as-of day included: the filing limit for drafts, from the service; the appeal limit "
            "for denied claims with a balance, from the first denial. A draft counts with what "
            "is expected, as nothing is owed before it is sent. On its last day a claim is "
            "still in time. A claim under appeal, closed or with the payer has no deadline that "
            "runs. One that has passed is shown apart and is not at risk any more. Limits are "
            "those set today: the payer's, or what a practice's contract says instead; "
            "Medicare's filing limit is one calendar year (42 CFR 424.44) unless set otherwise. "
            "Nothing is guessed."
        ),
        why=(
            "After its deadline a claim is worth nothing, however right it is. It is the one "
            "loss that a list of days can prevent."
        ),
        basis=Basis.AS_OF,
        dimension=PAYER,
        compute=timely_filing_risk,
        empty=Deadlines(),
        columns={
            "payer": Column("Payer", source="name"),
            "claims": CountColumn("Claims", "Due within the days chosen"),
            "to_file": CountColumn("To file", "Drafts among them"),
            "to_appeal": CountColumn("To appeal", "Denied claims among them"),
            "at_risk": MoneyColumn("At risk", "Balance of these claims; of drafts, the expected"),
            "passed": CountColumn("Passed", "The deadline was before the as-of day"),
            "lost": MoneyColumn("Lost chance", "Balance or expected of those that passed"),
            "unknown": CountColumn("No limit set", "Drafts and denied claims without a limit"),
        },
        value="at_risk",
        claims=claims_at_risk,
        parts={
            "claims": WHOLE,
            "to_file": Part(_part(lambda scope, clocks: falling_due(scope, clocks.filing))),
            "to_appeal": Part(_part(lambda scope, clocks: falling_due(scope, clocks.appeal))),
            "at_risk": Part(sums=lambda scope: at_stake()),
            "passed": Part(claims=passed_claims),
            "lost": Part(claims=passed_claims, sums=lambda scope: at_stake()),
            "unknown": Part(claims=unlimited_claims),
        },
        chart=Bars(("at_risk",)),
        default_target=Target(Decimal(0), "nothing should be left to its last days"),
        notes=not_known,
        asks_due=True,
    ),
)
