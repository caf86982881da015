"""The page of one claim: what it says, to whom, and what can be done on it."""

from datetime import date
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from billing import posting
from billing.choices import Outcome
from billing.imports.x12.run import Request, import_x12
from billing.models import (
    Adjudication,
    Appeal,
    Claim,
    LineItem,
    Note,
    Remittance,
    Submission,
    WriteOff,
)
from billing.tests.builders import (
    PRACTICE,
    appeal,
    decision,
    make_activity,
    make_claim,
    make_remittance,
    make_staff,
    patient_payment,
    reversal,
    write_off,
)
from billing.tests.imports.x12.conftest import file_835, file_837


def url(claim: Claim) -> str:
    return reverse("claims:claim", args=(claim.pk,))


def page(client, claim: Claim) -> str:
    answer = client.get(url(claim))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def act(client, claim: Claim, action: str, **fields):
    return client.post(reverse("claims:act", args=(claim.pk, action)), fields)


def denied_claim(**options) -> Claim:
    denied = decision(on=date(2026, 2, 1), denied="120.00", contractual="80.00", reason="16")
    return make_claim(billed="200.00", decisions=[denied], **options)


# What it says


def test_the_arithmetic_is_shown_in_one_line(client):
    first = decision(on=date(2026, 2, 1), denied="120.00", contractual="80.00", reason="16")
    later = decision(on=date(2026, 3, 1), paid="80.00")
    claim = make_claim(billed="200.00", decisions=[first, later])
    owed = client.get(url(claim)).context["story"].owed
    told = [(term.sign, term.name, term.amount) for term in owed.terms]
    assert told == [
        ("+", "denied", Decimal(120)),
        ("−", "settled later", Decimal(80)),
        ("−", "written off", Decimal(0)),
    ]
    assert owed.balance == Decimal(40) == claim.balance
    shown = page(client, claim)
    assert "Denied: CO-16 · Information missing or wrong" in shown
    assert "Later decision: $80.00 paid" in shown


def test_the_part_that_was_denied_as_a_duplicate_is_taken_off_in_words(client):
    denied = decision(on=date(2026, 2, 1), denied="120.00", duplicate="50.00", reason="16")
    claim = make_claim(billed="120.00", decisions=[denied])

    owed = client.get(url(claim)).context["story"].owed

    assert [(term.sign, term.name, term.amount) for term in owed.terms][:2] == [
        ("+", "denied", Decimal(120)),
        ("−", "duplicate", Decimal(50)),
    ]
    assert owed.balance == Decimal(70) == claim.balance
    assert "denied as a duplicate (reason 18): never stands" in page(client, claim)


def test_an_undecided_claim_expects_what_was_billed(client):
    shown = page(client, make_claim(billed="200.00"))
    assert "Expected (assumed: the billed amount); no payer has decided" in shown
    assert "No payer has answered since 2026-01-07." in shown


def test_a_contract_rate_is_named(client):
    assert "Expected (by contract)" in page(client, make_claim(billed="200.00", expected="150.00"))


def test_adjustments_are_said_in_words_with_amounts_and_remarks(client):
    claim = denied_claim()
    claim.adjudications.get().adjustments.filter(reason="16").update(remark_codes="N290 MA130")
    shown = page(client, claim)
    assert "CO-16</strong> · Information missing or wrong" in shown
    assert "Remarks: N290 MA130" in shown
    assert "CO-45</strong> · " in shown


def test_reversed_replaced_and_correcting_decisions_are_marked_in_order(client):
    first = decision(on=date(2026, 2, 1), denied="200.00", reason="16", charge="200.00")
    back = reversal(on=date(2026, 3, 1), of=first)
    claim = make_claim(
        billed="200.00",
        decisions=[first, back, decision(on=date(2026, 3, 1), paid="120.00", source_key="p:1")],
    )
    stored = claim.adjudications.get(source_key="p:1")
    corrected = posting.correct(
        stored,
        Adjudication(
            practice=claim.practice,
            claim=claim,
            decided_on=date(2026, 3, 1),
            charge=200,
            paid=150,
            outcome=Outcome.PAID,
        ),
    )
    posting.post_events([corrected])
    story = client.get(url(claim)).context["story"]
    assert [(d.outcome, d.is_void, d.standing[:22]) for d in story.decisions] == [
        ("Denied", True, "Reversed: no longer co"),
        ("Reversal", False, "Cancels the decision"),
        ("Paid", True, "Replaced by a correcte"),
        ("Paid", False, "Counts as the first de"),
    ]
    assert story.decisions[-1].unexplained == Decimal(50)


def test_what_was_billed_shows_the_lines_and_each_sending(client):
    claim = make_claim(procedures=["99213", "93000"])
    Submission.objects.create(
        claim=claim,
        submitted_on=date(2026, 1, 7),
        file_name="batch.837",
        file_sha256="a" * 64,
        position=1,
        claim_number=claim.number,
        charge=100,
    )
    shown = page(client, claim)
    assert "99213" in shown
    assert "batch.837" in shown


