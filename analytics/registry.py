"""The subjects and their pages, in menu order. A page that is listed here exists everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.kpis import (
    deadlines,
    decision_time,
    denial_reasons,
    denials,
    lags,
    leakage,
    payment_speed,
    payments,
    receivables,
    staff,
    volume,
)
from analytics.page import KpiPage


@dataclass(frozen=True, slots=True)
class Family:
    """Pages that break the same number down: what they share, and what each adds."""

    title: str
    pages: Sequence[tuple[str, KpiPage]]


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry of the menu and the pages behind it."""

    slug: str
    title: str
    question: str
    pages: Sequence[KpiPage]

    @property
    def families(self) -> list[Family]:
        """The pages in rows of a menu: those on their own, then "Denials by" payer, reason, …"""
        rows: dict[str, list[tuple[str, KpiPage]]] = {"": []}
        for page in self.pages:
            by = f" by {page.dimension.label.lower()}"
            if page.title.endswith(by):
                title = page.title.removesuffix(by) + " by"
                rows.setdefault(title, []).append((page.dimension.label, page))
            else:
                rows[""].append((page.title, page))
        return [Family(title, pages) for title, pages in rows.items() if pages]


SUBJECTS = (
    Subject(
        "denials",
        "Denials",
        "Which payer denies most, and why?",
        (*denials.PAGES, *denial_reasons.PAGES, *leakage.DENIAL_PAGES, *volume.PAGES),
    ),
    Subject(
        "receivables",
        "Receivables",
        "What is unpaid, how old is it, and how fast does cash come?",
        (*receivables.PAGES, *payment_speed.PAGES, *decision_time.PAGES, *deadlines.PAGES),
    ),
    Subject(
        "payments",
        "Payments",
        "What was collected of what could be?",
        (*payments.PAGES, *lags.PAGES, *leakage.PAYMENT_PAGES),
    ),
    Subject(
        "staff",
        "Staff",
        "Who works how much, whose errors stand out, and who carries what?",
        staff.PAGES,
    ),
)
PAGES = {page.slug: page for subject in SUBJECTS for page in subject.pages}
SUBJECT_OF = {page.slug: subject for subject in SUBJECTS for page in subject.pages}
