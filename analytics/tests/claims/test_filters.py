"""Every filter of the list, checked by head."""

from datetime import date

import pytest
from django.http import QueryDict

from analytics.claims import search
from analytics.claims.filters import ClaimFilter
from billing.models import Claim, Staff
from billing.tests.builders import (
    appeal,
    decision,
    make_claim,
    make_department,
    make_practice,
    make_staff,
    write_off,
)


@pytest.fixture
def claims(db):
    """Four claims on 2026-11-20, told apart by everything that can be asked for."""
    denied = decision(on=date(2026, 9, 1), denied="300.00", reason="197")
    lacking = decision(on=date(2026, 9, 2), denied="90.00", reason="16")
    make_claim(
        number="C-100",
        payer="Aetna",
        department="Cardiology",
        provider="Dr. Ada Moss",
        billed="300.00",
        service_date=date(2026, 8, 22),  # 90 days old
        decisions=[denied],
        assignee="Ann Lowe",
    )
    make_claim(
        number="C-200",
        payer="Cigna",
        department="Radiology",
        provider="Dr. Ben Hart",
        billed="150.00",
        service_date=date(2026, 8, 21),  # 91 days old
        decisions=[lacking],
        appeals=[appeal(filed=date(2026, 9, 5))],
        assignee="Bob Rye",
    )
    make_claim(number="X-300", payer="Aetna", billed="80.00", service_date=date(2026, 11, 19))
    make_claim(
        number="X-400",
        payer="Cigna",
        billed="40.00",
        service_date=None,
        decisions=[decision(on=date(2026, 9, 9), paid="40.00")],
    )
    Claim.objects.filter(number="X-400").update(payer_control_number="ICN9")


def found(user, query: str) -> list[str]:
    made = ClaimFilter(QueryDict(query), user)
    assert made.problems() == []
    return sorted(made.qs.values_list("number", flat=True))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["C-100", "C-200", "X-300", "X-400"]),
        ("number=C-100", ["C-100"]),
        ("number=c-", ["C-100", "C-200"]),
        ("number=icn", ["X-400"]),
        ("number=00", []),
        ("number=%25", []),
        ("status=denied", ["C-100"]),
        ("status=denied&status=appealed", ["C-100", "C-200"]),
        ("status=pending", ["X-300"]),
        ("outcome=denied", ["C-100", "C-200"]),
        ("outcome=paid&outcome=undecided", ["X-300", "X-400"]),
        ("category=AUTH", ["C-100"]),
        ("category=AUTH&category=INFO", ["C-100", "C-200"]),
        ("payer=Cigna", ["C-200", "X-400"]),
        ("department=Radiology", ["C-200"]),
        ("provider=Dr.+Ben+Hart", ["C-200"]),
        ("practice=Harbor+Clinic", ["C-100", "C-200", "X-300", "X-400"]),
        ("assignee=Ann+Lowe", ["C-100"]),
        ("assignee=nobody", ["X-300", "X-400"]),
        ("assignee=nobody&assignee=Bob+Rye", ["C-200", "X-300", "X-400"]),
        ("min_age=91", ["C-200"]),
        ("max_age=90", ["C-100", "X-300"]),
        ("min_age=90&max_age=90", ["C-100"]),
        ("min_age=0", ["C-100", "C-200", "X-300"]),
        ("min_billed=80", ["C-100", "C-200", "X-300"]),
        ("max_billed=79.99", ["X-400"]),
        ("min_balance=90&max_balance=90.00", ["C-200"]),
        ("max_balance=0", ["X-400"]),
        ("service_from=2026-08-22", ["C-100", "X-300"]),
        ("service_to=2026-08-21", ["C-200"]),
        ("payer=Aetna&status=denied&min_balance=299.99", ["C-100"]),
        ("unknown=1&page=1000000000", ["C-100", "C-200", "X-300", "X-400"]),
    ],
)
def test_a_filter_keeps_exactly_the_claims_it_says(claims, bea, query, expected):
    assert found(bea, query) == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=lost", "Status: There is no “lost”."),
        ("payer='; drop table billing_claim; --", "Payer: There is no"),
        ("category=%00", "Category: There is no"),
        ("number=a%00b", "Number: Null characters are not allowed."),
        ("number=" + "9" * 61, "Number: Ensure this value has at most 60"),
        ("min_age=old", "Age from: Enter a whole number."),
        ("min_age=99999999999999999999", "Age from: Ensure this value is less than"),
        ("max_age=-1", "Age to: Ensure this value is greater than"),
        ("min_billed=NaN", "Billed from: Enter a number."),
        ("max_billed=1e99", "Billed to: Ensure that there are no more than 12 digits"),
        ("min_balance=0.001", "Balance from: Ensure that there are no more than 2 decimal"),
        ("service_from=9999-12-31", "Service from: Choose a date between 1990 and 2100."),
        ("service_to=0001-01-01", "Service to: Choose a date between 1990 and 2100."),
        ("service_to=10/11/2026", "Service to: Write the date as 2026-11-21."),
        ("min_age=9&max_age=3", "Age from: 9 is above 3."),
        ("service_from=2026-02-02&service_to=2026-02-01", "Service from: 2026-02-02 is above"),
    ],
)
def test_a_bad_filter_says_so_and_is_left_out(claims, bea, query, words):
    made = ClaimFilter(QueryDict(query), bea)
    assert len(made.problems()) == 1
    assert made.problems()[0].startswith(words)
    assert made.qs.count() == 4


