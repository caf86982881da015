"""Cells become values, or say why not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing.imports import values
from billing.imports.errors import BadValueError

pytestmark = pytest.mark.engine_free

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12"),
        ("12.5", "12.50"),
        ("$1,234.50", "1234.50"),
        ("$ 5", "5"),
        (".50", "0.50"),
        ("100.0000", "100.00"),
        ("99999999.99", "99999999.99"),
        ("-0.00", "0"),
    ],
)
def test_amounts_are_read_in_the_forms_that_exports_use(text, amount):
    assert values.amount()(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["-5", "(5.00)", "$-5.00", "-$5", "($5)"])
def test_a_negative_amount_is_refused_unless_it_can_be_one(text):
    with pytest.raises(BadValueError, match="below zero"):
        values.amount()(text)
    assert values.amount(may_be_negative=True)(text) == Decimal(-5)


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "-inf",
        "1e5",
        "12,34.5",
        "1.234,50",
        "12.345",
        "100000000",
        "10000000000",
        "x",
        "١٢",
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(BadValueError):
        values.amount(may_be_negative=True)(text)


@pytest.mark.parametrize(
    "text", ["2026-01-31", "01/31/2026", "1/31/2026", "20260131", "2026-01-31T08:00:00Z"]
)
def test_dates_are_read_in_common_forms(text):
    assert values.day(TODAY)(text) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", "not a date"),
        ("soon", "not a date"),
        ("1899-12-31", "1900 to 2100"),
        ("9999-12-31", "1900 to 2100"),
        ("2027-11-23", "more than a year ahead"),
    ],
)
def test_what_is_no_business_date_is_refused_without_repeating_it(text, words):
    with pytest.raises(BadValueError, match=words) as caught:
        values.day(TODAY)(text)
    assert text not in caught.value.reason


def test_a_birth_date_cannot_lie_in_the_future():
    with pytest.raises(BadValueError, match="in the future"):
        values.day(TODAY, is_past=True)("2026-11-22")


def test_a_profile_can_state_the_form_of_dates():
    assert values.day(TODAY, ("%d.%m.%Y",))("31.01.2026") == date(2026, 1, 31)
    with pytest.raises(BadValueError, match=r"write it like 31\.01\.2026"):
        values.day(TODAY, ("%d.%m.%Y",))("2026-01-31")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 14:05", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("01/31/2026 2:05 PM", datetime(2026, 1, 31, 14, 5, tzinfo=UTC)),
        ("2026-01-31T14:05:00+01:00", datetime(2026, 1, 31, 13, 5, tzinfo=UTC)),
    ],
)
def test_moments_have_a_time_of_day_where_the_file_says_it(text, moment):
    assert values.moment(TODAY)(text) == moment


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("197", ("", "197")),
        ("CO-197", ("CO", "197")),
        ("pr 1", ("PR", "1")),
        ("CO45", ("CO", "45")),
        ("B7", ("", "B7")),
        ("COORD", ("", "COORD")),
    ],
)
def test_reason_codes_come_with_or_without_their_group(text, found):
    assert values.reason_code(text) == found


def test_units_are_above_zero():
    assert values.units("2.5") == Decimal("2.5")
    for text in ("0", "-1", "1.2345", "x"):
        with pytest.raises(BadValueError):
            values.units(text)


def test_words_are_known_whatever_their_case():
    read = values.choice({"partially-paid": "Partially paid"}, synonyms={"pp": "partially-paid"})

    assert read("Partially Paid") == read("PARTIALLY_PAID") == read("PP") == "partially-paid"
    with pytest.raises(BadValueError, match="translate it in a profile"):
        read("settled")


def test_yes_and_no_are_read_in_their_usual_forms():
    assert values.yes_or_no("Y")
    assert values.yes_or_no("TRUE")
    assert not values.yes_or_no("0")
    with pytest.raises(BadValueError, match="neither yes nor no"):
        values.yes_or_no("maybe")
