"""How values read on a page, in a file and in JSON."""

from datetime import date
from decimal import Decimal

import pytest

from analytics.columns import (
    NO_DATA,
    Column,
    CountColumn,
    DaysColumn,
    MoneyColumn,
    PaceColumn,
    PercentColumn,
)

pytestmark = pytest.mark.engine_free

TEXT, COUNT, MONEY = Column("Text"), CountColumn("Count"), MoneyColumn("Money")
PERCENT, DAYS = PercentColumn("Percent"), DaysColumn("Days")
PACE = PaceColumn("Pace")


@pytest.mark.parametrize(
    ("column", "value", "text", "short", "plain"),
    [
        (TEXT, "Aetna", "Aetna", "Aetna", "Aetna"),
        (TEXT, "", NO_DATA, NO_DATA, ""),
        (TEXT, date(2026, 2, 1), "2026-02-01", "2026-02-01", "2026-02-01"),
        (COUNT, 12345, "12,345", "12,345", 12345),
        (COUNT, 0, "0", "0", 0),
        (PACE, Decimal("12.34567"), "12.3", "12.3", 12.3457),
        (PACE, None, NO_DATA, NO_DATA, None),
        (MONEY, Decimal("1234567.50"), "$1,234,568", "$1.23M", "1234567.50"),
        (MONEY, Decimal("-1234.5"), "-$1,235", "$-1.23K", "-1234.50"),
        (MONEY, Decimal(0), "$0", "$0", "0.00"),
        (MONEY, Decimal("999.99"), "$1,000", "$1,000", "999.99"),
        (MONEY, Decimal(10**9), "$1,000,000,000", "$1.00B", "1000000000.00"),
        (PERCENT, Decimal(100) / 3, "33.3 %", "33.3 %", 33.3333),
        (PERCENT, Decimal("0.05"), "0.1 %", "0.1 %", 0.05),
        (PERCENT, Decimal(0), "0.0 %", "0.0 %", 0.0),
        (DAYS, Decimal("52.5"), "53", "53 days", 52.5),
        (DAYS, Decimal(1), "1", "1 day", 1.0),
        (DAYS, Decimal("1234.567"), "1,235", "1,235 days", 1234.57),
    ],
)
def test_a_value_reads_the_same_everywhere(column, value, text, short, plain):
    assert column.text(value) == text
    assert column.plain(value) == plain
    assert column.short(value).replace("−", "-") in {short, short.replace("$-", "-$")}


@pytest.mark.parametrize("column", [COUNT, MONEY, PERCENT, DAYS])
def test_an_unknown_value_is_no_data_and_never_zero(column):
    assert column.text(None) == column.short(None) == NO_DATA
    assert column.plain(None) is None
    assert column.cell(None) is None
    assert column.change(1, None) == column.change(None, 1) == ""


@pytest.mark.parametrize(
    ("column", "now", "before", "change"),
    [
        (COUNT, 1500, 200, "+1,300"),
        (COUNT, 1, 3, "−2"),
        (MONEY, Decimal(100), Decimal(1_100), "−$1,000"),
        (MONEY, Decimal(1_100), Decimal(100), "+$1,000"),
        (PERCENT, Decimal("12.34"), Decimal("10"), "+2.3 pp"),
        (PERCENT, Decimal("8"), Decimal("10.25"), "−2.3 pp"),
        (DAYS, Decimal(40), Decimal(37), "+3 days"),
    ],
)
def test_a_change_bears_its_sign_and_unit(column, now, before, change):
    assert column.change(now, before) == change


@pytest.mark.parametrize(
    ("column", "now", "before"),
    [
        (COUNT, 5, 5),
        (MONEY, Decimal("5.10"), Decimal("5.40")),
        (PERCENT, Decimal("5.01"), Decimal("5.02")),
        (DAYS, Decimal("5.4"), Decimal("5.1")),
    ],
)
def test_a_change_that_rounds_to_nothing_has_no_sign(column, now, before):
    assert column.change(now, before)[:1] not in ("+", "−", "-")


def test_numbers_stay_numbers_in_files():
    assert COUNT.cell(5) == 5
    assert MONEY.cell(Decimal("-5")) == Decimal("-5.00")
    assert PERCENT.cell(Decimal(100) / 3) == Decimal("33.3333")
    assert DAYS.cell(Decimal("52.037")) == Decimal("52.04")