def test_names_of_other_practices_are_not_offered(bea):
    make_department("Secret Ward", practice="Summit Clinic")
    make_staff("Sly Fox", practice="Summit Clinic")
    make_practice("Summit Clinic")
    made = ClaimFilter(QueryDict(""), bea)
    offered = str([(each.name, each.options) for each in made.option_lists().values()])
    assert "Secret Ward" not in offered
    assert "Sly Fox" not in offered
    assert "Summit Clinic" not in offered


def test_a_name_in_two_practices_finds_the_claims_of_both(bea):
    bea.practice_access.practices.add(make_practice("Summit Clinic"))
    make_claim(number="H", department="Cardiology")
    make_claim(number="S", department="Cardiology", practice="Summit Clinic", provider=None)
    assert found(bea, "department=Cardiology") == ["H", "S"]


def test_a_number_that_begins_many_claims_finds_them_all(bea, monkeypatch):
    monkeypatch.setattr(search, "FEW", 3)
    for position in range(5):
        make_claim(number=f"LMG-{position}")
    make_claim(number="other")
    assert len(found(bea, "number=lmg")) == 5
    assert len(found(bea, "number=LMG-1")) == 1


def test_each_filter_that_is_on_has_a_chip_that_turns_it_off(claims, bea):
    made = ClaimFilter(QueryDict("status=denied&status=paid&min_age=90"), bea)
    chips = {chip.label: chip.without for chip in made.chips({"sort": "balance"})}
    assert chips == {
        "Status: Denied": "?status=paid&min_age=90&sort=balance",
        "Status: Paid": "?status=denied&min_age=90&sort=balance",
        "Age from: 90 days": "?status=denied&status=paid&sort=balance",
    }


def test_who_left_is_still_found_as_assignee(claims, bea):
    Staff.objects.filter(name="Ann Lowe").update(is_active=False)
    assert found(bea, "assignee=Ann+Lowe") == ["C-100"]


def test_written_off_claims_leave_the_balance_range(bea):
    make_claim(
        number="W",
        billed="50.00",
        decisions=[decision(on=date(2026, 9, 1), denied="50.00", reason="16")],
        write_offs=[write_off(on=date(2026, 9, 3), amount="50.00")],
    )
    assert found(bea, "min_balance=0.01") == []
