"""The claims that whole-page tests run over: a seeded practice, and every odd case by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from analytics.columns import value_of
from analytics.page import KpiPage
from analytics.scope import DUE, Scope
from analytics.tests.naive import Asked, Books
from billing.demo.seeding import seed_practice
from billing.models import ContractLimits, Department, Payer, Practice, Provider
from billing.tests.builders import (
    PRACTICE,
    appeal,
    closing,
    contractual_adjustment,
    decision,
    make_activity,
    make_claim,
    make_payer,
    make_practice,
    make_remittance,
    patient_payment,
    reopening,
    reversal,
    write_off,
)

TODAY = date(2026, 11, 20)
CLAIMS = 1_500
SEED = 7


@dataclass(frozen=True)
class Population:
    """The records as a naive reader knows them."""

    books: Books


def populate() -> Population:
    """A seeded practice, the odd claims and the odd actions."""
    seed_practice(claims=CLAIMS, seed=SEED, today=TODAY)
    add_odd_claims()
    add_drafts()
    set_limits()
    add_odd_actions()
    return Population(Books())


def add_odd_claims() -> None:
    """Every case that a seeded practice does not have, each in a payer or department of its own."""
    day = date(2026, 6, 1)

    def later(days: int) -> date:
        return day + timedelta(days=days)

    odd: dict[str, Any] = {
        "payer": "Odd, Inc. <&> =1+1",
        "department": "-Surgery & Söhne",
        "provider": "Dr. O'Neil",
        "service_date": day,
        "submitted_on": later(2),
    }
    make_payer("Self", kind="self-pay")
    denial: dict[str, Any] = {"denied": "100.00", "reason": "197"}
    # twice appealed, lost then won; twice lost; won without a payment; lost without a date
    make_claim(
        **odd,
        decisions=[decision(on=later(10), **denial), decision(on=later(60), paid="80.00")],
        appeals=[
            appeal(filed=later(12), ended=later(20), result="lost"),
            appeal(filed=later(25), ended=later(50), result="won"),
        ],
    )
    make_claim(
        **odd,
        decisions=[decision(on=later(10), **denial)],
        appeals=[
            appeal(filed=later(12), ended=later(20), result="lost"),
            appeal(filed=later(25), ended=later(50), result="lost"),
        ],
    )
    make_claim(
        **odd,
        decisions=[decision(on=later(10), **denial)],
        appeals=[appeal(filed=later(12), result="won"), appeal(filed=later(13), result="lost")],
    )
    # an appeal is open
    make_claim(
        **odd, decisions=[decision(on=later(9), **denial)], appeals=[appeal(filed=later(30))]
    )
    # denied and paid on one day; paid after; written off in two parts; written off and paid after
    make_claim(
        **odd, decisions=[decision(on=later(10), **denial), decision(on=later(10), paid="50.00")]
    )
    make_claim(
        **odd, decisions=[decision(on=later(10), **denial), decision(on=later(70), paid="10.00")]
    )
    make_claim(
        **odd,
        decisions=[decision(on=later(10), **denial)],
        write_offs=[
            write_off(on=later(80), amount="40.00"),
            write_off(on=later(90), amount="60.00"),
        ],
    )
    make_claim(
        **odd,
        decisions=[decision(on=later(10), **denial), decision(on=later(95), paid="100.00")],
        write_offs=[write_off(on=later(80), amount="100.00")],
    )
    # a payment that was taken back, and then paid again; a denial that was taken back
    first = decision(on=later(11), paid="70.00", charge="100.00")
    make_claim(
        **odd,
        decisions=[first, reversal(on=later(75), of=first), decision(on=later(100), paid="65.00")],
    )
    refused = decision(on=later(11), charge="100.00", **denial)
    make_claim(
        **odd,
        decisions=[
            refused,
            reversal(on=later(60), of=refused),
            decision(on=later(61), paid="9.99"),
        ],
    )
    # pended, forwarded and predetermined decide nothing; a pended claim is decided later
    for outcome in ("pended", "forwarded", "predetermination"):
        make_claim(**odd, decisions=[decision(on=later(10), outcome=outcome)])
    make_claim(**odd, decisions=[decision(on=later(10), outcome="predetermination", paid="55.00")])
    make_claim(
        **odd,
        decisions=[decision(on=later(10), outcome="pended"), decision(on=later(40), paid="77.77")],
    )
    # a duplicate; left to the patient; partly denied; a denial row beside an earlier payment
    make_claim(
        **odd,
        decisions=[decision(on=later(10), outcome="duplicate", denied="100.00", reason="18")],
    )
    make_claim(
        **odd,
        decisions=[decision(on=later(10), patient="100.00")],
        patient_payments=[
            patient_payment(on=later(30), amount="80.00"),
            patient_payment(on=later(45), amount="-5.00"),
        ],
    )
    make_claim(**odd, decisions=[decision(on=later(14), paid="60.00", denied="40.00", reason="50")])
    make_claim(
        **odd,
        decisions=[
            decision(on=later(5), paid="20.00"),
            decision(on=later(15), denied="30.00", reason="16", stated=True, paid=None),
        ],
        contractual_adjustments=[contractual_adjustment(on=later(16), amount="12.34")],
    )
    # part of a denial is a duplicate, once without more, once settled later in part
    make_claim(
        **odd,
        decisions=[decision(on=later(14), denied="90.00", duplicate="30.00", reason="16")],
    )
    make_claim(
        **odd,
        decisions=[
            decision(on=later(14), denied="90.00", duplicate="30.00", reason="16", remark="N290"),
            decision(on=later(40), paid="20.00"),
        ],
    )
    make_claim(**odd, decisions=[decision(on=later(14), paid="10.00", denied="90.00", reason="18")])
    # remarks and groups beside the reason; lines left to the patient and reduced, or not told
    for group, remark in (("CO", "N290"), ("CO", "M51"), ("PI", ""), ("OA", "N290")):
        make_claim(
            **odd,
            decisions=[
                decision(on=later(15), denied="70.00", reason="16", group=group, remark=remark)
            ],
        )
    for non_covered, reduced in ((True, False), (False, True), (True, True), (False, False)):
        make_claim(
            **odd,
            decisions=[
                decision(on=later(16), paid="60.00", non_covered=non_covered, reduced=reduced)
            ],
        )
    # paid first and denied later: its reason is no reason of the denial rate
    make_claim(
        **odd, decisions=[decision(on=later(10), paid="20.00"), decision(on=later(30), **denial)]
    )
    # a date that is assumed; decided before it was sent; a denial without a reason
    make_claim(**odd, decisions=[decision(on=later(2), assumed=True, paid="44.00")])
    make_claim(**odd, decisions=[decision(on=later(1), paid="44.00")])
    make_claim(**odd, decisions=[decision(on=later(10), outcome="denied", denied="31.41")])
    # two remittances on one day
    lower = make_remittance("EFT-A", digest="a")
    higher = make_remittance("EFT-B", digest="b")
    make_claim(
        **odd,
        decisions=[
            decision(on=later(10), paid="10.00", remittance=higher),
            decision(on=later(10), patient="100.00", remittance=lower),
        ],
    )
    # nothing known: no department, provider, service date, encounter; never sent; void; draft
    bare: dict[str, Any] = {"payer": "Self", "department": None, "provider": None}
    make_claim(**bare, service_date=None, submitted_on=later(3))
    make_claim(
        **bare, service_date=None, submitted_on=None, decisions=[decision(on=later(8), paid="5")]
    )
    make_claim(
        **bare, service_date=day, submitted_on=later(3), decisions=[decision(on=later(9), paid="8")]
    )
    make_claim(**bare, submitted_on=None)
    make_claim(**bare, submitted_on=later(3), frequency="void")
    make_claim(**bare, submitted_on=later(3), expected="0.00")
    # closed by a person, opened again; closed for good
    make_claim(**odd, status_changes=[closing(on=later(50)), reopening(on=later(100))])
    make_claim(**odd, status_changes=[closing(on=later(50))])
    # another practice with names that exist already; each age at the bounds of the bands
    other: dict[str, Any] = {
        "practice": "Hill Clinic",
        "payer": "Medicare",
        "department": "Cardiology",
    }
    for age in (0, 30, 31, 60, 61, 90, 91, 120, 121, 400):
        make_claim(
            **other,
            service_date=TODAY - timedelta(days=age),
            submitted_on=TODAY - timedelta(days=age),
            billed=f"{age + 1}.17",
            procedures=("99213", "99213", "93000"),
            charge_entered_on=TODAY - timedelta(days=age) + timedelta(days=age % 3),
        )


def set_limits() -> None:
    """Limits of some payers, and one contract that says otherwise."""
    for position, payer in enumerate(Payer.objects.exclude(kind="self-pay").order_by("name")):
        payer.filing_limit_days = (None, 90, 400, 180)[position % 4]
        payer.appeal_limit_days = (60, 120, None, 180)[position % 4]
        payer.save()
    hill = make_practice("Hill Clinic")
    for name, filing, appealing in (("Medicare", 365, None), ("Aetna", None, 45)):
        ContractLimits.objects.create(
            practice=hill,
            payer=make_payer(name),
            filing_limit_days=filing,
            appeal_limit_days=appealing,
        )


def add_drafts() -> None:
    """Drafts and denials at the bounds of their limits."""
    for days in (0, 1, 29, 30, 31, 60, 89, 90, 91, 120, 334, 365, 366, 400):
        for practice in (PRACTICE, "Hill Clinic"):
            for payer in ("Medicare", "Aetna", "Self"):
                day = TODAY - timedelta(days=days)
                given: dict[str, Any] = {"practice": practice, "payer": payer}
                given["billed"] = f"{days + 1}.01"
                make_claim(**given, service_date=day, submitted_on=None)
                make_claim(
                    **given,
                    service_date=day - timedelta(days=20),
                    submitted_on=day - timedelta(days=10),
                    decisions=[decision(on=day, denied=f"{days + 1}.00", reason="197")],
                    appeals=[appeal(filed=TODAY)] if days == 60 else [],
                )
    make_claim(payer="Medicare", service_date=None, submitted_on=None)


def add_odd_actions() -> None:
    """Actions without a claim, on a claim that two people work, at the ends of days."""
    day = date(2026, 6, 1)
    shared = make_claim(payer="Odd, Inc. <&> =1+1", submitted_on=day, assignee="Ann <Lowe> & Söhne")
    for days in (-1, 0, 1, 40, 100):  # the first before the claim was sent
        make_activity(
            staff="Ann <Lowe> & Söhne",
            claim=shared,
            on=day + timedelta(days=days),
            error=days == 40,
        )
    make_activity(staff="Bo Hart", claim=shared, on=day, error=True)
    make_activity(staff="Bo Hart", on=day + timedelta(days=60))
    make_activity(staff="Only Idle", on=day + timedelta(days=61), practice="Hill Clinic")
    other = make_claim(practice="Hill Clinic", payer="Medicare", submitted_on=TODAY, assignee="Cy")
    for moment in (time(0), time(23, 59, 59, 999_999)):
        for on in (TODAY.replace(day=1), TODAY):
            activity = make_activity(staff="Cy", claim=other, on=on, practice="Hill Clinic")
            activity.occurred_at = datetime.combine(on, moment, tzinfo=UTC)
            activity.save()


def random_scope(rng: Random) -> Scope:
    """Some period, perhaps as of a past day, perhaps of some payers, departments, …"""
    as_of = TODAY if rng.random() < 0.4 else TODAY - timedelta(days=rng.randrange(1, 400))
    names: dict[str, Any] = {}
    for name, model in (
        ("payer", Payer),
        ("department", Department),
        ("provider", Provider),
        ("practice", Practice),
    ):
        if rng.random() < (0.25 if name != "provider" else 0.1):
            known = sorted(set(model._default_manager.values_list("name", flat=True)))
            names[name] = tuple(rng.sample(known, k=min(len(known), rng.randint(1, 3))))
    names["due"] = rng.choice(DUE)
    kind = rng.choice(("all", "all", "custom", "custom", "365", "90", "this-month"))
    if kind != "custom":
        return Scope.of(period=kind, as_of=as_of, **names)
    start = as_of - timedelta(days=rng.randrange(0, 500))
    end = start + timedelta(days=rng.randrange(0, 300))
    return Scope.of(period="custom", as_of=as_of, start=start, end=end, **names)


def asked(books: Books, scope: Scope) -> Asked:
    """The same scope for the naive reader."""
    names = {name: getattr(scope, name) for name in ("payer", "department", "provider", "practice")}
    return Asked(books, scope.as_of, scope.start, scope.end, names, scope.due)


def numbers(page: KpiPage, scope: Scope) -> Iterator[tuple[str | None, str, Any]]:
    """Every number of a page that can be opened: key of its row (None: total), part, value."""
    rows = page.compute(scope)
    total = page.total_of(scope, rows)
    for part in page.parts:
        for row in rows:
            yield page.dimension.key(row.name), part, value_of(page.columns, row, part)
        yield None, part, value_of(page.columns, total, part)
