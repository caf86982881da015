"""The demo practice is the same each time, whole, consistent, and looks like a practice."""

from collections import Counter
from datetime import date, timedelta
from statistics import mean

import pytest
from django.db import transaction

from billing.choices import DENIALS, ClaimStatus
from billing.demo.seeding import seed_practice
from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    Encounter,
    LineItem,
    Patient,
    ProcedureCode,
    Staff,
    StaffActivity,
    WriteOff,
)
from billing.posting import differing
from billing.record_dump import dump
from billing.tests.demo.conftest import TODAY


def dumped(*, claims: int, seed: int, today: date = TODAY) -> list[str]:
    with transaction.atomic():
        seed_practice(claims=claims, seed=seed, today=today)
        lines = list(dump())
        transaction.set_rollback(True)
    return lines


@pytest.mark.django_db
def test_the_same_seed_and_day_give_the_same_records_and_another_seed_gives_others():
    once = dumped(claims=120, seed=7)

    assert dumped(claims=120, seed=7) == once
    assert dumped(claims=120, seed=8) != once
    assert dumped(claims=120, seed=7, today=TODAY - timedelta(1)) != once


@pytest.mark.django_db
def test_uuids_come_from_the_seed_too():
    keys = []
    for _ in range(2):
        with transaction.atomic():
            seed_practice(claims=20, seed=7, today=TODAY)
            keys.append(sorted(Encounter.objects.values_list("pk", flat=True)))
            transaction.set_rollback(True)

    assert keys[0] == keys[1]


@pytest.mark.django_db
@pytest.mark.parametrize("claims", [1, 2, 999])
def test_there_are_as_many_claims_as_asked_for(claims):
    seed_practice(claims=claims, seed=3, today=TODAY)

    assert Claim.objects.count() == claims


@pytest.mark.django_db
def test_progress_adds_up():
    told: list[int] = []
    seed_practice(claims=2_100, seed=3, today=TODAY, on_progress=told.append)

    assert told == [2_000, 100]


def test_every_claim_is_what_its_events_give(demo):
    assert differing(list(Claim.objects.values_list("pk", flat=True))) == []


def test_every_claim_hangs_together(demo):
    for claim in Claim.objects.select_related("encounter", "provider").prefetch_related(
        "lines", "encounter__line_items"
    ):
        assert claim.encounter
        assert claim.provider
        assert claim.service_date == claim.encounter.date
        assert claim.department_id == claim.encounter.department_id
        assert claim.provider.department_id == claim.department_id
        assert sum(line.charge for line in claim.lines.all()) == claim.billed
        assert sum(item.charge for item in claim.encounter.line_items.all()) == claim.billed


def test_adjustments_and_payment_explain_the_whole_charge(demo):
    paid_again = {a.pk for a in Adjudication.objects.filter(payer_control_number__endswith="B")}
    firsts = 0
    for claim in Claim.objects.prefetch_related("adjudications__adjustments"):
        for decided in claim.adjudications.all()[:1]:
            if decided.pk not in paid_again and decided.paid is not None:
                explained = decided.paid + sum(a.amount for a in decided.adjustments.all())
                assert explained == claim.billed
                firsts += 1
    assert firsts > 1_500


def test_nothing_lies_in_the_future_and_nothing_is_out_of_order(demo):
    assert not Claim.objects.filter(submitted_on__gt=demo).exists()
    assert not Claim.objects.filter(last_event_on__gt=demo).exists()
    assert not StaffActivity.objects.filter(occurred_at__date__gt=demo).exists()
    assert not LineItem.objects.filter(entered_on__gt=demo).exists()
    for claim in Claim.objects.exclude(submitted_on=None):
        assert claim.service_date
        assert claim.submitted_on
        assert claim.service_date <= claim.submitted_on
        assert claim.first_decided_on is None or claim.submitted_on <= claim.first_decided_on


def test_the_office_works_on_weekdays(demo):
    claims = list(Claim.objects.all())

    assert all(c.submitted_on.weekday() < 5 for c in claims if c.submitted_on)
    assert all(c.first_decided_on.weekday() < 5 for c in claims if c.first_decided_on)
    weekend = sum(c.service_date is not None and c.service_date.weekday() >= 5 for c in claims)
    assert 0 < weekend < len(claims) * 0.08


def test_the_practice_is_of_the_promised_size(demo):
    assert Staff.objects.count() == 12
    assert 20 <= Claim.objects.values("provider").distinct().count() <= 24
    assert Claim.objects.values("department").distinct().count() == 8
    assert Claim.objects.values("payer").distinct().count() == 10
    assert 400 <= Patient.objects.count() <= 600
    assert ProcedureCode.objects.count() == 61
    assert 1.8 * 2_000 <= StaffActivity.objects.count() <= 2.5 * 2_000


def test_every_kind_of_story_is_told(demo):
    assert {c.status for c in Claim.objects.all()} == set(ClaimStatus)
    outcomes = Counter(Claim.objects.values_list("first_outcome", flat=True))
    assert {"paid", "denied", "partially-denied", "patient-responsibility", "duplicate"} <= set(
        outcomes
    )
    assert {a.result for a in Appeal.objects.all()} == {"", "won", "lost"}
    assert {w.for_denial for w in WriteOff.objects.all()} == {True, False}
    assert Adjudication.objects.filter(outcome="pended").exists()
    assert set(Adjustment.objects.values_list("group", flat=True)) == {"CO", "OA", "PR"}


def test_the_usual_figures_are_those_of_a_usual_practice(demo):
    claims = list(Claim.objects.all())
    decided = [c for c in claims if c.first_decided_on]
    assert 0.08 <= sum(c.first_outcome in DENIALS for c in decided) / len(decided) <= 0.12

    assert 28 <= mean(c.days_to_pay for c in claims if c.days_to_pay is not None) <= 40

    old = [c for c in claims if c.service_date and c.service_date < demo - timedelta(150)]
    collected = sum(c.paid + c.patient_paid for c in old)
    assert 0.93 <= collected / sum(c.billed - c.contractual for c in old) <= 0.97

    owed = [c for c in claims if c.is_open and c.service_date]
    over_90 = [c for c in owed if c.service_date and (demo - c.service_date).days > 90]
    assert 0.05 <= sum(c.balance for c in over_90) / sum(c.balance for c in owed) <= 0.25
    assert all(c.assignee_id is None for c in claims if c.status == ClaimStatus.CLOSED)
    assert sum(c.assignee_id is not None for c in owed) > 0.8 * len(owed)


def test_the_newest_weeks_are_immature(demo):
    newest = Claim.objects.filter(submitted_on__gt=demo - timedelta(14))
    older = Claim.objects.filter(submitted_on__lt=demo - timedelta(150))

    assert newest.filter(first_decided_on=None).count() > newest.count() * 0.6
    assert older.filter(first_decided_on=None).count() < older.count() * 0.02
