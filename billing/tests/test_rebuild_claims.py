"""`manage.py rebuild_claims` proves that claims are what their events give, or makes them so."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing import posting
from billing.models import Appeal, Claim, ClaimHistory
from billing.tests.builders import appeal, decision, make_claim, write_off

pytestmark = pytest.mark.django_db

DENIED = decision(on=date(2026, 2, 1), denied="100.00", reason="197")


def run(*args: str) -> str:
    out = StringIO()
    call_command("rebuild_claims", *args, stdout=out)
    return out.getvalue()


def test_sound_claims_pass_the_check():
    make_claim(number="A")
    make_claim(number="B", decisions=[decision(on=date(2026, 2, 1), paid="100.00")])

    assert run("--check") == "All 2 claims are what their events give.\n"


def test_no_claims_pass_the_check():
    assert run("--check") == "All 0 claims are what their events give.\n"


def test_the_check_names_each_claim_that_differs_and_changes_nothing():
    make_claim(number="A")
    make_claim(number="B")
    Claim.objects.filter(number="B").update(balance=Decimal("3.00"))
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 2 claims differ") as refusal:
        call_command("rebuild_claims", "--check", stdout=out)

    assert out.getvalue() == "B\n"
    assert refusal.value.returncode == 1
    assert Claim.objects.get(number="B").balance == Decimal("3.00")


def test_a_wrong_claim_is_put_right():
    make_claim(number="A")
    make_claim(number="B")
    Claim.objects.filter(number="B").update(balance=Decimal("3.00"), status="denied")

    assert run() == "2 claims read, 1 put right.\n"

    claim = Claim.objects.get(number="B")
    assert (claim.status, claim.balance) == ("pending", Decimal("100.00"))
    assert run() == "2 claims read, 0 put right.\n"


def test_a_missing_past_state_is_found_and_put_right():
    claim = make_claim(
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
        write_offs=[write_off(on=date(2026, 3, 1), amount="100.00")],
    )
    ClaimHistory.objects.all().delete()

    with pytest.raises(CommandError, match="1 of 1 claims differ"):
        run("--check")
    run()

    assert claim.history.get().status == "denied"


def test_a_wrongly_dated_appeal_is_found_and_put_right():
    make_claim(
        decisions=[decision(on=date(2026, 2, 1), denied="100.00", reason="197")],
        appeals=[appeal(filed=date(2026, 2, 10), ended=date(2026, 3, 1), result="lost")],
    )
    Appeal.objects.update(counted_on=date(2026, 7, 7))

    with pytest.raises(CommandError, match="1 of 1 claims differ"):
        run("--check")
    run()

    assert Appeal.objects.get().counted_on == date(2026, 3, 1)
    assert run("--check").startswith("All 1 claims")


def test_claims_are_read_in_chunks(monkeypatch):
    monkeypatch.setattr("billing.management.commands.rebuild_claims.CHUNK", 2)
    for number in "ABCDE":
        make_claim(number=number)
    sizes: list[int] = []

    def spy(ids):
        sizes.append(len(ids))
        return posting.refresh(ids)

    monkeypatch.setattr("billing.management.commands.rebuild_claims.refresh", spy)
    assert run() == "5 claims read, 0 put right.\n"
    assert sizes == [2, 2, 1]
