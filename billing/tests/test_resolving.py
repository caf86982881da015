"""What a person decides about unmatched decisions and possible duplicates."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.utils import IntegrityError

from billing import resolving
from billing.imports.x12.run import Request, import_x12
from billing.models import Adjudication, Claim, Remittance, Resolution
from billing.posting import differing
from billing.tests.builders import make_claim
from billing.tests.imports.x12.conftest import file_835

pytestmark = pytest.mark.django_db
State = Remittance.State
PAID = "CLP*C-1*1*100*80*20*12*P1~CAS*PR*2*20~"
OTHER = "CLP*C1*1*100*80*20*12*P1~CAS*PR*1*20~"


@pytest.fixture
def load(tmp_path: Path):
    """Imports these texts, each as a file."""

    def run(*texts: str):
        for text in texts:
            path = tmp_path / f"file{len(list(tmp_path.iterdir()))}.835"
            path.write_text(text)
            import_x12(Request([path]))

    return run


@pytest.fixture
def ann(db) -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def waiting(load) -> Adjudication:
    """A decision whose number nobody knows; the claim is C1."""
    load(file_835(PAID, amount="80"))
    return Adjudication.objects.get()


def claim_of(decision: Adjudication, number: str = "C1") -> Claim:
    return make_claim(number=number, billed="100.00", practice=decision.practice.name)


def test_linking_settles_the_claim_and_says_who_did_it(waiting, ann):
    claim = claim_of(waiting)

    resolving.link(waiting, claim, who=ann, reason="a hyphen too many")

    claim.refresh_from_db()
    assert (claim.status, claim.paid) == ("paid", 80)
    assert differing([claim.pk]) == []
    (said,) = Resolution.objects.all()
    assert (said.kind, said.who, said.claim, said.reason) == (
        "linked", ann, claim, "a hyphen too many",
    )  # fmt: skip
    assert LogEntry.objects.get_for_object(waiting).filter(changes__has_key="claim").exists()
    assert LogEntry.objects.get_for_object(said).exists()


def test_the_second_of_two_people_is_told(waiting, ann):
    first, second = claim_of(waiting), claim_of(waiting, "C2")
    resolving.link(waiting, first, who=ann)

    with pytest.raises(ValidationError, match="meanwhile"):
        resolving.link(waiting, second, who=ann)
    with pytest.raises(ValidationError, match="meanwhile"):
        resolving.keep_aside(waiting, who=ann, reason="not ours")

    waiting.refresh_from_db()
    assert waiting.claim == first
    assert Resolution.objects.count() == 1


def test_a_claim_of_another_practice_is_refused(waiting, ann):
    foreign = make_claim(number="C1", practice="Elsewhere")

    with pytest.raises(ValidationError, match="another practice"):
        resolving.link(waiting, foreign, who=ann)

    assert not Resolution.objects.exists()


def test_what_is_kept_aside_needs_a_reason_and_can_come_back(waiting, ann):
    with pytest.raises(ValidationError, match="why"):
        resolving.keep_aside(waiting, who=ann, reason="  ")
    resolving.keep_aside(waiting, who=ann, reason="of the old system")
    with pytest.raises(ValidationError, match="already"):
        resolving.keep_aside(waiting, who=ann, reason="again")
    assert Adjudication.objects.get().is_kept_aside

    claim = claim_of(waiting, "C-1")
    resolving.put_back(waiting, who=ann)

    found = Adjudication.objects.get()
    assert (found.is_kept_aside, found.claim, found.matched_by) == (False, claim, "number")
    with pytest.raises(ValidationError):
        resolving.put_back(waiting, who=ann)
    assert [r.kind for r in Resolution.objects.all()] == ["kept-aside", "returned"]


@pytest.fixture
def duplicates(load) -> tuple[Remittance, Remittance]:
    """Two contents of one payment on claim C1: the one that counts, the one that waits."""
    make_claim(number="C1", billed="100.00")
    load(file_835(OTHER, amount="80"), file_835(OTHER.replace("PR*1", "PR*2"), amount="80"))
    return (
        Remittance.objects.get(state=State.POSTED),
        Remittance.objects.get(state=State.POSSIBLE_DUPLICATE),
    )


def paid() -> Decimal:
    return Claim.objects.get(number="C1").paid


def test_a_possible_duplicate_counts_once_a_person_posts_it(duplicates, ann):
    _, duplicate = duplicates
    assert paid() == 80

    resolving.post(duplicate, who=ann, reason="paid twice, says the bank")

    duplicate.refresh_from_db()
    assert (duplicate.state, duplicate.is_decided) == (State.POSTED, True)
    assert paid() == 160
    assert differing([Claim.objects.get().pk]) == []
    entry = LogEntry.objects.get_for_object(duplicate).latest("pk")
    assert entry.changes["state"] == ["possible-duplicate", "posted"]
    with pytest.raises(ValidationError, match="counts already"):
        resolving.post(duplicate, who=ann, reason="again")


def test_one_may_count_in_place_of_the_other(duplicates, ann):
    counting, duplicate = duplicates
    resolving.post(duplicate, who=ann, reason="the right one")

    resolving.set_aside(counting, who=ann, reason="the wrong one")

    counting.refresh_from_db()
    assert counting.state == State.SET_ASIDE
    assert not counting.adjudications.filter(claim__isnull=False).exists()
    assert paid() == 80
    assert Claim.objects.get().adjudications.get().remittance == duplicate


def test_a_duplicate_kept_aside_stays_so_when_its_file_comes_again(duplicates, ann, load):
    _, duplicate = duplicates
    resolving.set_aside(duplicate, who=ann, reason="sent twice")
    load(file_835(OTHER.replace("PR*1", "PR*2"), amount="80"), file_835(OTHER, amount="80"))

    duplicate.refresh_from_db()
    assert duplicate.state == State.SET_ASIDE
    assert paid() == 80
    with pytest.raises(ValidationError, match="set aside already"):
        resolving.set_aside(duplicate, who=ann, reason="again")


def test_a_remittance_without_its_like_is_not_decided_about(waiting, ann):
    assert waiting.remittance is not None
    with pytest.raises(ValidationError, match="No other"):
        resolving.set_aside(waiting.remittance, who=ann, reason="no")
    waiting.remittance.refresh_from_db()
    assert waiting.remittance.state == State.POSTED


def test_what_a_person_linked_is_linked_again_when_the_remittance_counts_again(load, ann):
    load(file_835(PAID, amount="80"), file_835(PAID.replace("PR*2", "PR*1"), amount="80"))
    counting = Remittance.objects.get(state=State.POSTED)
    decision = counting.adjudications.get()
    claim = claim_of(decision)
    resolving.link(decision, claim, who=ann)
    resolving.set_aside(counting, who=ann, reason="perhaps not")
    assert paid() == 0

    resolving.post(counting, who=ann, reason="after all")

    decision.refresh_from_db()
    assert (decision.claim, decision.matched_by) == (claim, "person")
    assert paid() == 80


def test_a_resolution_says_what_it_is_about(waiting, ann):
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.create(
            practice=waiting.practice, remittance=waiting.remittance, kind="linked", who=ann
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.create(
            practice=waiting.practice, remittance=waiting.remittance, adjudication=waiting,
            kind="posted", who=ann,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_people_at_the_same_moment_link_once(load, request):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time")
    load(file_835(PAID, amount="80"))
    decision = Adjudication.objects.get()
    claims = [claim_of(decision, "C1"), claim_of(decision, "C2")]
    ann = User.objects.create_user("ann")
    told: list[str] = []
    together = threading.Barrier(2)

    def link(claim: Claim) -> None:
        together.wait()
        try:
            resolving.link(decision, claim, who=ann)
        except ValidationError as refusal:
            told.append(refusal.messages[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=link, args=(claim,)) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [resolving.LINKED_ALREADY]
    assert Resolution.objects.count() == 1
    assert sum(claim.adjudications.count() for claim in claims) == 1
