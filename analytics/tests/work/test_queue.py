"""The work queue: what is in it, for whom, what can be done, and what it never shows."""

import json
from datetime import date, timedelta

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.tests.claims.conftest import person
from analytics.tests.population import TODAY
from analytics.tests.work.stage import appeal_limit, denied, history, stage
from analytics.work import rows
from billing import posting, work_marks
from billing.models import Claim, Note, Payer, Staff, WorkMark
from billing.tests.builders import (
    PRACTICE,
    appeal,
    decision,
    make_claim,
    make_payer,
    make_staff,
)

URL = reverse("work:queue")
CHOOSE, CONFIRM = reverse("claims:bulk"), reverse("claims:bulk-confirm")


def shown(client, **query) -> list[str]:
    answer = client.get(URL, query)
    assert answer.status_code == 200
    return [row.claim.number for row in answer.context["rows"]]


def text(client, **query) -> str:
    return " ".join(client.get(URL, query).content.decode().split())


def act(client, action: str, *claims: Claim, **fields):
    """Choose on the queue, confirm, and follow to where it leads."""
    keys = [claim.pk for claim in claims]
    asked = client.post(CHOOSE, {"origin": "work", "action": action, "claim": keys})
    plan = asked.context["plan"]
    return client.post(CONFIRM, {"origin": "work", "plan": plan, **fields}, follow=True)


def linked(user, name: str = "Ann Lowe", **options) -> Staff:
    staff = make_staff(name, **options)
    Staff.objects.filter(pk=staff.pk).update(login=user)
    return staff


# What is in it


def test_denials_unanswered_claims_and_drafts_that_are_due_are_work(client):
    history()  # Aetna and Cigna decide in 25 days
    make_payer("Medicare", kind="medicare")
    denied("DENIED", payer="Delta")
    make_claim(number="OLD", submitted_on=TODAY - timedelta(days=26))
    make_claim(number="YOUNG", submitted_on=TODAY - timedelta(days=25))
    make_claim(number="SILENT", payer="New payer", submitted_on=TODAY - timedelta(days=31))
    make_claim(number="PATIENT", payer="New payer", submitted_on=TODAY - timedelta(days=30))
    for number, days in (("DUE", 335), ("FRESH", 334), ("LATE", 366)):
        day = TODAY - timedelta(days=days)
        make_claim(number=number, payer="Medicare", service_date=day, submitted_on=None)
    make_claim(number="DRAFT", payer="Delta", service_date=date(2025, 1, 1), submitted_on=None)
    denied("APPEALED", payer="Delta", appeals=[appeal(filed=TODAY)])
    make_claim(number="PAID", decisions=[decision(on=date(2026, 2, 1), paid="100.00")])

    assert set(shown(client)) == {"DENIED", "OLD", "SILENT", "DUE", "LATE"}


def test_the_page_tells_how_much_there_is_and_how_its_order_comes_about(client):
    stage()
    content = text(client)

    assert "5 claims" in content
    assert "About $311 can be recovered; 1 due within 30 days." in content
    assert "How the order comes about" in content
    assert "2 payers of these claims have no limit set. An administrator sets them." in content


def test_an_empty_queue_says_so(client):
    assert "Nothing to do" in text(client)
    assert "You are not among the staff" in text(client, whose="mine")
    assert "Nothing is snoozed" in text(client, state="snoozed")


# For whom


def test_a_biller_begins_with_their_own_work_and_a_manager_with_the_teams(bea, max_, client_of):
    linked(bea)
    linked(max_, "Max", role="manager")
    denied("MINE", assignee="Ann Lowe")
    denied("HERS", assignee="Bo Hart")
    denied("NOBODYS")

    assert shown(client_of(bea)) == ["MINE"]
    assert set(shown(client_of(bea), whose="team")) == {"MINE", "HERS", "NOBODYS"}
    assert set(shown(client_of(max_))) == {"MINE", "HERS", "NOBODYS"}
    assert shown(client_of(max_), assignee="Bo Hart") == ["HERS"]
    assert shown(client_of(max_), assignee="nobody") == ["NOBODYS"]


def test_claims_of_another_practice_are_not_there(client, sue, client_of):
    denied("OURS")
    denied("THEIRS", practice="Summit Clinic")

    assert shown(client) == ["OURS"]
    assert shown(client_of(sue)) == ["THEIRS"]
    assert shown(client, practice="Summit Clinic") == ["OURS"]


@pytest.mark.parametrize("action", ["snooze", "done", "assign", "note"])
def test_what_belongs_to_another_practice_is_passed_over(client, action):
    theirs = denied("THEIRS", practice="Summit Clinic")
    row = {"origin": "work", "row": f"{action}:{theirs.pk}"}
    answer = client.post(CHOOSE, row, follow=True)

    assert "Tick the claims first" in answer.content.decode()
    own = client.post(reverse("claims:act", args=(theirs.pk, action)), {"reason": "x"})
    assert own.status_code == 404
    assert not WorkMark.objects.exists()