def test_without_lines_of_its_own_the_charges_of_the_encounter_stand_in(client):
    claim = make_claim(procedures=["99213"])
    claim.lines.all().delete()
    assert LineItem.objects.count() == 1
    assert "these are the charges of its encounter" in page(client, claim)


def test_people_and_notes_are_told_in_order_and_nothing_is_run(client, bea):
    claim = denied_claim(write_offs=[write_off(on=date(2026, 3, 5), amount="20.00")])
    make_activity(claim=claim, on=date(2026, 1, 9), staff="Ann Lowe", error=True)
    posting.add_note(claim, text="<script>alert(1)</script>\nsecond line", who=bea)
    story = client.get(url(claim)).context["story"]
    assert [(deed.what, deed.who) for deed in story.people] == [
        ("Followed up", "Ann Lowe"),
        ("Written off", ""),
        ("Note", "bea"),
    ]
    shown = page(client, claim)
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;" in shown


def test_the_timeline_holds_everything_by_day(client):
    claim = denied_claim(
        appeals=[appeal(filed=date(2026, 2, 10), ended=date(2026, 2, 20), result="lost")],
        patient_payments=[patient_payment(on=date(2026, 2, 15), amount="5.00")],
    )
    story = client.get(url(claim)).context["story"]
    assert [(m.day.isoformat(), m.what) for m in story.timeline] == [
        ("2026-01-05", "Service given"),
        ("2026-01-07", "Sent to the payer"),
        ("2026-02-01", "Denied"),
        ("2026-02-10", "Appeal filed"),
        ("2026-02-15", "Patient paid"),
        ("2026-02-20", "Appeal lost"),
    ]


def test_replaced_and_replacing_claims_lead_to_one_another(client):
    old, new = make_claim(number="OLD"), make_claim(number="NEW")
    Claim.objects.filter(pk=new.pk).update(replaces=old)
    assert url(new) in page(client, old)
    assert url(old) in page(client, new)


def test_every_kind_of_claim_is_told(client):
    remittance = make_remittance()
    for claim in (
        make_claim(submitted_on=None, service_date=None, department=None, provider=None),
        make_claim(frequency="void"),
        make_claim(decisions=[decision(on=date(2026, 2, 1), paid=None, remittance=remittance)]),
        make_claim(decisions=[decision(on=date(2026, 2, 1), outcome=Outcome.DUPLICATE)]),
        make_claim(decisions=[decision(on=date(2026, 2, 1), outcome=Outcome.PREDETERMINATION)]),
        make_claim(decisions=[decision(on=date(2026, 2, 1), outcome=Outcome.PENDED)]),
    ):
        page(client, claim)


@pytest.mark.parametrize("events", [0, 1, 8])
def test_the_number_of_queries_does_not_grow(client, events, django_assert_max_num_queries):
    claim = make_claim(
        procedures=["99213"] * max(events, 1),
        decisions=[
            decision(on=date(2026, 2, 1 + day), denied="20.00", reason="16")
            for day in range(events)
        ],
        write_offs=[write_off(on=date(2026, 3, 1), amount="1.00") for _ in range(events)],
    )
    for _ in range(events):
        make_activity(claim=claim)
        posting.add_note(claim, text="x")
    with django_assert_max_num_queries(46):
        page(client, claim)


# To whom


def test_the_person_is_shown_and_recorded_only_for_those_who_may_see_patients(
    client, max_, client_of
):
    claim = make_claim(procedures=["99213"])
    assert claim.encounter is not None
    assert "Reyes, Ines" not in page(client_of(max_), claim)
    assert LogEntry.objects.filter(action=LogEntry.Action.ACCESS).count() == 0
    assert "Reyes, Ines" in page(client, claim)
    seen = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert (seen.actor.username, seen.object_pk) == ("bea", str(claim.encounter.patient_id))


def test_a_claim_of_another_practice_is_not_found(sue, client_of):
    claim = denied_claim()
    other = client_of(sue)
    assert other.get(url(claim)).status_code == 404
    for action in ("note", "assign", "appeal", "write-off", "close", "reopen", "end-appeal"):
        answer = act(other, claim, action, text="x", reason="x", amount="1")
        assert answer.status_code == 404
    assert Note.objects.count() == 0
    assert other.get("/claims/99999999999999999999999/").status_code == 404


def test_who_may_not_is_offered_nothing_and_refused(max_, client_of):
    claim = denied_claim()
    manager = client_of(max_)
    assert "Add a note" not in page(manager, claim)
    assert "Snooze" not in page(manager, claim)
    for action in ("note", "appeal", "write-off", "close", "reopen", "end-appeal", "snooze"):
        assert act(manager, claim, action).status_code == 403


def test_a_manager_may_assign(max_, client_of):
    claim, ann = denied_claim(), make_staff("Ann Lowe")
    act(client_of(max_), claim, "assign", assignee=ann.pk)
    assert Claim.objects.get().assignee == ann


# What can be done


def test_a_note_is_added(client, bea):
    claim = make_claim()
    assert act(client, claim, "note", text="Called them")["Location"] == url(claim)
    assert Note.objects.get().who == bea


