"""Which claims: as they are, and as they were at the end of any past day."""

import random
from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import F

from billing.choices import AppealResult
from billing.models import Claim
from billing.posting import differing
from billing.projection import Events, project
from billing.querysets import AS_OF
from billing.tests.builders import (
    Decision,
    appeal,
    closing,
    contractual_adjustment,
    decision,
    make_claim,
    patient_payment,
    reopening,
    reversal,
    write_off,
)

pytestmark = pytest.mark.django_db

START = date(2026, 1, 1)
LAST = date(2026, 6, 30)
DAYS = (LAST - START).days


def numbers(claims: Any) -> list[str]:
    return sorted(claims.values_list("number", flat=True))


# Random claims


def any_day(rng: random.Random) -> date:
    return START + timedelta(days=rng.randint(0, DAYS))


def cents(rng: random.Random, most: int = 12_000) -> str:
    return f"{rng.randint(1, most) / 100:.2f}"


def any_decision(rng: random.Random) -> Decision:
    kind = rng.choice(["paid", "paid", "denied", "denied", "partial", "duplicate", "pended", "pr"])
    make: Callable[..., Decision] = partial(
        decision, on=any_day(rng), charge="100.00", assumed=rng.random() < 0.1
    )
    match kind:
        case "paid":
            paid = None if rng.random() < 0.1 else cents(rng)
            return make(paid=paid, contractual=cents(rng, 3_000))
        case "denied":
            stated = rng.random() < 0.2
            return make(denied=cents(rng), reason="197", stated=stated)
        case "partial":
            return make(paid=cents(rng), denied=cents(rng), reason="50")
        case "duplicate":
            return make(denied="100.00", reason="18", outcome="duplicate")
        case "pr":
            return make(patient=cents(rng))
    return make(outcome="pended")


def any_decisions(rng: random.Random) -> list[Decision]:
    found = [any_decision(rng) for _ in range(rng.choice([0, 1, 1, 2, 3, 4]))]
    if found and rng.random() < 0.3:
        found.append(reversal(on=any_day(rng), of=rng.choice(found)))
    return found


def any_appeal(rng: random.Random) -> Any:
    filed = any_day(rng)
    result = rng.choice(["", "won", "won", "lost"])
    dated = result and rng.random() < 0.8
    ended = min(filed + timedelta(days=rng.randint(0, 60)), LAST) if dated else None
    return appeal(filed=filed, ended=ended, result=result)


def some(rng: random.Random, make: Any, chance: float = 0.3) -> list[Any]:
    return [make() for _ in range(2) if rng.random() < chance]


def any_claim(rng: random.Random) -> Claim:
    changes = sorted(some(rng, partial(any_day, rng), 0.15))
    return make_claim(
        expected=rng.choice([None, "80.00", "0.00"]),
        submitted_on=None if rng.random() < 0.15 else any_day(rng),
        frequency="void" if rng.random() < 0.05 else "original",
        decisions=any_decisions(rng),
        patient_payments=some(
            rng, lambda: patient_payment(on=any_day(rng), amount=cents(rng, 4_000))
        ),
        contractual_adjustments=some(
            rng, lambda: contractual_adjustment(on=any_day(rng), amount=cents(rng, 4_000))
        ),
        write_offs=some(rng, lambda: write_off(on=any_day(rng), amount=cents(rng, 6_000))),
        appeals=some(rng, partial(any_appeal, rng)),
        status_changes=[
            make(on=on) for make, on in zip((closing, reopening), changes, strict=False)
        ],
    )


# The same in Python: the events up to a day, projected by themselves


def events_of(claim: Claim) -> Events:
    return Events(
        list(claim.adjudications.order_by("pk")),
        list(claim.patient_payments.order_by("pk")),
        list(claim.contractual_adjustments.order_by("pk")),
        list(claim.write_offs.order_by("pk")),
        list(claim.appeals.order_by("pk")),
        list(claim.status_changes.order_by("pk")),
    )


def exists(claim: Claim, day: date) -> bool:
    """Claims submitted later do not exist yet; one never seen being sent exists by its events."""
    if claim.submitted_on is not None:
        return claim.submitted_on <= day
    return claim.first_event_on is None or claim.first_event_on <= day


def state_by_hand(claim: Claim, events: Events, day: date) -> dict[str, Any]:
    """The columns that the events up to `day` give; an appeal that ends later is open."""
    until = events.until(day)
    until.appeals = [copy(filed) for filed in until.appeals]
    for filed in until.appeals:
        if filed.counted_on and filed.counted_on > day:
            filed.result, filed.ended_on = AppealResult.OPEN, None
    then = copy(claim)
    project(then, until)
    return {name: getattr(then, name) for name in Claim.PROJECTED}


