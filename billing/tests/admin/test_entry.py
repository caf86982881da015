"""A biller enters events; each goes through posting and changes what the claim shows."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from billing.models import Adjudication, Appeal, Claim, Note, PatientPayment, StatusChange, WriteOff
from billing.posting import differing
from billing.tests.builders import appeal, decision, make_claim

pytestmark = pytest.mark.django_db

DENIED = date(2026, 2, 1)
NO_ADJUSTMENTS = {"adjusted-TOTAL_FORMS": "6", "adjusted-INITIAL_FORMS": "0"}


def denied_claim() -> Claim:
    return make_claim(number="C1", decisions=[decision(on=DENIED, denied="100.00", reason="197")])


def enter(client, name: str, claim: Claim, **data: Any):
    return client.post(reverse(f"admin:billing_{name}_add"), {"claim": claim.pk, **data})


def adjusted(*rows: tuple[str, str, str]) -> dict[str, str]:
    data = dict(NO_ADJUSTMENTS)
    for position, row in enumerate(rows):
        for name, value in zip(("group", "reason", "amount"), row, strict=True):
            data[f"adjusted-{position}-{name}"] = value
    return data


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_decision_with_its_adjustments_decides_the_claim(biller):
    claim = make_claim(number="C1")

    response = enter(
        biller, "adjudication", claim, decided_on="2026-02-01", paid="30.00",
        **adjusted(("CO", "197", "50.00"), ("CO", "45", "15.00"), ("PR", "1", "5.00")),
    )  # fmt: skip

    assert response.status_code == 302
    assert response.url == reverse("admin:billing_claim_change", args=[claim.pk])
    assert said(response) == ["The adjudication is recorded."]
    claim.refresh_from_db()
    assert (claim.status, claim.first_outcome) == ("denied", "partially-denied")
    assert (claim.paid, claim.balance) == (Decimal("30.00"), Decimal("50.00"))
    assert claim.main_reason_id == "197"
    assert claim.adjudications.get().adjustments.count() == 3


def test_what_a_decision_leaves_open_is_said(biller):
    response = enter(
        biller, "adjudication", make_claim(), decided_on="2026-02-01", paid="30.00",
        **NO_ADJUSTMENTS,
    )  # fmt: skip

    assert "leave 70.00 of the billed 100.00 unexplained" in said(response)[1]


def test_a_patient_payment_counts(biller):
    claim = make_claim()

    enter(biller, "patientpayment", claim, paid_on="2026-02-01", amount="12.50")

    claim.refresh_from_db()
    assert claim.patient_paid == Decimal("12.50")


def test_a_write_off_closes_the_claim_and_names_the_person(biller, bill):
    claim = denied_claim()

    enter(
        biller, "writeoff", claim, written_off_on="2026-03-01", amount="100.00",
        reason="too late", for_denial="on",
    )  # fmt: skip

    claim.refresh_from_db()
    assert (claim.status, claim.balance) == ("closed", Decimal(0))
    written = WriteOff.objects.get()
    assert (written.who, written.for_denial) == (bill, True)


def test_an_appeal_shows_on_the_claim_and_who_filed_it(biller, bill):
    claim = denied_claim()

    enter(biller, "appeal", claim, filed_on="2026-02-10")

    claim.refresh_from_db()
    assert claim.status == "appealed"
    assert claim.appeals.get().who == bill


def test_a_claim_is_closed_and_opened_again_by_a_named_person(biller, bill):
    claim = denied_claim()

    enter(biller, "statuschange", claim, changed_on="2026-03-01", change="closed", reason="moved")
    claim.refresh_from_db()
    assert claim.status == "closed"

    enter(biller, "statuschange", claim, changed_on="2026-03-02", change="reopened", reason="back")
    claim.refresh_from_db()
    assert claim.status == "denied"
    assert {change.who for change in StatusChange.objects.all()} == {bill}


def test_a_note_names_its_writer_and_changes_nothing(biller, bill):
    claim = denied_claim()

    enter(biller, "note", claim, text="Called the payer.")

    assert (Note.objects.get().who, Note.objects.get().text) == (bill, "Called the payer.")
    assert differing([claim.pk]) == []


def test_the_form_comes_with_the_claim_that_the_address_names(biller):
    claim = make_claim(number="C77")
    page = biller.get(f"{reverse('admin:billing_writeoff_add')}?claim={claim.pk}")

    assert ">C77</option>" in page.content.decode()


@pytest.mark.parametrize("claim", ["x", "-1", "999999", "9" * 40, "1;drop", ""])
def test_a_senseless_claim_in_the_address_does_no_harm(claim, biller):
    page = biller.get(reverse("admin:billing_writeoff_add"), {"claim": claim})

    assert page.status_code == 200


# What is refused


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("writeoff", {"written_off_on": "2026-03-01", "amount": "100.01", "reason": "x"},
         "The balance is 100.00"),
        ("writeoff", {"written_off_on": "2026-03-01", "amount": "-1", "reason": "x"},
         "greater than or equal to 0.01"),
        ("writeoff", {"written_off_on": "2026-03-01", "amount": "1.00"},
         "This field is required"),
        ("patientpayment", {"paid_on": "2026-03-01", "amount": "0"}, "says nothing"),
        ("patientpayment", {"paid_on": "2026-02-30", "amount": "1"}, "Enter a valid date"),
        ("patientpayment", {"paid_on": "1989-12-31", "amount": "1"}, "from 1990 up to today"),
        ("statuschange", {"changed_on": "2026-03-01", "change": "reopened", "reason": "x"},
         "Only a claim that was closed by hand"),
        ("note", {"text": "   "}, "This field is required"),
        ("adjudication", {"decided_on": "2026-03-01", "paid": "-1", **NO_ADJUSTMENTS},
         "greater than or equal to 0"),
        ("adjudication", {"decided_on": "2026-03-01", "paid": "1",
                          **adjusted(("CO", "", "5.00"))}, "This field is required"),
        ("adjudication", {"decided_on": "2026-03-01", "paid": "1",
                          **adjusted(("CO", "nonsense", "5.00"))}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_the_form_and_changes_nothing(name, data, message, biller):
    claim = denied_claim()

    response = enter(biller, name, claim, **data)

    assert response.status_code == 200
    assert message in response.content.decode()
    for model in (WriteOff, PatientPayment, StatusChange, Note):
        assert not model._default_manager.exists()
    assert Adjudication.objects.count() == 1


def test_a_day_to_come_is_refused_and_today_is_not(biller):
    claim = make_claim()
    today = timezone.localdate()

    tomorrow = enter(biller, "patientpayment", claim, paid_on=today + timedelta(1), amount="1")
    assert "from 1990 up to today" in tomorrow.content.decode()

    assert enter(biller, "patientpayment", claim, paid_on=today, amount="1").status_code == 302


def test_a_claim_that_was_never_denied_cannot_be_appealed(biller):
    response = enter(biller, "appeal", make_claim(), filed_on="2026-02-10")

    assert "Only a denied claim can be appealed." in response.content.decode()
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("name", ["adjudication", "writeoff", "appeal", "note"])
def test_a_manager_enters_nothing(name, manager):
    assert enter(manager, name, denied_claim()).status_code == 403


@pytest.mark.parametrize("kind", [Adjudication, Appeal])
def test_an_event_is_never_changed_or_deleted_not_even_by_an_administrator(kind, admin_client):
    make_claim(
        decisions=[decision(on=DENIED, denied="100.00", reason="197")],
        appeals=[appeal(filed=date(2026, 2, 10))],
    )
    event = kind.objects.get()
    name = kind._meta.model_name
    for page in ("change", "delete"):
        url = reverse(f"admin:billing_{name}_{page}", args=[event.pk])
        assert admin_client.post(url, {"decided_on": "2026-01-01"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": event.pk}
    admin_client.post(reverse(f"admin:billing_{name}_changelist"), action)
    assert kind.objects.filter(pk=event.pk).exists()


# What is done to an event later


def test_a_decision_is_reversed(biller):
    claim = denied_claim()
    event = claim.adjudications.get()
    url = reverse("admin:billing_adjudication_reverse", args=[event.pk])
    page = reverse("admin:billing_adjudication_change", args=[event.pk])
    assert f'href="{url}"' in biller.get(page).content.decode()
    assert biller.get(url).status_code == 200

    assert biller.post(url, {"decided_on": "2026-03-01"}).status_code == 302

    claim.refresh_from_db()
    assert (claim.status, claim.first_decided_on) == ("pending", None)
    assert f'href="{url}"' not in biller.get(page).content.decode()
    again = biller.post(url, {"decided_on": "2026-03-02"})
    assert "has been reversed already" in again.content.decode()


def test_a_reversal_before_its_decision_is_refused(biller):
    event = denied_claim().adjudications.get()
    url = reverse("admin:billing_adjudication_reverse", args=[event.pk])

    assert "before the decision" in biller.post(url, {"decided_on": "2026-01-31"}).content.decode()


def test_an_appeal_is_ended_once(biller):
    claim = make_claim(
        decisions=[decision(on=DENIED, denied="100.00", reason="197")],
        appeals=[appeal(filed=date(2026, 2, 10))],
    )
    url = reverse("admin:billing_appeal_end", args=[claim.appeals.get().pk])
    page = reverse("admin:billing_appeal_change", args=[claim.appeals.get().pk])
    assert f'href="{url}"' in biller.get(page).content.decode()

    assert biller.post(url, {"ended_on": "2026-03-01", "result": "lost"}).status_code == 302

    claim.refresh_from_db()
    assert claim.status == "denied"
    assert claim.appeals.get().result == "lost"
    assert f'href="{url}"' not in biller.get(page).content.decode()
    again = biller.post(url, {"ended_on": "2026-03-02", "result": "won"})
    assert "has ended already" in again.content.decode()


def test_a_manager_and_a_stranger_do_nothing_to_events(manager, stranger, client):
    claim = make_claim(
        decisions=[decision(on=DENIED, denied="100.00", reason="197")],
        appeals=[appeal(filed=date(2026, 2, 10))],
    )
    for url, data in (
        (reverse("admin:billing_appeal_end", args=[claim.appeals.get().pk]), {"result": "won"}),
        (reverse("admin:billing_adjudication_reverse", args=[claim.adjudications.get().pk]), {}),
    ):
        assert manager.post(url, {"ended_on": "2026-03-01", **data}).status_code == 403
        assert stranger.post(url, {"ended_on": "2026-03-01", **data}).status_code == 403
        assert client.post(url, data).status_code == 302
    assert claim.appeals.get().result == ""
    assert Adjudication.objects.count() == 1


def test_an_unknown_event_is_not_found(biller):
    assert biller.get(reverse("admin:billing_appeal_end", args=[4711])).status_code == 404
