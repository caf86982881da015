"""Until when a claim can be filed and appealed: limits, the days they lead to, and the clocks."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from billing.deadlines import ONE_DAY, ONE_YEAR, Clocks, Deadline, Limit
from billing.models import Claim, ContractLimits, Payer
from billing.tests.builders import appeal, decision, make_claim, make_payer, make_practice

TODAY = date(2026, 11, 20)


def limits(payer: str, *, filing: int | None = None, appealing: int | None = None) -> None:
    make_payer(payer)
    Payer.objects.filter(name=payer).update(filing_limit_days=filing, appeal_limit_days=appealing)


def running(claim: Claim) -> Deadline:
    """The deadline of a claim that has one."""
    found = Clocks.read().deadline(claim)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("limit", "start", "last"),
    [
        (Limit(90), date(2026, 1, 5), date(2026, 4, 5)),
        (Limit(1), date(2026, 12, 31), date(2027, 1, 1)),
        (ONE_YEAR, date(2026, 1, 5), date(2027, 1, 5)),
        (ONE_YEAR, date(2027, 3, 1), date(2028, 3, 1)),  # 366 days: a leap day lies between
        (ONE_YEAR, date(2024, 2, 29), date(2025, 2, 28)),
        (ONE_YEAR, date(2023, 2, 28), date(2024, 2, 28)),
    ],
)
def test_a_limit_leads_to_its_last_day(limit, start, last):
    assert limit.deadline(start) == last


@pytest.mark.parametrize("limit", [ONE_YEAR, Limit(1), Limit(365)], ids=str)
def test_the_latest_start_of_a_day_is_the_last_one_that_runs_out_by_then(limit):
    for offset in range(6 * 366):
        day = date(2023, 1, 1) + timedelta(days=offset)
        assert limit.deadline(limit.latest_start(day)) <= day
        assert limit.deadline(limit.latest_start(day) + ONE_DAY) > day


@pytest.mark.django_db
class TestClocks:
    """Which clock runs for a claim, and until when."""

    def test_medicare_gives_a_calendar_year_and_others_what_is_set(self):
        make_payer("Medicare", kind="medicare")
        limits("Aetna", filing=90)
        make_payer("Cigna")
        drafts = {
            payer: make_claim(payer=payer, service_date=date(2026, 1, 5), submitted_on=None)
            for payer in ("Medicare", "Aetna", "Cigna")
        }
        days = {name: running(claim).day for name, claim in drafts.items()}

        assert days == {
            "Medicare": date(2027, 1, 5),
            "Aetna": date(2026, 4, 5),
            "Cigna": None,
        }

    def test_what_is_set_for_medicare_counts_instead_of_the_year(self):
        make_payer("Medicare", kind="medicare")
        limits("Medicare", filing=10)
        claim = make_claim(payer="Medicare", service_date=date(2026, 1, 5), submitted_on=None)

        assert running(claim).day == date(2026, 1, 15)

    def test_a_contract_overrides_the_payer_for_its_practice_alone(self):
        limits("Aetna", filing=90, appealing=60)
        ContractLimits.objects.create(
            practice=make_practice("Hill Clinic"), payer=make_payer("Aetna"), appeal_limit_days=30
        )
        denied = decision(on=date(2026, 10, 1), denied="100.00", reason="197")
        ours = make_claim(decisions=[denied])
        denied = decision(on=date(2026, 10, 1), denied="100.00", reason="197")
        theirs = make_claim(practice="Hill Clinic", decisions=[denied])
        clocks = Clocks.read()

        assert running(ours).day == date(2026, 11, 30)
        assert running(theirs).day == date(2026, 10, 31)
        assert clocks.filing.limit(theirs.practice_id, theirs.payer_id) == Limit(90)
        on_the_day = Claim.objects.filter(clocks.appeal.due(date(2026, 10, 31), date(2026, 11, 29)))
        assert list(on_the_day) == [theirs]

    def test_no_clock_runs_for_claims_that_are_with_the_payer_under_appeal_or_done(self):
        limits("Aetna", filing=90, appealing=60)
        denied = decision(on=date(2026, 10, 1), denied="100.00", reason="197")
        appealed = make_claim(decisions=[denied], appeals=[appeal(filed=date(2026, 10, 5))])
        paid = make_claim(decisions=[decision(on=date(2026, 10, 1), paid="100.00")])

        for claim in (make_claim(), appealed, paid):
            assert Clocks.read().deadline(claim) is None

    def test_the_last_day_is_in_time_and_the_day_after_is_not(self):
        limits("Aetna", appealing=60)
        for days in (59, 60, 61):
            day = TODAY - timedelta(days=days)
            make_claim(
                number=f"D{days}", decisions=[decision(on=day, denied="100.00", reason="197")]
            )
        clock = Clocks.read().appeal
        due = Claim.objects.filter(clock.due(TODAY, TODAY + ONE_DAY)).order_by("number")
        passed = Claim.objects.filter(clock.passed(TODAY))

        assert [claim.number for claim in due] == ["D59", "D60"]
        assert [claim.number for claim in passed] == ["D61"]
        left = [running(c).days_left(TODAY) for c in Claim.objects.order_by("number")]
        assert left == [1, 0, -1]

    def test_reading_the_limits_takes_two_queries(self, django_assert_num_queries):
        limits("Aetna", filing=90)
        limits("Cigna", filing=60)
        with django_assert_num_queries(2):
            Clocks.read()


@pytest.mark.django_db
def test_a_contract_says_something_and_only_once():
    pair = {"practice": make_practice(), "payer": make_payer()}
    with pytest.raises(IntegrityError), transaction.atomic():
        ContractLimits.objects.create(**pair)
    ContractLimits.objects.create(**pair, filing_limit_days=90)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContractLimits.objects.create(**pair, filing_limit_days=90)