def states_by_query(day: date, *, is_latest: bool) -> dict[int, dict[str, Any]]:
    columns = {f"then_{name}": F(AS_OF + name) for name in Claim.PROJECTED}
    claims = Claim.objects.as_of(day, is_latest=is_latest).order_by("pk")
    rows: list[Any] = list(claims.values("pk", **columns))
    states = {row["pk"]: {name: row[f"then_{name}"] for name in Claim.PROJECTED} for row in rows}
    assert len(states) == len(rows), "a claim stands in one state a day"
    return states


@pytest.mark.parametrize("seed", range(4))
def test_any_past_day_shows_what_the_events_up_to_it_give(seed):
    rng = random.Random(seed)
    claims = [any_claim(rng) for _ in range(60)]
    assert differing([claim.pk for claim in claims]) == []

    events = {claim.pk: events_of(claim) for claim in claims}
    for day in [START - timedelta(1), LAST, *(any_day(rng) for _ in range(20))]:
        by_query = states_by_query(day, is_latest=False)
        expected = {c.pk: state_by_hand(c, events[c.pk], day) for c in claims if exists(c, day)}
        assert by_query.keys() == expected.keys()
        for claim in claims:
            assert by_query.get(claim.pk) == expected.get(claim.pk), (claim.number, day)


@pytest.mark.parametrize("seed", range(2))
def test_the_short_way_for_the_latest_day_gives_the_same(seed):
    rng = random.Random(seed)
    for _ in range(40):
        any_claim(rng)

    assert not Claim.objects.has_events_after(LAST)
    assert states_by_query(LAST, is_latest=True) == states_by_query(LAST, is_latest=False)


def test_random_claims_show_every_status_and_most_have_a_past():
    """Else the two tests above would prove little."""
    rng = random.Random(0)
    claims = [any_claim(rng) for _ in range(60)]

    assert len({claim.status for claim in claims}) == 6
    assert sum(claim.history.exists() for claim in claims) > 30
    assert any(claim.overturned_on for claim in claims)
    assert any(claim.denial_written_off_on for claim in claims)


# By hand


def test_a_claim_sent_later_does_not_exist_yet_and_a_draft_always_does():
    make_claim(number="SENT", submitted_on=date(2026, 1, 7))
    make_claim(number="DRAFT", submitted_on=None)
    make_claim(
        number="BY-REMITTANCE",
        submitted_on=None,
        decisions=[decision(on=date(2026, 2, 1), paid="1.00")],
    )
    for is_latest in (True, False):
        then = partial(Claim.objects.as_of, is_latest=is_latest)
        assert numbers(then(date(2026, 1, 6))) == ["DRAFT"]
        assert numbers(then(date(2026, 1, 7))) == ["DRAFT", "SENT"]
        assert numbers(then(date(2026, 2, 1))) == ["BY-REMITTANCE", "DRAFT", "SENT"]


def test_conditions_read_the_day_that_was_asked_for():
    make_claim(
        number="A",
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
        write_offs=[write_off(on=date(2026, 3, 1), amount="100.00")],
    )
    make_claim(number="B", decisions=[decision(on=date(2026, 2, 15), paid="100.00")])

    before = Claim.objects.as_of(date(2026, 1, 31), is_latest=False)
    assert numbers(before.open()) == ["A", "B"]
    assert numbers(before.undecided()) == ["A", "B"]
    between = Claim.objects.as_of(date(2026, 2, 20), is_latest=False)
    assert numbers(between.open()) == ["A"]
    assert numbers(between.denied()) == ["A"]
    assert numbers(between.decided()) == ["A", "B"]
    assert numbers(between.decided_between(date(2026, 2, 2), date(2026, 2, 15))) == ["B"]
    assert numbers(between.paid_between(date(2026, 2, 15), date(2026, 2, 15))) == ["B"]
    after = Claim.objects.as_of(date(2026, 3, 1), is_latest=True)
    assert numbers(after.open()) == []
    assert numbers(after.denied()) == ["A"]


def test_periods_include_both_ends():
    for day in (1, 2, 3, 4):
        make_claim(number=str(day), submitted_on=date(2026, 1, day))

    between = Claim.objects.submitted_between(date(2026, 1, 2), date(2026, 1, 3))
    assert numbers(between) == ["2", "3"]


def test_claims_never_seen_being_sent_are_not_submitted():
    make_claim(number="A")
    make_claim(number="B", submitted_on=None)

    assert numbers(Claim.objects.submitted()) == ["A"]


def test_events_after_a_day_are_seen():
    make_claim(decisions=[decision(on=date(2026, 2, 1), paid="1.00")])

    assert Claim.objects.has_events_after(date(2026, 1, 31))
    assert not Claim.objects.has_events_after(date(2026, 2, 1))
    assert not Claim.objects.none().has_events_after(date(2026, 1, 1))


def test_a_claim_without_balance_is_not_open():
    make_claim(number="A", expected="0.00")
    claims = Claim.objects.as_of(LAST, is_latest=True)

    assert numbers(claims.open()) == []
    assert Claim.objects.get().status == "pending"
    assert not Claim.objects.get().is_open
    assert Claim.objects.get().balance == Decimal(0)
