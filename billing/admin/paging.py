"""Pages of a big table without counting all of it."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

COUNTED = 1_000


class BoundedPaginator(Paginator[Any]):
    """Counts up to `COUNTED` rows and offers no more than those.

    A full count reads the whole table. Whoever wants a row further down searches or filters.
    """

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        if not hasattr(rows, "query"):
            return len(rows)
        # one row more than is offered tells whether there are more
        return int(rows.order_by()[: COUNTED + 1].count())

    @cached_property
    def count(self) -> int:
        """How many rows are offered."""
        return min(self._counted, COUNTED)

    @cached_property
    def has_more(self) -> bool:
        """Whether there are rows beyond those offered."""
        return self._counted > COUNTED
