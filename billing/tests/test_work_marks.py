"""Setting claims aside in the work queue: until a day, for good, and only while nothing happens."""

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from billing import posting, work_marks
from billing.models import Claim, WorkMark
from billing.tests.builders import appeal, closing, decision, make_claim
from billing.work_marks import set_aside

TODAY, TOMORROW, LATER = date(2026, 11, 20), date(2026, 11, 21), date(2026, 12, 1)
Kind = WorkMark.Kind


def denied_claim(number: str = "D1", **options) -> Claim:
    denied = decision(on=date(2026, 9, 1), denied="60.00", reason="16")
    return make_claim(number=number, decisions=[denied], **options)


def mark(who: User, *claims: Claim, kind: str = Kind.DONE, **options):
    return work_marks.mark(
        Claim.objects.all(),
        [claim.pk for claim in claims],
        kind=kind,
        who=who,
        today=TODAY,
        **{"reason": "called them", **options},
    )


def aside(day: date = TODAY) -> list[str]:
    found = Claim.objects.filter(set_aside(day)).order_by("number")
    return [claim.number for claim in found]


@pytest.fixture
def ann(db) -> User:
    return User.objects.create_user("ann")


def test_a_snoozed_claim_is_back_on_its_day(ann):
    mark(ann, denied_claim(), kind=Kind.SNOOZED, until=LATER)

    assert aside(date(2026, 11, 30)) == ["D1"]
    assert aside(LATER) == []


def test_a_claim_that_is_done_stays_off_until_it_is_put_back(ann):
    claim = denied_claim()
    mark(ann, claim)
    assert aside(date(2030, 1, 1)) == ["D1"]

    assert mark(ann, claim, kind=Kind.RETURNED).done == ["D1"]
    assert aside() == []
    assert [str(row) for row in claim.work_marks.order_by("pk")] == ["Done", "Put back"]


@pytest.mark.parametrize("what", ["decision", "write-off", "appeal"])
@pytest.mark.parametrize("kind", [Kind.SNOOZED, Kind.DONE])
def test_anything_new_brings_a_claim_back(ann, kind, what):
    claim = denied_claim()
    mark(ann, claim, kind=kind, until=LATER if kind == Kind.SNOOZED else None)
    assert aside() == ["D1"]

    if what == "decision":
        posting.record_adjudication(claim, decided_on=TODAY, paid=Decimal(0), status_code="4")
    elif what == "write-off":
        posting.write_off(
            claim, written_off_on=TODAY, amount=Decimal(1), reason="x", for_denial=True
        )
    else:
        posting.file_appeal(claim, filed_on=TODAY)

    assert aside() == []


def test_news_of_the_same_day_bring_a_claim_back_by_its_balance_alone(ann):
    claim = denied_claim()
    mark(ann, claim)
    posting.write_off(
        claim, written_off_on=date(2026, 9, 1), amount=Decimal(1), reason="x", for_denial=True
    )

    assert aside() == []


def test_a_note_or_another_assignee_brings_nothing_back(ann):
    claim = denied_claim()
    mark(ann, claim)
    posting.add_note(claim, text="still done")

    assert aside() == ["D1"]


def test_a_claim_on_which_nothing_has_happened_can_be_set_aside(ann):
    mark(ann, make_claim(number="P"))

    assert aside() == ["P"]


def test_what_cannot_be_set_aside_is_skipped_with_a_reason(ann):
    done, paid = denied_claim("A"), make_claim(number="B", status_changes=[closing(on=TODAY)])
    open_one = denied_claim("C", appeals=[appeal(filed=TODAY)])
    mark(ann, done)
    report = mark(ann, done, paid, open_one, kind=Kind.SNOOZED, until=LATER)

    assert report.done == ["C"]
    assert report.skipped == [("A", "done already, by ann"), ("B", "nothing left to do (closed)")]
    again = mark(ann, open_one, kind=Kind.SNOOZED, until=LATER)
    assert again.skipped == [("C", "snoozed until 2026-12-01 already, by ann")]
    assert mark(ann, denied_claim("E"), kind=Kind.RETURNED).skipped == [
        ("E", "in the queue already")
    ]


def test_a_snooze_can_be_moved_and_the_history_is_kept(ann):
    claim = denied_claim()
    mark(ann, claim, kind=Kind.SNOOZED, until=TOMORROW)
    mark(ann, claim, kind=Kind.SNOOZED, until=LATER)

    assert aside(TOMORROW) == ["D1"]
    first, second = claim.work_marks.order_by("pk")
    assert second.replaces == first


def test_every_mark_is_in_the_audit_trail(ann):
    mark(ann, denied_claim("A"), denied_claim("B"))

    entries = LogEntry.objects.get_for_model(WorkMark)
    assert {entry.actor for entry in entries} == {ann}
    assert len(entries) == 2


def test_marks_of_many_claims_take_few_queries(ann, django_assert_max_num_queries):
    claims = [denied_claim(f"D{position}") for position in range(60)]
    with django_assert_max_num_queries(9):
        assert len(mark(ann, *claims).done) == 60


def test_the_database_refuses_two_first_marks_and_a_snooze_without_a_day(ann):
    claim = denied_claim()
    given = {
        "practice": claim.practice,
        "claim": claim,
        "claim_status": claim.status,
        "claim_balance": claim.balance,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkMark.objects.create(**given, kind=Kind.SNOOZED)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkMark.objects.create(**given, kind=Kind.DONE, until=LATER)
    WorkMark.objects.create(**given, kind=Kind.DONE)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkMark.objects.create(**given, kind=Kind.DONE)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_people_finish_the_same_claims_at_once():
    """Each claim is done by one of them; the other is told who; nothing is doubled."""
    claims = [denied_claim(f"D{position}") for position in range(12)]
    people = [User.objects.create_user(name) for name in ("ann", "bob")]
    barrier, reports = Barrier(2), {}

    def work(who: User) -> None:
        try:
            barrier.wait(10)
            reports[who.username] = mark(who, *claims)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    numbers = sorted(claim.number for claim in claims)
    assert sorted(reports["ann"].done + reports["bob"].done) == numbers
    for name, other in (("ann", "bob"), ("bob", "ann")):
        told = {why for _, why in reports[name].skipped}
        assert told <= {f"done already, by {other}"}
    assert WorkMark.objects.count() == 12
