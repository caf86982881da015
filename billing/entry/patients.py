"""Finding patients among millions: by the beginning of a name or record number, page by page.

Nothing is counted and nothing skipped: a page begins after a row of the page before, which an index
finds at once. Rows are read one practice at a time and merged, so that one index that begins with
the practice serves everybody, however few of the practices a person may see.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, CharField, F, Func, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Upper

from billing.access import Person, practices_of
from billing.models import Patient, Practice

PER_PAGE = 25
LAST_CHARACTER = "\U0010ffff"
CAPITALS = {letter: letter - 32 for letter in range(ord("a"), ord("z") + 1)}
BY_NAME = ("last_key", "first_key", "pk")
BY_RECORD_NUMBER = ("record_number", "pk")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand what was typed, in words, with the order of what it finds."""

    words: str
    condition: Q
    order: tuple[str, ...] = BY_NAME


@dataclass(frozen=True, slots=True)
class PatientPage:
    """Some patients, and whose keys lead to the pages around them."""

    rows: Sequence[Patient]
    words: str = ""
    before: UUID | None = None
    after: UUID | None = None


def readings(term: str) -> list[Reading]:
    """What a term may mean, likeliest first; text with a digit is a record number before a name."""
    term = " ".join(term.split())
    if not term:
        return [Reading("", Q())]
    numbers = [
        Reading(
            f"record number beginning with “{spelled}”",
            _begins("record_number", spelled),
            BY_RECORD_NUMBER,
        )
        for spelled in dict.fromkeys((term, term.upper()))
    ]
    # the engines know the capitals of English letters alone, so others are tried as usually written
    spellings = (term,) if term.isascii() else dict.fromkeys((term, term.lower(), term.title()))
    names = dict.fromkeys(chain.from_iterable(map(_names, spellings)))
    found = [_name_reading(last, first) for last, first in names]
    return numbers + found if any(map(str.isdigit, term)) else found + numbers


def _names(term: str) -> list[tuple[str, str | None]]:
    """Last name and beginning of the first name; None for a last name that is only begun."""
    last, comma, first = map(str.strip, term.partition(","))
    if comma:
        return [(last, first)]
    *earlier, end = last.split()
    begin, *later = last.split()
    if not earlier:
        return [(last, None)]
    return [(last, None), (end, " ".join(earlier)), (begin, " ".join(later))]


def _name_reading(last: str, first: str | None) -> Reading:
    last_key = last.translate(CAPITALS)
    if first is None:
        return Reading(f"last name beginning with “{last}”", _begins("last_key", last_key))
    words = f"last name “{last}”"
    if first:
        words += f", first name beginning with “{first}”"
    begun = _begins("first_key", first.translate(CAPITALS))
    return Reading(words, Q(last_key=last_key) & begun)


def _begins(column: str, text: str) -> Q:
    """A range, which an index in byte order serves on both engines."""
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + LAST_CHARACTER})


def find(user: Person, term: str, *, after: str = "", before: str = "") -> PatientPage:
    """A page of the patients that a user may see, in the first reading of the term that finds any.

    `after` and `before` are the keys of the patients at whose side the page lies; keys that are
    none, or not this user's, are ignored.
    """
    practices = practice_keys(user)
    # all of them by name too: the indexes begin with the practice
    patients = _keyed().filter(practice__in=practices)
    options = readings(term)
    reading = options[0]
    if term:
        reading = next((r for r in options if patients.filter(r.condition).exists()), reading)
    edge = _patient(patients, after or before)
    if edge and before:
        rows = _read(practices, reading, edge, backwards=True)
        if len(rows) > PER_PAGE:
            rows = rows[:PER_PAGE][::-1]
            return PatientPage(rows, reading.words, before=rows[0].pk, after=rows[-1].pk)
        edge = None  # the first page, and full
    rows = _read(practices, reading, edge)
    return PatientPage(
        rows[:PER_PAGE],
        reading.words,
        before=rows[0].pk if edge and rows else None,
        after=rows[PER_PAGE - 1].pk if len(rows) > PER_PAGE else None,
    )


def _keyed() -> "QuerySet[Any]":
    return Patient.objects.annotate(last_key=Upper("last_name"), first_key=Upper("first_name"))


def _patient(patients: "QuerySet[Any]", key: str) -> Any:
    try:
        return patients.filter(pk=UUID(key)).first()
    except ValueError:
        return None


def _read(
    practices: Sequence[int], reading: Reading, edge: Any, *, backwards: bool = False
) -> list[Any]:
    """Up to one patient more than a page on one side of the edge, nearest first."""
    rows = _keyed().filter(reading.condition).select_related("practice")
    if edge is not None:
        rows = rows.filter(_beyond(reading.order, edge, "<" if backwards else ">"))
    order = [F(name).desc() if backwards else F(name).asc() for name in reading.order]
    found = (
        rows.filter(practice=practice).order_by(*order)[: PER_PAGE + 1] for practice in practices
    )
    merged = sorted(
        chain.from_iterable(found),
        key=lambda row: tuple(getattr(row, name) for name in reading.order),
        reverse=backwards,
    )
    return merged[: PER_PAGE + 1]


def _beyond(order: Iterable[str], edge: Any, sign: str) -> Func:
    """`(a, b, key) > (…)`: one comparison of rows, standard SQL, which an index answers."""
    columns = Func(*map(F, order), template="(%(expressions)s)", output_field=CharField())
    values = Func(
        *(
            Value(getattr(edge, name), UUIDField() if name == "pk" else CharField())
            for name in order
        ),
        template="(%(expressions)s)",
        output_field=CharField(),
    )
    return Func(
        columns,
        values,
        template="%(expressions)s",
        arg_joiner=f" {sign} ",
        output_field=BooleanField(),
    )


def practice_keys(user: Person) -> list[int]:
    """The keys of the practices that a user may see, one by one."""
    practices = practices_of(user)
    if practices is None:
        return list(Practice.objects.order_by("pk").values_list("pk", flat=True))
    return sorted(practices)
