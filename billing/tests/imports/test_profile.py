"""Profiles: another system's export loads without code, and a wrong profile says what is wrong."""

import pytest

from billing.imports.errors import LoadingError
from billing.imports.profile import load_profile, shipped_profiles
from billing.models import Adjudication, Claim, PatientPayment
from billing.tests.imports.conftest import problems

OTHER_SYSTEM = """
title = "Another system"
date_formats = ["%d.%m.%Y"]

[[files]]
kind = "flat_claims"
recognise = ["Claim No", "Insurance", "Stage"]
unused = ["Clerk"]
notes = ["Written by hand."]
[files.columns]
claim_id = "Claim No"
payer = "Insurance"
billed = "Total"
submitted_on = "Sent"
status = "Stage"
paid = "Received"
[files.constants]
department = "Main street"
[files.assumed]
decided_on = "Sent"
[files.values.status]
"done" = "paid"
"NEW" = "pending"
[files.when]
Void = ["no", ""]
"""
FILE = (
    "Claim No;Insurance;Total;Sent;Stage;Received;Void;Clerk\n"
    "1;Aetna;$1,200.00;05.01.2026;DONE;1000;No;x\n"
    "2;Aetna;10;05.01.2026;new;;no;x\n"
    "3;Aetna;10;05.01.2026;done;10;yes;x\n"
    "4;Aetna;10;2026-01-05;done;10;no;x\n"
)


@pytest.mark.django_db
def test_another_systems_export_loads_by_a_profile_of_its_own(load, write):
    report = load(FILE, profile=str(write(OTHER_SYSTEM, "other.toml")))

    paid, pending = Claim.objects.order_by("number")
    assert [paid.billed, paid.status, pending.status] == [1200, "paid", "pending"]
    assert paid.department is not None
    assert paid.department.name == "Main street"
    assert (paid.first_decided_on_assumed, paid.days_to_pay) == (True, None)
    assert problems(report) == [
        (4, "", "The profile has no use for a row of this kind."),
        (5, "Sent", "is not a date; write it like 31.01.2026."),
    ]
    assert report.files[0].notes["Written by hand."] == 1
    assert not any("Clerk" in note for note in report.files[0].notes)


TWO_IN_ONE = """
[[files]]
kind = "flat_claims"
recognise = ["id", "type"]
when = { type = ["claim"] }
columns = { claim_id = "id", payer = "who", billed = "money", submitted_on = "day" }

[[files]]
kind = "payments"
recognise = ["id", "type"]
when = { type = ["payment"] }
columns = { payment_id = "key", claim_id = "id", amount = "money", paid_on = "day" }
constants = { paid_by = "insurer" }

[[files]]
kind = "payments"
name = "patients"
recognise = ["id", "type"]
when = { type = ["copay"] }
columns = { payment_id = "key", claim_id = "id", amount = "money", paid_on = "day" }
constants = { paid_by = "patient" }

[[files]]
ignore = "Comments are not needed."
recognise = ["id", "type"]
when = { type = ["comment"] }
"""


@pytest.mark.django_db
def test_one_file_can_hold_several_kinds_of_rows(load, write):
    content = (
        "id,type,key,who,money,day\n1,claim,,Aetna,50,2026-01-05\n1,payment,k1,,40,2026-02-05\n"
        "1,copay,k2,,10,2026-02-06\n1,comment,,,,\n1,other,,,,\n"
    )
    report = load(content, profile=str(write(TWO_IN_ONE, "two.toml")))

    assert [(f.kind, f.counts["read"], f.counts["created"]) for f in report.files] == [
        ("flat_claims", 2, 1),
        ("payments", 1, 1),
        ("payments: patients", 1, 1),
    ]
    assert [line for line, _, _ in problems(report)] == [6]
    assert Adjudication.objects.get().paid == 40
    assert PatientPayment.objects.get().amount == 10


@pytest.mark.django_db
def test_a_file_that_a_profile_does_not_need_is_named_with_the_reason(load, write):
    profile = '[[files]]\nignore = "Nobody needs it."\nrecognise = ["a"]\n'
    report = load("a,b\n1,2\n", profile=str(write(profile, "p.toml")))

    assert (report.files[0].ignored, report.files[0].refused) == ("Nobody needs it.", "")


@pytest.mark.django_db
def test_a_file_of_a_shipped_profile_is_recognised_without_naming_it(load):
    report = load("claim_id,member_plan_id,billed_amount,outcome,denial_reason\n")

    assert "choose that profile (--profile denial-history)" in report.files[0].refused


@pytest.mark.django_db
def test_a_column_that_a_kind_needs_and_the_file_lacks_is_named(load, write):
    profile = '[[files]]\nkind = "payments"\nrecognise = ["k"]\ncolumns = { payment_id = "k" }\n'
    report = load("k,amount\n1,2\n", profile=str(write(profile, "p.toml")))

    assert "lacks the column claim_id, paid_on, which payments need" in report.files[0].refused


KIND = '[[files]]\nkind = "payments"\nrecognise = ["k"]\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("files = 1", "has no [[files]] table"),
        ("title = ", "cannot be read"),
        ("colour = 1\n" + KIND, "'colour' is not known"),
        ('[[files]]\nkind = "payments"\n', "recognise is missing"),
        ('[[files]]\nrecognise = ["k"]\n', "say either kind or ignore"),
        ('[[files]]\nkind = "bills"\nrecognise = ["k"]\n', "'bills' is no kind; the kinds are"),
        (KIND + 'shape = "x"', "'shape' is not known"),
        (KIND + 'columns = { price = "x" }', "payments has no column 'price'; it has allowed"),
        (KIND + "columns = { amount = 1 }", "columns.amount must be text"),
        (KIND + "columns = 1", "columns must be a table"),
        (KIND + "values = { amount = 1 }", "amount must be a table"),
        (KIND + "unused = [1]", "unused must be a list of texts"),
        (KIND + 'options = ["fast"]', "payments know no option fast"),
        (KIND + KIND, "number 2: payments came before"),
        (KIND + "when = { x = 1 }", "x must be a list of texts"),
        (KIND + 'when = { x = ["1"] }', None),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(write, text, words):
    path = str(write(text, "mine.toml"))
    if words is None:
        assert load_profile(path).name == "mine"
        return
    with pytest.raises(LoadingError) as caught:
        load_profile(path)
    assert words in str(caught.value)
    assert "mine" in str(caught.value)


@pytest.mark.parametrize("name", shipped_profiles())
def test_shipped_profiles_are_right(name):
    assert load_profile(name).sections
