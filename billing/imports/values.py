"""From the text of a cell to a value: each reader returns it or raises BadValueError.

A reason never repeats an amount or a date, so that a shifted row cannot print a birth date.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Any

from billing.imports.errors import BadValueError

Reader = Callable[[str], Any]

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2100, 12, 31)
LARGEST = Decimal("99999999.99")  # a hundred of them still fit into the sums of a claim
CENT = Decimal("0.01")
PLAIN_AMOUNT = re.compile(r"\d{1,8}(?:\.\d{1,2})?", re.ASCII)
AMOUNT = re.compile(
    r"(?P<sign>[-+]?)\s*\$?\s*(?P<after>[-+]?)"
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)",
    re.ASCII,
)
DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d")
TIME_OF_DAY = re.compile(
    r"(?P<day>.*?\d{4}|\d{4}-\d\d-\d\d)(?:T| +)\d{1,2}:\d\d.*", re.ASCII | re.IGNORECASE
)
YES = frozenset({"true", "t", "yes", "y", "1"})
NO = frozenset({"false", "f", "no", "n", "0", ""})
REASON = re.compile(
    r"(?:(?P<group>CO|OA|PI|PR|CR)(?:[\s-]+|(?=\d)))?(?P<code>[A-Z0-9_.-]{1,10})", re.ASCII
)


@lru_cache(maxsize=20_000)
def words(value: str) -> str:
    """A status word whatever its case, spaces and underscores: `Partially Paid`."""
    return re.sub(r"[\s_-]+", "-", value.strip().lower())


def shown(value: str) -> str:
    """A code or status word as it may be quoted in a message."""
    return repr(value if len(value) <= 40 else value[:39] + "…")


def text(max_length: int) -> Reader:
    """Text of at most `max_length` characters."""

    def read(value: str) -> str:
        if len(value) > max_length:
            raise BadValueError(f"is longer than {max_length} characters; shorten it.")
        return value

    return read


def amount(*, may_be_negative: bool = False) -> Reader:
    """Dollars to the cent: `1234.5`, `$1,234.50`; `-5` and `(5.00)` where negative is allowed."""

    def read(value: str) -> Decimal:
        if PLAIN_AMOUNT.fullmatch(value):
            return Decimal(value)
        number = _amount(value)
        if number < 0 and not may_be_negative:
            raise BadValueError("is below zero, which it cannot be.")
        return number

    return read


def _amount(value: str) -> Decimal:
    in_brackets = value.startswith("(") and value.endswith(")")
    match = AMOUNT.fullmatch(value[1:-1].strip() if in_brackets else value)
    if match is None or (match["sign"] and match["after"]):
        raise BadValueError("is not an amount; write it like 1234.50.")
    number = Decimal(match["number"].replace(",", ""))
    if number > LARGEST:
        raise BadValueError("is above 99,999,999.99, more than one bill can hold; check the row.")
    if number != number.quantize(CENT):
        raise BadValueError("has fractions of a cent; round it to two decimals.")
    is_negative = in_brackets != ("-" in (match["sign"], match["after"]))
    return (-number if is_negative else number).quantize(CENT)


def units(value: str) -> Decimal:
    """How often a service was given: above 0, at most three decimals."""
    if not re.fullmatch(r"\d{1,6}(?:\.\d+)?", value, re.ASCII):
        raise BadValueError("is not a number of units; write it like 1 or 2.5.")
    number = Decimal(value)
    if number == 0:
        raise BadValueError("must be above zero.")
    if number != number.quantize(Decimal("0.001")):
        raise BadValueError("has more than three decimals.")
    return number


def whole_number(value: str) -> int:
    """A whole number from 0 to 32,767."""
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or int(value) > 32_767:
        raise BadValueError("is not a whole number from 0 to 32767.")
    return int(value)


def yes_or_no(value: str) -> bool:
    """true, yes, 1 … or false, no, 0 …, in any case."""
    word = value.lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadValueError(f"{shown(value)} is neither yes nor no.")


def day(today: date, formats: tuple[str, ...] = DATE_FORMATS, *, is_past: bool = False) -> Reader:
    """A business date, at most a year ahead of `today` (not at all with `is_past`)."""
    last = today if is_past else today + timedelta(days=366)

    def read(value: str) -> date:
        found = parse_day(value, formats)
        if found > last:
            raise BadValueError(
                "lies in the future." if is_past else "lies more than a year ahead; check the year."
            )
        return found

    return read


@lru_cache(maxsize=20_000)
def parse_day(value: str, formats: tuple[str, ...]) -> date:
    """The day that `value` names in the first format that fits; a time of day is left off."""
    match = TIME_OF_DAY.fullmatch(value)
    candidates = (match["day"], value) if match else (value,)
    for candidate, form in product(candidates, formats):
        if form == "%Y%m%d" and len(candidate) != 8:
            continue  # a cut date would be read as another day
        try:
            found = datetime.strptime(candidate, form).date()
        except ValueError:
            continue
        if not FIRST_DAY <= found <= LAST_DAY:
            raise BadValueError("lies outside the years 1900 to 2100; check the year.")
        return found
    example = date(2026, 1, 31).strftime(formats[0])
    raise BadValueError(f"is not a date; write it like {example}.")


def moment(today: date, formats: tuple[str, ...] = DATE_FORMATS) -> Reader:
    """A date with or without a time of day; UTC unless it states its zone."""
    read_day = day(today, formats)

    def read(value: str) -> datetime:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is None or len(value) <= 10:
            business_day = read_day(value)
            found = datetime.combine(business_day, _time_of(value))
        read_day(found.date().isoformat() if "%Y-%m-%d" in formats else found.strftime(formats[0]))
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    return read


def _time_of(value: str) -> Any:
    match = re.search(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*([AaPp][Mm])?", value, re.ASCII)
    hours, minutes, seconds = (
        (int(part or 0) for part in match.groups()[:3]) if match else (0, 0, 0)
    )
    if match and match[4]:
        hours = hours % 12 + (12 if match[4].lower() == "pm" else 0)
    try:
        return datetime(2000, 1, 1, hours, minutes, seconds, tzinfo=UTC).time()
    except ValueError:
        raise BadValueError("has no time of day that a clock can show.") from None


def choice(values: Mapping[str, str], *, synonyms: Mapping[str, str]) -> Reader:
    """One of the words of `values` (value → label), or a synonym of one."""
    known = {words(value): value for value in values if value} | dict(synonyms)

    def read(value: str) -> str:
        found = known.get(words(value))
        if found is None:
            expected = ", ".join(v for v in values if v)
            raise BadValueError(
                f"{shown(value)} is not known here; write one of {expected}, "
                "or translate it in a profile."
            )
        return found

    return read


def reason_code(value: str) -> tuple[str, str]:
    """Group (blank where not stated) and code of a claim adjustment reason: `CO-197` or `197`."""
    match = REASON.fullmatch(value.upper())
    if match is None:
        raise BadValueError(
            f"{shown(value)} is no reason code such as 197 or CO-197 (at most ten letters and "
            "digits); translate it in a profile."
        )
    return match["group"] or "", match["code"]
