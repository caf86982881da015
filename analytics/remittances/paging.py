"""Pages of a list by key: a page begins after a row that the reader has seen, or ends before one.

Nothing is skipped by counting, so that the last page is as fast as the first. The column of the
order is never empty; the key decides between equal values.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

PER_PAGE = 50
COUNTED = 10_000
MISPLACED = "Page: nothing stands there, so the list begins at its start."
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some neighbouring rows; `before` and `after` are the places around them, "" for none."""

    rows: list[Row]
    before: str = ""
    after: str = ""
    problem: str = ""

    def links(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        """The addresses of the pages around; `pairs` is what else the address says."""
        found = {}
        if self.before:
            found["first_url"] = f"?{urlencode(pairs)}"
            found["previous_url"] = f"?{urlencode([*pairs, ('before', self.before)])}"
        if self.after:
            found["next_url"] = f"?{urlencode([*pairs, ('after', self.after)])}"
        return found


def page_of(
    rows: QuerySet[Row], column: str, asked: QueryDict, *, descending: bool = True
) -> Page[Row]:
    """The page of `rows`, ordered by `column` and key, that an address asks for; else the first."""
    backwards, text = "before" in asked and "after" not in asked, ""
    text = asked.get("before" if backwards else "after", "")
    place, problem = None, ""
    if text:
        try:
            place = _parsed(text, rows.model._meta.get_field(column))
        except ValidationError:
            problem, backwards = MISPLACED, False
    sign = "-" if descending != backwards else ""
    ordered = rows.order_by(f"{sign}{column}", f"{sign}pk")
    found = list(_beyond(ordered, column, place, is_less=bool(sign))[: PER_PAGE + 1])
    if place is not None and (not found or (backwards and len(found) <= PER_PAGE)):
        return page_of(rows, column, QueryDict(), descending=descending)  # the first, and full
    shown, is_more = found[:PER_PAGE], len(found) > PER_PAGE
    if backwards:
        shown.reverse()
        return Page(shown, _place(shown[0], column), _place(shown[-1], column))
    return Page(
        shown,
        _place(shown[0], column) if place is not None else "",
        _place(shown[-1], column) if is_more else "",
        problem,
    )


def _beyond(
    rows: QuerySet[Row], column: str, place: tuple[Any, int] | None, *, is_less: bool
) -> QuerySet[Row]:
    if place is None:
        return rows
    value, key = place
    side = "lt" if is_less else "gt"
    beyond = Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": key})
    return rows.filter(beyond, **{f"{column}__{side}e": value})  # the last is for the index


def _parsed(text: str, column: Any) -> tuple[Any, int]:
    """The place that an address names; raises ValidationError where it names none."""
    value, _, key = text.rpartition("~")
    if not (key.isascii() and key.isdecimal() and len(key) <= 18) or "\x00" in value:
        raise ValidationError(MISPLACED)
    return column.clean(value, None), int(key)


def _place(row: Model, column: str) -> str:
    return f"{getattr(row, column)}~{row.pk}"


def count_words(rows: QuerySet[Any], one: str, many: str) -> str:
    """How many rows there are, counted up to a limit: a full count would read the whole table."""
    found = rows.order_by()[: COUNTED + 1].count()
    if found > COUNTED:
        return f"More than {COUNTED:,} {many}"
    return f"{found:,} {one if found == 1 else many}"
