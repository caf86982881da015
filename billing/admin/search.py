"""Search by the beginning of a key, so that an index answers.

Django's own search compares upper-cased text anywhere in a column, which reads the whole table.
Here a term is a range (`number >= 'C10' and number < 'C10…'`), which the BINARY collation of these
columns serves on both databases.
"""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from billing.admin.practices import OfPractice, seen
from billing.models import Practice

FOUND = 1_000
LAST_CHARACTER = "\U0010ffff"


def begins_with(column: str, term: str) -> Q:
    """Rows whose `column` begins with `term` as typed, in capitals, or capitalised."""
    condition = Q()
    for variant in {term, term.upper(), term.title()}:
        condition |= Q(**{f"{column}__gte": variant, f"{column}__lt": variant + LAST_CHARACTER})
    return condition


class IndexedSearch(OfPractice):
    """Searches the beginnings of `search_fields`, each by its own index, `FOUND` rows of each.

    `unique_in_practice` names those of them whose index begins with the practice.
    """

    unique_in_practice: tuple[str, ...] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows of which a searched column begins with the term; never duplicates."""
        term = search_term.strip().replace("\x00", "")
        if not term:
            return queryset, False
        rows = self.get_queryset(request).order_by()
        practices = list(seen(Practice.objects.all(), request, "pk").values_list("pk", flat=True))
        keys: set[Any] = set()
        for column in self.get_search_fields(request):
            found = rows.filter(begins_with(column, term))
            if column in self.unique_in_practice:
                of_practice = f"{column.rpartition('__')[0]}__practice".removeprefix("__")
                found = found.filter(**{f"{of_practice}__in": practices})
            keys.update(found.values_list("pk", flat=True)[:FOUND])
        return queryset.filter(pk__in=keys), False
