"""What is done to many claims: agreed on first, then done exactly so, once, by those who may."""

from datetime import date
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import DatabaseError, connection
from django.test import RequestFactory
from django.urls import reverse

from analytics.claims import bulk, bulk_views
from analytics.tests.claims.conftest import person
from analytics.tests.population import TODAY
from billing import bulk_posting, posting
from billing.models import Appeal, Claim, Note, WriteOff
from billing.tests.builders import PRACTICE, appeal, decision, make_claim, make_staff

CHOOSE, CONFIRM, REPORT = (reverse(f"claims:bulk{end}") for end in ("", "-confirm", "-report"))


def denied_claim(number: str, **options) -> Claim:
    denied = decision(on=date(2026, 9, 1), denied="60.00", reason="16")
    return make_claim(number=number, decisions=[denied], **options)


def chosen(client, action: str, claims, **more):
    keys = [claim.pk for claim in claims]
    return client.post(CHOOSE, {"action": action, "which": "ticked", "claim": keys, **more})


def done(client, action: str, claims, **fields):
    """Choose, confirm and follow to the report; what the report holds."""
    asked = chosen(client, action, claims)
    answer = client.post(CONFIRM, {"plan": asked.context["plan"], **fields}, follow=True)
    assert answer.redirect_chain == [(REPORT, 302)]
    return answer.context["report"]


def skipped(report) -> dict[str, str]:
    """Why each claim was skipped, by number."""
    return {number: why for why, numbers in report["reasons"].items() for number in numbers}


def refreshed(claim: Claim) -> Claim:
    return Claim.objects.get(pk=claim.pk)


def test_the_confirmation_shows_what_will_happen_and_what_is_left_out(client):
    claims = [
        denied_claim("D1"),
        denied_claim("D2"),
        make_claim(number="P", decisions=[decision(on=date(2026, 9, 1), paid="100.00")]),
    ]
    asked = chosen(client, "write-off", claims)
    shown = asked.content.decode()
    assert "2 claims" in shown
    assert "$120.00" in shown
    assert asked.context["preview"].left_out == {"no balance (paid)": 1}
    assert WriteOff.objects.count() == 0


def test_balances_are_written_off_with_reason_person_and_history(client, bea):
    claims = [denied_claim("D1"), make_claim(number="U", billed="40.00")]
    report = done(client, "write-off", claims, reason="Small balance", written_off_on="2026-11-19")
    assert (report["done"], report["amount"], report["skipped"]) == (2, "$100.00", 0)
    rows = WriteOff.objects.order_by("amount").values_list(
        "amount", "reason", "for_denial", "who", "written_off_on"
    )
    day = date(2026, 11, 19)
    assert list(rows) == [
        (Decimal(40), "Small balance", False, bea.pk, day),
        (Decimal(60), "Small balance", True, bea.pk, day),
    ]
    assert {(refreshed(c).status, refreshed(c).balance) for c in claims} == {("closed", 0)}
    assert LogEntry.objects.get_for_model(WriteOff).filter(actor=bea).count() == 2


def test_a_balance_that_changed_meanwhile_is_not_written_off(client, bea):
    claim, other = denied_claim("D1"), denied_claim("D2")
    asked = chosen(client, "write-off", [claim, other])
    bulk_posting.write_off_balances(
        Claim.objects.all(),
        {other.pk: Decimal(60)},
        written_off_on=TODAY,
        reason="first",
        who=bea,
    )
    posting.write_off(
        claim, written_off_on=TODAY, amount=Decimal(10), reason="part", for_denial=True
    )
    answer = client.post(
        CONFIRM,
        {"plan": asked.context["plan"], "reason": "x", "written_off_on": "2026-11-20"},
        follow=True,
    )
    assert skipped(answer.context["report"]) == {
        "D1": "its balance is now $50.00, no longer $60.00",
        "D2": "already written off",
    }
    assert WriteOff.objects.count() == 2


def test_claims_are_assigned_with_a_note_and_a_history_entry(client, bea):
    ann = make_staff("Ann Lowe")
    claims = [make_claim(number="A"), make_claim(number="B", assignee="Ann Lowe")]
    report = done(client, "assign", claims, assignee=ann.pk)
    assert report["done"] == 1
    assert skipped(report) == {"B": "already assigned to Ann Lowe"}
    assert refreshed(claims[0]).assignee == ann
    note = Note.objects.get()
    assert (note.claim, note.who, note.text) == (claims[0], bea, "Assigned to Ann Lowe.")
    entry = LogEntry.objects.get_for_object(claims[0]).get(action=LogEntry.Action.UPDATE)
    assert entry.changes["assignee"] == [None, ann.pk]


def test_claims_are_taken_from_everybody(client):
    claim = make_claim(assignee="Ann Lowe")
    assert done(client, "assign", [claim], assignee="nobody")["done"] == 1
    assert refreshed(claim).assignee is None


