"""From the text of an element to a value; a bad one raises DamagedError and spoils the whole set.

Money is exact or refused: nothing is rounded. Reasons never repeat what the element holds.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from billing.imports.x12.faults import DamagedError
from billing.imports.x12.segments import Segment

ZERO = Decimal(0)
CENT = Decimal("0.01")
LARGEST = Decimal("9999999999.99")
NUMBER = re.compile(r"[-+]?(?:\d{1,18}(?:\.\d{0,10})?|\.\d{1,10})", re.ASCII)
MOST_UNITS = Decimal("999999.999")
FIRST_YEAR, LAST_YEAR = 1900, 2100


def field(segment: Segment, position: int) -> str:
    """How messages call an element: CLP04."""
    return f"{segment.name}{position:02d}"


def amount(segment: Segment, position: int) -> Decimal:
    """Dollars to the cent; 0 where the element is empty."""
    text = segment.get(position)
    if not text:
        return ZERO
    found = _amount(text)
    if isinstance(found, str):
        raise DamagedError(found, segment=segment.number, field=field(segment, position))
    return found


@lru_cache(maxsize=20_000)
def _amount(text: str) -> Decimal | str:
    """The amount, or what is wrong with it."""
    if NUMBER.fullmatch(text) is None:
        return "is not an amount."
    number = Decimal(text)
    if abs(number) > LARGEST:
        return "is above 9,999,999,999.99, more than a claim can hold."
    cents = number.quantize(CENT)
    return cents if cents == number else "has fractions of a cent."


def units(segment: Segment, position: int) -> Decimal:
    """How often a service was given: to three decimals, 1 where it is empty or no number."""
    text = segment.get(position)
    if NUMBER.fullmatch(text) is None:
        return Decimal(1)
    number = min(abs(Decimal(text)), MOST_UNITS)
    return number.quantize(Decimal("0.001"))


def identifier(segment: Segment, position: int, most: int) -> str:
    """A key of at most that many characters, which is never cut."""
    text = segment.get(position)
    if len(text) > most:
        raise DamagedError(
            f"is longer than {most} characters.",
            segment=segment.number,
            field=field(segment, position),
        )
    return text


@lru_cache(maxsize=20_000)
def day(text: str) -> date | None:
    """A date as CCYYMMDD, the first of a range, or with a time; None where it is none."""
    text = text.split("-", 1)[0].strip()
    if len(text) == 6 and text.isdigit():
        text = "20" + text if text < "50" else "19" + text
    if len(text) in (12, 14) and text.isdigit():
        text = text[:8]
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        found = datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None