def test_nobody_without_the_right_sees_the_queue(client_of, db):
    stranger = person("sam", "Billers", PRACTICE)
    stranger.groups.clear()

    assert client_of(stranger).get(URL).status_code == 403


def test_no_patient_is_named_to_anybody(client, max_, client_of):
    denied("A", procedures=["99213"])
    for browser in (client, client_of(max_)):
        for kind in ("", "csv", "json"):
            answer = browser.get(URL, {"format": kind})
            content = answer.getvalue() if answer.streaming else answer.content
            assert b"Reyes" not in content
            assert b"A" in content


def test_a_manager_may_assign_and_nothing_else(max_, client_of):
    claim, manager = denied("A"), client_of(max_)
    content = text(manager)

    assert 'value="assign:' in content
    for action in ("snooze", "done", "note", "write-off", "appeal"):
        assert f'value="{action}' not in content
        chosen = {"origin": "work", "row": f"{action}:{claim.pk}"}
        assert manager.post(CHOOSE, chosen).status_code == 403


# What narrows it


def test_the_filters_narrow_the_queue(client):
    stage()
    make_claim(number="N", payer="Delta", decisions=[decision(on=TODAY, denied="1.00")])

    assert shown(client, why="pending") == ["E"]
    assert shown(client, payer="Cigna") == ["C", "F"]
    assert shown(client, category="AUTH") == ["C", "F"]
    assert shown(client, due="30") == ["C"]
    assert shown(client, due="14") == []
    assert shown(client, due="passed") == ["F"]
    assert shown(client, owner="authorization") == ["C", "F"]


@pytest.mark.parametrize(
    "query",
    ["whose=nobody&state=%00", "due=31", "due=' OR 1=1", "payer=Nobody", "owner=x", "why=paid",
     "after=x~1", "after=99999999999999999999~1", "before=1~%00", "after=1.5~3", "after=1~9e9",
     "after=-5~1&before=7~2", "page=1000000000", "category=%27%3B--", "assignee=%3Cscript%3E"],
)  # fmt: skip
def test_a_bad_filter_falls_back(client, query):
    denied("A")
    answer = client.get(f"{URL}?{query}")

    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().replace("<script src", "")


def test_pages_go_on_where_the_last_one_ended(client):
    for position in range(60):
        denied(f"D{position:02}", amount=f"{100 + position // 3}.00")
    seen, address = [], URL
    while address:
        answer = client.get(address)
        seen += [row.claim.number for row in answer.context["rows"]]
        address = URL + answer.context["next_url"] if "next_url" in answer.context else ""

    assert len(seen) == len(set(seen)) == 60
    amounts = [Claim.objects.get(number=number).balance for number in seen]
    assert amounts == sorted(amounts, reverse=True)


def test_the_number_of_queries_does_not_grow(client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured)

    stage()
    denied("X", assignee="Bo Hart")
    client.get(URL)
    few = queries()
    for position in range(20):
        denied(f"X{position}", payer=f"Payer {position}", assignee=f"Biller {position}")
        appeal_limit(f"Payer {position}", 40 + position)

    assert queries() == few == 33


# What can be done


def test_a_claim_is_snoozed_from_its_row(client, bea):
    claim, other = denied("A"), denied("B")
    asked = client.post(CHOOSE, {"origin": "work", "row": f"snooze:{claim.pk}", "claim": other.pk})
    assert asked.context["preview"].claims == 1
    answer = client.post(
        CONFIRM,
        {
            "origin": "work",
            "plan": asked.context["plan"],
            "until": "2026-12-01",
            "reason": "<b>records</b> are on their way",
        },
        follow=True,
    )

    assert answer.redirect_chain[0][0].startswith(URL)
    assert "Snooze: A." in answer.content.decode()
    assert shown(client) == ["B"]
    assert shown(client, state="snoozed") == ["A"]
    content = text(client, state="snoozed")
    assert "Snoozed until 2026-12-01, bea: &lt;b&gt;records&lt;/b&gt; are on their way" in content
    assert LogEntry.objects.get_for_model(WorkMark).get().actor == bea


@pytest.mark.parametrize("until", ["", "2026-11-20", "2025-01-01", "2027-11-21", "9999-12-31", "x"])
def test_a_snooze_needs_a_day_ahead(client, until):
    asked = client.post(CHOOSE, {"origin": "work", "row": f"snooze:{denied('A').pk}"})
    fields = {"plan": asked.context["plan"], "until": until, "reason": "x", "origin": "work"}

    assert client.post(CONFIRM, fields).context["form"].errors["until"]
    assert not WorkMark.objects.exists()