def test_a_claim_is_assigned_within_its_practice(client):
    claim, ann = make_claim(), make_staff("Ann Lowe")
    sly = make_staff("Sly Fox", practice="Summit Clinic")
    act(client, claim, "assign", assignee=ann.pk)
    assert Claim.objects.get().assignee == ann
    again = act(client, claim, "assign", assignee=ann.pk).content.decode()
    assert "This claim is already assigned to Ann Lowe." in again
    wrong = act(client, claim, "assign", assignee=sly.pk).content.decode()
    assert "Choose somebody who works for this practice." in wrong


def test_part_of_the_balance_is_written_off(client, bea):
    claim = denied_claim()
    act(
        client,
        claim,
        "write-off",
        amount="20.00",
        reason="Small balance",
        written_off_on="2026-11-01",
        for_denial="on",
    )
    written = WriteOff.objects.get()
    assert (written.amount, written.who, written.for_denial) == (Decimal(20), bea, True)
    assert Claim.objects.get().balance == Decimal(100)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("120.01", "no more than that can be written off"),
        ("0", "above zero"),
        ("-5", "greater than or equal to 0"),
        ("1e99", "no more than 12 digits"),
        ("NaN", "Enter a number."),
    ],
)
def test_a_wrong_amount_is_refused_in_its_place(client, amount, words):
    claim = denied_claim()
    fields = {"amount": amount, "reason": "x", "written_off_on": "2026-11-01"}
    shown = act(client, claim, "write-off", **fields).content.decode()
    assert words in shown
    assert f'value="{amount}"' in shown
    assert WriteOff.objects.count() == 0


def test_an_appeal_is_filed_and_ended(client, bea):
    claim = denied_claim()
    act(client, claim, "appeal", filed_on="2026-11-01")
    assert Appeal.objects.get().who == bea
    assert "End the appeal" in page(client, claim)
    early = act(client, claim, "end-appeal", ended_on="2026-10-01", result="lost")
    assert "cannot end before it was filed" in early.content.decode()
    act(client, claim, "end-appeal", ended_on="2026-11-05", result="lost")
    assert Appeal.objects.get().result == "lost"
    twice = act(client, claim, "end-appeal", ended_on="2026-11-05", result="lost")
    assert "No appeal of this claim is open." in twice.content.decode()


def test_a_claim_that_was_never_denied_cannot_be_appealed(client):
    claim = make_claim()
    assert "File an appeal" not in page(client, claim)
    answer = act(client, claim, "appeal", filed_on="2026-11-01")
    assert "Only a denied claim can be appealed." in answer.content.decode()


def test_a_claim_is_closed_by_hand_and_opened_again(client):
    claim = denied_claim()
    act(client, claim, "close", reason="Moved abroad", changed_on="2026-11-01")
    assert Claim.objects.get().status == "closed"
    shown = page(client, claim)
    assert "Closed: nothing is awaited any more" in shown
    assert "Open again" in shown
    act(client, claim, "reopen", reason="Came back", changed_on="2026-11-02")
    assert Claim.objects.get().status == "denied"


def test_unknown_actions_and_plain_visits_are_refused(client):
    claim = make_claim()
    assert act(client, claim, "delete").status_code == 404
    assert client.get(reverse("claims:act", args=(claim.pk, "note"))).status_code == 405


@pytest.mark.parametrize(("action", "fields"), [("note", {"text": "x"}), ("appeal", {})])
def test_a_claim_that_an_undo_removes_meanwhile_is_gone(client, monkeypatch, action, fields):
    claim = denied_claim()

    def gone(found):
        raise Claim.DoesNotExist

    monkeypatch.setattr(posting, "_locked", gone)
    assert act(client, claim, action, filed_on="2026-10-01", **fields).status_code == 404
    assert Note.objects.count() == 0


def test_the_page_says_how_a_decision_and_its_lines_were_matched(client, tmp_path):
    sent = (
        "CLM*C1*100***11:B:1~LX*1~SV1*HC:99213*60*UN*1~DTP*472*D8*20260105~REF*6R*L1~"
        "LX*2~SV1*HC:87070*40*UN*1~DTP*472*D8*20260105~"
    )
    paid = (
        "CLP*C1*1*100*80**12*P1~SVC*HC:99213*60*60~REF*6R*L1~SVC*HC:87070*30*20~CAS*CO*45*10~"
        "SVC*HC:99999*10*0~CAS*CO*97*10~"
    )
    for name, text in (("1.837", file_837(sent)), ("2.835", file_835(paid, amount="80"))):
        (tmp_path / name).write_text(text)
    import_x12(Request([tmp_path], practice=PRACTICE))
    claim = Claim.objects.get()

    shown = " ".join(page(client, claim).split())

    assert f'href="/remittances/{Remittance.objects.get().pk}/"' in shown
    assert "matched by claim number." in shown
    assert "Its billed line was found by its line control number." in shown
    assert "Its billed line was found by code and modifiers." in shown
    assert "No billed line was found." in shown
