"""The claims behind one number: which they are, and how they make that number."""

from dataclasses import dataclass
from functools import cached_property

from analytics.page import KpiPage
from analytics.scope import Scope
from billing.querysets import ClaimQuerySet


@dataclass(frozen=True)
class DrillDown:
    """A number of a KPI page: of the row known by its key (None: of all rows), of a part."""

    page: KpiPage
    scope: Scope
    row: str | None
    part: str

    @property
    def title(self) -> str:
        """What the claims are, in words: "Denied · Payer: Summit Mutual"."""
        column = self.page.columns.get(self.part)
        counted = column.label if column else "All claims counted"
        if self.row is None:
            return counted
        dimension = self.page.dimension
        return f"{counted} · {dimension.label}: {dimension.named(self.row) or 'none'}"

    @property
    def file_name(self) -> str:
        """The name of an export, without ending."""
        return f"{self.page.slug}-claims-{self.scope.as_of}"

    def claims(self) -> ClaimQuerySet:
        """The claims themselves."""
        return self.page.drill(self.scope, row=self.row, part=self.part)

    @cached_property
    def sum_words(self) -> str:
        """What the claims add up to, as the page shows it; empty where they are counted."""
        if not self.part or not self.page.parts[self.part].sums:
            return ""
        total = self.page.counted(self.scope, row=self.row, part=self.part)
        return self.page.columns[self.part].text(total)