def test_nobody_of_another_practice_can_be_assigned(client):
    sly = make_staff("Sly Fox", practice="Summit Clinic")
    claim = make_claim()
    asked = chosen(client, "assign", [claim])
    answer = client.post(CONFIRM, {"plan": asked.context["plan"], "assignee": sly.pk})
    assert "Choose somebody who works for this practice." in answer.content.decode()
    assert refreshed(claim).assignee is None


def test_a_person_is_not_assigned_claims_of_a_practice_without_them(client, bea, sue):
    bea.practice_access.practices.add(sue.practice_access.practices.get())
    ann = make_staff("Ann Lowe")
    claims = [make_claim(number="H"), make_claim(number="S", practice="Summit Clinic")]
    make_staff("Sly Fox", practice="Summit Clinic")
    report = done(client, "assign", claims, assignee=ann.pk)
    assert skipped(report) == {"S": "of a practice without Ann Lowe"}


def test_a_note_is_left_on_each_claim(client, bea):
    claims = [make_claim(), make_claim()]
    assert done(client, "note", claims, text="<b>Called</b>")["done"] == 2
    assert set(Note.objects.values_list("text", "who")) == {("<b>Called</b>", bea.pk)}


def test_denied_claims_are_marked_as_appealed(client, bea):
    claims = [
        denied_claim("D"),
        denied_claim("E", appeals=[appeal(filed=date(2026, 10, 1))]),
        make_claim(number="U"),
    ]
    report = done(client, "appeal", claims, filed_on="2026-11-18")
    assert report["done"] == 1
    assert skipped(report) == {
        "E": "an appeal is open already",
        "U": "never denied",
    }
    assert refreshed(claims[0]).status == "appealed"
    assert Appeal.objects.get(claim=claims[0]).who == bea


def test_the_whole_selection_is_done_and_nothing_that_joins_it_later(client):
    for position in range(30):
        make_claim(number=f"A{position}")
    make_claim(number="B", billed="70.00")
    data = {"action": "note", "which": "all", "selection": "max_billed=100&min_billed=100"}
    asked = client.post(CHOOSE, data)
    assert asked.context["preview"].claims == 30
    make_claim(number="late")
    client.post(CONFIRM, {"plan": asked.context["plan"], "text": "hello"})
    assert Note.objects.count() == 30


def test_a_selection_above_the_cap_is_refused_in_words(client, monkeypatch):
    monkeypatch.setattr(bulk_views, "MOST", 2)
    for _ in range(3):
        make_claim()
    answer = client.post(CHOOSE, {"action": "note", "which": "all", "selection": ""}, follow=True)
    assert "narrow the list with filters first" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "explode"}, "Choose what to do"),
        ({"action": "note"}, "Tick the claims first"),
        ({"action": "note", "claim": ["x", "9" * 40, "-1"]}, "Tick the claims first"),
    ],
)
def test_choosing_nothing_says_what_is_missing(client, data, words):
    make_claim()
    answer = client.post(CHOOSE, data, follow=True)
    assert words in answer.content.decode()


def test_a_plan_that_was_tampered_with_is_refused(client):
    claim = make_claim()
    asked = chosen(client, "note", [claim])
    for plan in ("", "garbage", asked.context["plan"][:-3] + "abc"):
        answer = client.post(CONFIRM, {"plan": plan, "text": "x"}, follow=True)
        assert "Choose the claims again" in answer.content.decode()
    assert Note.objects.count() == 0


def test_the_same_plan_twice_does_it_once(client):
    claim = make_claim()
    asked = chosen(client, "note", [claim])
    for _ in range(2):
        client.post(CONFIRM, {"plan": asked.context["plan"], "text": "hello"})
    assert Note.objects.count() == 1


def test_a_plan_is_not_done_again_after_another_one(client):
    claim = make_claim()
    first, second = (chosen(client, "note", [claim]).context["plan"] for _ in range(2))
    for plan in (first, second):
        client.post(CONFIRM, {"plan": plan, "text": "hello"})
    answer = client.post(CONFIRM, {"plan": first, "text": "hello"}, follow=True)
    assert "done before, and not again" in answer.content.decode()
    assert Note.objects.count() == 2


@pytest.mark.parametrize(
    ("action", "fields", "words"),
    [
        ("write-off", {"reason": "", "written_off_on": "2026-11-01"}, "This field is required."),
        ("write-off", {"reason": "x", "written_off_on": "9999-01-01"}, "between 1990 and 2100"),
        ("write-off", {"reason": "x", "written_off_on": "2026-11-21"}, "today or a day before"),
        ("appeal", {"filed_on": ""}, "This field is required."),
        ("note", {"text": " "}, "This field is required."),
        ("assign", {"assignee": ""}, "This field is required."),
    ],
)
def test_what_is_missing_is_said_in_place_and_nothing_happens(client, action, fields, words):
    claim = denied_claim("D")
    asked = chosen(client, action, [claim])
    answer = client.post(CONFIRM, {"plan": asked.context["plan"], **fields})
    assert words in answer.content.decode()
    assert (WriteOff.objects.count(), Appeal.objects.count(), Note.objects.count()) == (0, 0, 0)


