"""Working days: Monday to Friday without US federal holidays."""

from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

SATURDAY = 5


@cache
def _holidays(year: int) -> frozenset[date]:
    """The federal holidays of a year, with the days on which they are observed."""
    return frozenset(country_holidays("US", years=year))


def is_working_day(day: date) -> bool:
    """Whether people work on this day."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year)


def working_days(first: date, last: date) -> int:
    """How many working days lie between two days, both included; 0 where they are reversed."""
    length = (last - first).days + 1
    return sum(is_working_day(first + timedelta(days=days)) for days in range(length))
