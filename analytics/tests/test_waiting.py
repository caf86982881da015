"""How long claims wait, by hand: those without an answer count for as long as they were watched."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from analytics.waiting import Waiting


def waiting(decided: list[int], undecided: Sequence[int] = ()) -> Waiting:
    return Waiting(Counter(decided), Counter(undecided))


def test_without_open_claims_it_is_the_plain_share():
    found = waiting([10, 20, 30, 40])

    assert [found.percentile(p) for p in (50, 75, 90)] == [20, 30, 40]
    assert found.decided_by(30) == Fraction(3, 4)
    assert found.decided_by(90) == 1


def test_a_claim_that_waits_counts_until_the_day_it_was_last_seen():
    # Day 10: 1 of 4 decided, 3/4 wait. One leaves at 15. Day 20: 1 of 2, 3/8 wait.
    found = waiting([10, 20], [15, 40])

    assert found.steps == ((10, Fraction(3, 4)), (20, Fraction(3, 8)))
    assert found.percentile(50) == 20
    assert found.percentile(75) is None
    assert found.decided_by(30) == Fraction(5, 8)
    assert found.decided_by(60) is None


def test_a_claim_last_seen_on_the_day_of_a_decision_was_watched_that_day():
    assert waiting([10], [10]).steps == ((10, Fraction(1, 2)),)


def test_without_claims_nothing_is_known():
    found = waiting([])

    assert (found.claims, found.percentile(50), found.decided_by(30)) == (0, None, None)


def test_groups_are_pooled_claim_by_claim():
    assert (waiting([10], [15]) + waiting([20], [40])).steps == waiting([10, 20], [15, 40]).steps
