"""What the address of the claim list asks for: filters, patient search, sort, page."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict

from analytics.claims.filters import ClaimFilter
from analytics.claims.paging import DEFAULT_SORT, ClaimPage, Count, Place, Sort, page_of
from analytics.claims.patients import KEPT, PARAMETER, PatientSearch, kept_search
from analytics.claims.table import PER_PAGE
from analytics.exports import FORMATS
from analytics.forms import Chip
from billing.querysets import ClaimQuerySet


@dataclass(frozen=True)
class Selection:
    """The claims that an address asks for, as far as this person may see them."""

    filter: ClaimFilter
    search: PatientSearch
    sort: Sort

    @classmethod
    def of(cls, request: HttpRequest, data: QueryDict) -> "Selection":
        """The selection of an address; `data` are its parameters."""
        return cls(
            ClaimFilter(data, request.user),
            kept_search(request, data),
            Sort.named(data.get("sort", DEFAULT_SORT)),
        )

    @cached_property
    def claims(self) -> ClaimQuerySet:
        """The claims, in no order."""
        found: ClaimQuerySet = self.filter.qs
        return self.search.narrow(found)

    @cached_property
    def count(self) -> Count:
        """How many there are, up to a limit."""
        return Count.of(self.claims)

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.filter.values) or self.search.is_on

    def page(self, data: QueryDict) -> tuple[ClaimPage, list[str]]:
        """The page that the address asks for, and what was wrong with it; else the first."""
        places: dict[str, Place] = {}
        problems = []
        for name in ("after", "before"):
            try:
                if text := data.get(name, ""):
                    places[name] = Place.parsed(text, self.sort)
            except ValidationError:
                problems.append("Page: no claim stands there, so the list begins at its start.")
        if len(places) > 1:
            places.pop("before")
        return page_of(self.claims, self.sort, size=PER_PAGE, **places), problems

    def kept(self) -> dict[str, str]:
        """What the address says besides the filters, and keeps when one of them changes."""
        pairs = {PARAMETER: KEPT} if self.search.is_on else {}
        return pairs | ({} if self.sort.name == DEFAULT_SORT else {"sort": self.sort.name})

    def query(self, **more: Any) -> str:
        """The selection as a query string, with further parameters behind it."""
        return urlencode([*self.filter.parameters(), *self.kept().items(), *more.items()])

    def chips(self) -> list[Chip]:
        """The filters that are on, each with the address that turns it off."""
        return self.filter.chips(self.kept())

    def exports(self) -> dict[str, str]:
        """The address of each file."""
        return {kind.upper(): f"?{self.query(format=kind)}" for kind in FORMATS}

    def problems(self) -> list[str]:
        """What was wrong with the filters, in words."""
        found = self.filter.problems()
        return [*found, self.search.problem] if self.search.problem else found
