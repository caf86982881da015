"""What a claim is worth: by head, at the bounds, and the same in the database as on the row."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from analytics.tests.population import TODAY
from analytics.tests.work.stage import appeal_limit, denied, ended_denial, history, stage
from analytics.work.queue import Queue
from analytics.work.ranking import Share, Shares, time_worth
from analytics.work.rows import Row, rows
from billing.models import Claim, ContractLimits, Payer
from billing.tests.builders import decision, make_claim, make_payer, make_practice

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root")


def ranked(user: User) -> list[str]:
    claims = Queue.of(user).claims().order_by("-recoverable", "-pk")
    return [claim.number for claim in claims]


def shown(user: User) -> dict[str, Row]:
    queue = Queue.of(user)
    return {row.claim.number: row for row in rows(list(queue.claims()), queue)}


def test_the_queue_is_ranked_as_by_head(root):
    stage()

    assert ranked(root) == ["C", "A", "E", "D", "F"]
    values = {number: row.value for number, row in shown(root).items()}
    assert values == {
        "A": "$100.00",
        "C": "$100.16",
        "D": "$36.00",
        "E": "$75.00",
        "F": "$0.00",
    }


def test_the_row_shows_its_arithmetic_in_numbers_and_words(root):
    stage()
    found = shown(root)

    assert found["C"].factors == [
        ("$400.00", "expected, assumed"),
        ("31.3 %", "1 of 6 overturned at Cigna, Authorization; practice 40.0 %"),
        ("0.80", "20 days left"),
    ]
    assert found["D"].factors[0] == ("$90.00", "still owed")
    assert found["D"].factors[2] == ("1.00", "no limit set")
    assert found["E"].factors[1] == ("50.0 %", "3 of 4 overturned at Aetna; practice 40.0 %")
    assert found["E"].factors[2] == ("1.00", "no deadline runs")
    assert found["F"].factors[2] == ("0.00", "too late")
    assert found["F"].deadline_words == "passed 1 day ago"


@pytest.mark.parametrize(
    ("share", "thousandths"),
    [
        (Share(0, 0, 0, 0), 1_000),  # no denial has ended: nothing is taken off
        (Share(0, 0, 4, 10), 400),  # an empty group has the practice's share
        (Share(1, 1, 4, 10), 455),  # one lucky case: (1 + 4) ÷ 11
        (Share(12, 40, 28, 100), 296),  # (12 + 2.8) ÷ 50
        (Share(4_000, 4_000, 4_000, 10_000), 999),  # (4,000 + 4) ÷ 4,010: many count for themselves
        (Share(0, 5, 0, 5), 0),
    ],
)
def test_small_groups_are_drawn_towards_the_overall_share(share, thousandths):
    assert share.thousandths == thousandths


@pytest.mark.parametrize(
    ("days_left", "worth"),
    [(None, 100), (400, 100), (90, 100), (89, 95), (60, 95), (59, 90), (30, 90), (29, 80),
     (14, 80), (13, 70), (7, 70), (6, 50), (1, 50), (0, 50), (-1, 0), (-400, 0)],
)  # fmt: skip
def test_time_falls_in_steps_and_is_nothing_once_it_has_passed(days_left, worth):
    assert time_worth(days_left) == worth


def test_the_database_ranks_by_the_very_numbers_that_the_rows_show(root):
    """On every day around every step, for denials and drafts, payers with and without limits."""
    history()
    appeal_limit("Cigna", 120)
    make_payer("Medicare", kind="medicare")
    Payer.objects.filter(name="Aetna").update(filing_limit_days=100)
    ContractLimits.objects.create(
        practice=make_practice("Hill Clinic"), payer=make_payer("Cigna"), appeal_limit_days=95
    )
    for days in (0, 1, 5, 29, 30, 31, 60, 61, 90, 91, 106, 107, 113, 114, 119, 120, 121):
        for practice in ("Harbor Clinic", "Hill Clinic"):
            for payer, reason in (("Cigna", "197"), ("Aetna", "16"), ("Cigna", None)):
                day = TODAY - timedelta(days=days)
                make_claim(
                    practice=practice,
                    payer=payer,
                    billed=f"{days + 10}.13",
                    decisions=[decision(on=day, denied=f"{days + 7}.19", reason=reason)],
                )
    for days in (70, 99, 100, 101, 335, 340, 364, 365, 366):
        for payer in ("Medicare", "Aetna"):
            day = TODAY - timedelta(days=days)
            make_claim(payer=payer, service_date=day, submitted_on=None, billed=f"{days}.99")
    queue = Queue.of(root)
    claims = list(queue.claims())
    kinds = {claim.status for claim in claims}

    assert kinds == {"denied", "draft"}
    for row in rows(claims, queue):
        ranked_by = vars(row.claim)["recoverable"]
        assert ranked_by == row.worth.points, (row.claim, row.factors)
    assert len({row.worth.time for row in rows(claims, queue)}) == 7


def test_each_practice_has_its_own_share(root):
    history()
    for _ in range(2):
        ended_denial(overturned=True, payer="Aetna", reason="16", practice="Hill Clinic")
    denied("H", practice="Hill Clinic")
    denied("A")
    found = shown(root)

    assert found["H"].factors[1][0] == "100.0 %"
    assert found["A"].factors[1][0] == "50.0 %"


def test_only_denials_that_ended_count(root):
    history()
    denied("A")
    shares = Shares.read(Queue.of(root).scope)
    claim = Claim.objects.get(number="A")

    assert shares.of(claim) == Share(3, 4, 4, 10)


def test_never_more_than_the_balance_or_the_expected_amount_is_counted(root):
    history()
    denied("LESS", amount="90.00", billed="300.00")
    denied("MORE", amount="300.00", billed="300.00", expected="120.00")
    found = shown(root)

    assert found["LESS"].worth.amount == Decimal("90.00")
    assert found["MORE"].worth.amount == Decimal("120.00")


def test_shares_take_one_query(root, django_assert_num_queries):
    history()
    scope = Queue.of(root).scope
    with django_assert_num_queries(1):
        Shares.read(scope)
