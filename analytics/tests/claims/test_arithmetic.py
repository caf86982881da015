"""The arithmetic on the page equals the stored balance, for every seeded and every odd claim."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.claims.owed import owed
from analytics.tests.population import TODAY, add_odd_claims
from billing.arithmetic import ZERO, StepKind, standing_steps
from billing.choices import Outcome
from billing.demo.seeding import seed_practice
from billing.mass_posting import _events_of
from billing.models import Adjudication, Appeal, Claim
from billing.projection import explain

CENTS = st.integers(0, 20_000).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.django_db
def test_the_shown_arithmetic_gives_the_stored_balance():
    seed_practice(claims=500, seed=11, today=TODAY)
    add_odd_claims()
    claims = list(Claim.objects.select_related("main_reason"))
    events = _events_of([claim.pk for claim in claims])
    seen: set[StepKind] = set()
    for claim in claims:
        steps = explain(claim, events[claim.pk])
        told = owed(claim, steps)
        seen.update(step.kind for step in steps)
        assert told.balance == claim.balance, claim.number
        assert sum((line.amount for line in told.lines), ZERO) == claim.balance, claim.number
        terms = sum((t.amount if t.sign == "+" else -t.amount for t in told.terms), ZERO)
        assert terms == claim.balance, claim.number
    assert len(claims) > 500
    assert len(seen) >= 5  # every kind of step but the rare ones


def decided(
    denied: Decimal, duplicate: Decimal, paid: Decimal, patient: Decimal, outcome: str
) -> Adjudication:
    return Adjudication(
        denied_amount=denied,
        duplicate_amount=min(duplicate, denied),
        paid=paid,
        patient_responsibility=patient,
        outcome=outcome,
    )


DECISIONS = st.builds(
    decided,
    CENTS,
    CENTS,
    CENTS,
    CENTS,
    st.sampled_from([Outcome.DENIED, Outcome.PAID, Outcome.DUPLICATE]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(DECISIONS, max_size=6), st.booleans())
def test_steps_add_up_and_never_go_below_zero(decisions, is_won):
    left = ZERO
    for step in standing_steps(decisions, Appeal() if is_won else None):
        assert step.left == left + step.amount
        assert step.left >= 0
        left = step.left
    if is_won:
        assert left == 0
    plain = ZERO
    for each in decisions:  # KPIS, "standing denied", written another way
        plain = max(plain - each.paid - each.patient_responsibility, ZERO)
        if each.outcome != Outcome.DUPLICATE:
            plain += each.denied_amount - each.duplicate_amount
    assert left == (0 if is_won else plain)
