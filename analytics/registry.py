"""The subjects and their pages, in menu order. A page that is listed here exists everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.kpis import denial_reasons, denials, payment_speed, payments, receivables, volume
from analytics.page import KpiPage


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry of the menu and the pages behind it."""

    slug: str
    title: str
    question: str
    pages: Sequence[KpiPage]


SUBJECTS = (
    Subject(
        "denials",
        "Denials",
        "Which payer denies most, and why?",
        (*denials.PAGES, *denial_reasons.PAGES, *volume.PAGES),
    ),
    Subject(
        "receivables",
        "Receivables",
        "What is unpaid, how old is it, and how fast does cash come?",
        (*receivables.PAGES, *payment_speed.PAGES),
    ),
    Subject(
        "payments",
        "Payments",
        "What was collected of what could be?",
        payments.PAGES,
    ),
)
PAGES = {page.slug: page for subject in SUBJECTS for page in subject.pages}
SUBJECT_OF = {page.slug: subject for subject in SUBJECTS for page in subject.pages}