def test_claims_of_another_practice_are_passed_over(sue, client_of):
    claim = denied_claim("HARBOR-1")
    other = client_of(sue)
    answer = chosen(other, "write-off", [claim])
    assert answer.status_code == 302
    plan = bulk.Plan("write-off", {claim.pk: Decimal(60)}, "token")
    other.post(CONFIRM, {"plan": plan.signed(), "reason": "x", "written_off_on": "2026-11-01"})
    assert WriteOff.objects.count() == 0


@pytest.mark.parametrize("action", ["note", "appeal", "write-off", "snooze", "done", "put-back"])
def test_who_may_not_is_refused(max_, client_of, action):
    claim = denied_claim("D")
    manager = client_of(max_)
    assert chosen(manager, action, [claim]).status_code == 403
    plan = bulk.Plan(action, {claim.pk: Decimal(60)}, "token")
    assert manager.post(CONFIRM, {"plan": plan.signed()}).status_code == 403


def test_a_manager_assigns_claims(max_, client_of):
    ann, claim = make_staff("Ann Lowe"), make_claim(number="A")
    assert done(client_of(max_), "assign", [claim], assignee=ann.pk)["done"] == 1
    assert refreshed(claim).assignee == ann


def test_an_auditor_assigns_nothing(db, client_of):
    claim = make_claim(number="A")
    auditor = client_of(person("ada", "Auditors", PRACTICE))
    assert chosen(auditor, "assign", [claim]).status_code == 403


def test_the_report_of_nothing_leads_to_the_list(client):
    assert client.get(REPORT)["Location"] == reverse("claims:list")


def test_many_claims_take_few_queries(client, bea, django_assert_max_num_queries):
    claims = [denied_claim(f"D{position}") for position in range(60)]
    agreed = {claim.pk: Decimal(60) for claim in claims}
    with django_assert_max_num_queries(40):
        report = bulk_posting.write_off_balances(
            Claim.objects.all(), agreed, written_off_on=TODAY, reason="x", who=bea
        )
    assert len(report.done) == 60


def test_a_chunk_that_the_database_refuses_leaves_the_others_done(bea, monkeypatch):
    claims = [denied_claim(f"D{position}") for position in range(4)]
    monkeypatch.setattr(bulk_posting, "CHUNK", 2)
    post = posting.post_events

    def failing(events):
        if any(event.claim_id == claims[0].pk for event in events):
            raise DatabaseError("full")
        return post(events)

    monkeypatch.setattr(bulk_posting, "post_events", failing)
    report = bulk_posting.file_appeals(
        Claim.objects.all(), [c.pk for c in claims], filed_on=TODAY, who=bea
    )
    assert report.done == ["D2", "D3"]
    assert dict(report.skipped) == dict.fromkeys(("D0", "D1"), "could not be stored: try again")
    assert Appeal.objects.count() == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_people_write_off_the_same_claims_at_once():
    """Each claim is done by one of them; the other is told; nothing is doubled."""
    claims = [denied_claim(f"D{position}") for position in range(12)]
    agreed = {claim.pk: Decimal(60) for claim in claims}
    people = [User.objects.create_user(name) for name in ("ann", "bob")]
    barrier, reports = Barrier(2), {}

    def work(who: User) -> None:
        try:
            barrier.wait(10)
            reports[who.username] = bulk_posting.write_off_balances(
                Claim.objects.all(), agreed, written_off_on=TODAY, reason="x", who=who
            )
        finally:
            connection.close()

    threads = [Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    numbers = sorted(claim.number for claim in claims)
    assert sorted(reports["ann"].done + reports["bob"].done) == numbers
    skipped = reports["ann"].skipped + reports["bob"].skipped
    assert sorted(skipped) == [(number, "already written off") for number in numbers]
    assert WriteOff.objects.count() == 12
    assert set(Claim.objects.values_list("balance", "written_off")) == {(0, 60)}


def test_two_requests_that_come_together_do_a_plan_once(client, bea):
    """Both have read their session before either has said what it does."""
    plan = chosen(client, "note", [make_claim()]).context["plan"]
    requests = []
    for _ in range(2):
        request = RequestFactory().post(CONFIRM, {"plan": plan, "text": "hello"})
        request.user = bea
        request.session = client.session
        assert "claims_bulk_done" not in request.session
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined]  # as the middleware does
        requests.append(request)

    for request in requests:
        assert bulk_views.confirm(request).status_code == 302

    assert Note.objects.count() == 1
