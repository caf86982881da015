"""What docs/demo-data.md says is hidden in the demo data is there, by a naive count."""

from collections import Counter
from datetime import timedelta
from statistics import mean

from billing.choices import DENIALS
from billing.demo.practice import (
    CARELESS_PERSON,
    JUMP_DAYS_BEFORE_TODAY,
    JUMPING_PAYER,
    LATE_DEPARTMENT,
    SLOW_PAYER,
)
from billing.models import Claim, Staff


def denial_rate(claims: list[Claim]) -> float:
    return sum(c.first_outcome in DENIALS for c in claims) / len(claims)


def test_one_payer_denies_far_more_since_a_day(demo):
    jump = demo - timedelta(JUMP_DAYS_BEFORE_TODAY)
    before, after = {}, {}
    for payer in Claim.objects.values_list("payer__name", flat=True).distinct().order_by():
        decided = list(Claim.objects.filter(payer__name=payer, first_decided_on__isnull=False))
        before[payer] = denial_rate([c for c in decided if c.first_decided_on < jump])
        after[payer] = denial_rate([c for c in decided if c.first_decided_on >= jump])

    assert before[JUMPING_PAYER] < 0.13
    assert after[JUMPING_PAYER] > 0.20
    rises = {payer: after[payer] - before[payer] for payer in before}
    assert max(rises, key=rises.__getitem__) == JUMPING_PAYER


def test_the_jump_is_a_matter_of_authorization(demo):
    jump = demo - timedelta(JUMP_DAYS_BEFORE_TODAY)
    reasons = Counter(
        Claim.objects.filter(
            payer__name=JUMPING_PAYER, first_decided_on__gte=jump, first_outcome__in=DENIALS
        ).values_list("main_reason_id", flat=True)
    )

    assert reasons.most_common(1)[0][0] == "197"


def test_one_payer_takes_far_longer_to_pay(demo):
    days: dict[str, list[int]] = {}
    for claim in Claim.objects.select_related("payer"):
        if claim.days_to_pay is not None:
            days.setdefault(claim.payer.name, []).append(claim.days_to_pay)

    assert 70 <= mean(days.pop(SLOW_PAYER)) <= 82
    assert max(mean(of_payer) for of_payer in days.values()) < 55


def test_one_person_of_twelve_errs_in_four_actions_of_ten(demo):
    rates = {}
    for person in Staff.objects.all():
        errors = list(person.activities.values_list("is_error", flat=True))
        rates[person.name] = sum(errors) / len(errors)

    assert len(rates) == 12
    assert 0.34 <= rates.pop(CARELESS_PERSON) <= 0.46
    assert max(rates.values()) < 0.08


def test_all_actions_together_err_in_four_to_six_of_a_hundred(demo):
    errors = [e for p in Staff.objects.all() for e in p.activities.values_list("is_error")]

    assert 0.04 <= sum(e for (e,) in errors) / len(errors) <= 0.06


def test_one_department_enters_its_charges_late(demo):
    lags: dict[str, list[int]] = {}
    for claim in Claim.objects.submitted().select_related("department"):
        assert claim.department
        assert claim.charge_lag_days is not None
        lags.setdefault(claim.department.name, []).append(claim.charge_lag_days)

    assert 12 <= mean(lags.pop(LATE_DEPARTMENT)) <= 17
    assert max(mean(of_department) for of_department in lags.values()) < 4