def test_many_are_done_at_once_until_something_new_happens(client):
    claims = [denied(name) for name in ("A", "B", "C")]
    report = act(client, "done", *claims[:2], reason="sent the records").context["report"]

    assert (report["done"], report["from"]) == (2, "Work queue")
    assert shown(client) == ["C"]
    posting.file_appeal(claims[0], filed_on=TODAY)
    posting.end_appeal(claims[0].appeals.get(), ended_on=TODAY, result="lost")
    assert set(shown(client)) == {"A", "C"}
    assert shown(client, state="done") == ["B"]


def test_what_is_done_can_be_put_back(client):
    claim = denied("A")
    act(client, "done", claim, reason="x")
    act(client, "put-back", claim)

    assert shown(client) == ["A"]
    assert shown(client, state="done") == []


def test_who_comes_second_is_told(client, bea):
    claim, other = denied("A"), denied("B")
    asked = client.post(CHOOSE, {"origin": "work", "action": "done", "claim": [claim.pk, other.pk]})
    work_marks.mark(
        Claim.objects.all(), [claim.pk], kind="done", who=bea, today=TODAY, reason="first"
    )
    answer = client.post(
        CONFIRM, {"origin": "work", "plan": asked.context["plan"], "reason": "x"}, follow=True
    )

    assert answer.context["report"]["reasons"] == {"done already, by bea": ["A"]}
    assert WorkMark.objects.count() == 2


def test_the_whole_list_can_be_assigned(client):
    ann = make_staff("Ann Lowe")
    stage()
    asked = client.post(
        CHOOSE,
        {"origin": "work", "which": "all", "action": "assign", "selection": "payer=Cigna"},
    )
    client.post(CONFIRM, {"origin": "work", "plan": asked.context["plan"], "assignee": ann.pk})

    assert {c.number for c in Claim.objects.filter(assignee=ann)} == {"C", "F"}


def test_a_note_is_added_from_a_row(client):
    act(client, "note", denied("A"), text="called, on hold")

    assert Note.objects.get().text == "called, on hold"
    assert shown(client) == ["A"]


# The page of the claim


def test_the_claim_shows_its_deadline_and_what_set_it_aside(client, bea):
    appeal_limit("Aetna", 30)
    claim = denied("A", days_ago=20)
    address = reverse("claims:claim", args=(claim.pk,))
    content = " ".join(client.get(address).content.decode().split())
    assert "2026-11-30, 10 days left" in content
    assert "30 days from the denial of 2026-10-31" in content

    act_on = reverse("claims:act", args=(claim.pk, "snooze"))
    client.post(act_on, {"until": "2026-12-01", "reason": "records"})
    content = " ".join(client.get(address).content.decode().split())
    assert "Snoozed until 2026-12-01, by bea: records" in content
    assert "Work queue: snoozed until 2026-12-01" in content
    client.post(reverse("claims:act", args=(claim.pk, "put-back")))
    assert shown(client) == ["A"]


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [(30, "today is the last day"), (31, "passed"), (29, "1 day left")],
)
def test_the_last_day_is_named(client, days_ago, words):
    appeal_limit("Aetna", 30)
    claim = denied("A", days_ago=days_ago)
    content = client.get(reverse("claims:claim", args=(claim.pk,))).content.decode()

    assert words in " ".join(content.split())


def test_a_missing_limit_is_said_and_can_be_set_by_those_who_may(client, client_of, db):
    claim = denied("A")
    admin = person("ada", "Administrators", PRACTICE)
    address = reverse("claims:claim", args=(claim.pk,))
    link = reverse("admin:billing_payer_change", args=(Payer.objects.get(name="Aetna").pk,))

    assert "no limit set" in client.get(address).content.decode()
    assert link not in client.get(address).content.decode()
    assert link in client_of(admin).get(address).content.decode()


# Files


def test_the_queue_leaves_as_files_in_its_order_with_its_numbers(client):
    stage()
    make_payer("=Evil")
    denied("=X", payer="=Evil", amount="1.00")
    lines = client.get(URL, {"format": "csv"}).getvalue().decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["claim", "C", "A", "E", "D", "'=X", "F"]
    rows = json.loads(client.get(URL, {"format": "json"}).getvalue())["rows"]
    assert rows[0] | {"detail": ""} == {
        "claim": "C",
        "practice": PRACTICE,
        "payer": "Cigna",
        "why": "Denied",
        "detail": "",
        "recoverable": "100.16",
        "amount": "400.00",
        "share_percent": 31.3,
        "overturned": 1,
        "ended": 6,
        "time_factor": 0.8,
        "deadline": "2026-12-10",
        "days_left": 20,
        "assignee": "",
        "set_aside": "",
        "set_aside_because": "",
    }
    assert client.get(URL, {"format": "xlsx"}).status_code == 200


def test_a_long_list_leaves_whole(client, monkeypatch):
    monkeypatch.setattr(rows, "CHUNK", 2)
    numbers = [denied(f"C{n}", amount=f"{90 - n}.00").number for n in range(7)]
    lines = client.get(URL, {"format": "csv"}).getvalue().decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == numbers
