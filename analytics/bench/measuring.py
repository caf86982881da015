"""Times of pages and statements, taken by turns in one run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from time import perf_counter
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from analytics.bench import wide_tables
from analytics.bench.wide_tables import Question
from analytics.registry import PAGES
from billing.demo.seeding import seed_practice
from billing.models import Claim, PracticeAccess

MANAGER = "bench"
Statement = tuple[str, Any]


@dataclass(slots=True)
class PageTimes:
    """One address: how many queries it makes, and what each run took in milliseconds."""

    name: str
    address: str
    statements: list[Statement] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    @property
    def queries(self) -> int:
        """Queries of one visit."""
        return len(self.statements)

    @property
    def sql_ms(self) -> float:
        """Median milliseconds in the database."""
        return median(self.sql)

    @property
    def whole_ms(self) -> float:
        """Median milliseconds from request to response."""
        return median(self.whole)


@dataclass(slots=True)
class QuestionTimes:
    """One of the eight questions, and what each run took in milliseconds."""

    question: Question
    sql: list[float] = field(default_factory=list)

    @property
    def sql_ms(self) -> float:
        """Median milliseconds in the database."""
        return median(self.sql)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long ours takes in the database as the other design."""

    name: str
    ours_ms: float
    theirs_ms: float

    @property
    def value(self) -> float:
        """Ours ÷ theirs: below 1 ours is faster."""
        return self.ours_ms / self.theirs_ms


@dataclass(frozen=True, slots=True)
class Result:
    """What a bench found."""

    claims: int
    runs: int
    engine: str
    overview: PageTimes
    overview_of_all: PageTimes
    pages: Sequence[PageTimes]
    same_questions: Sequence[PageTimes]
    questions: Sequence[QuestionTimes]

    @property
    def eight_ms(self) -> float:
        """All eight questions together."""
        return sum(times.sql_ms for times in self.questions)

    @property
    def ratios(self) -> list[Ratio]:
        """The overview against all eight, and each page against the question it shares."""
        by_slug = {t.question.slug: t for t in self.questions if t.question.slug}
        return [
            Ratio("Overview, last 90 days ÷ all eight", self.overview.sql_ms, self.eight_ms),
            Ratio("Overview, all time ÷ all eight", self.overview_of_all.sql_ms, self.eight_ms),
            *(
                Ratio(
                    f"{page.name}, all time ÷ {by_slug[page.name].question.name}",
                    page.sql_ms,
                    by_slug[page.name].sql_ms,
                )
                for page in self.same_questions
            ),
        ]


def prepare(
    *, claims: int, seed: int, today: date, on_progress: Callable[[int], None] = lambda done: None
) -> None:
    """Fill the connected database: demo claims, unless a kept one holds as many, and their copy."""
    held = Claim.objects.count()
    if held not in (0, claims):
        raise ValueError(f"the kept database holds {held:,} claims: run once without --keep")
    if held == 0:
        seed_practice(claims=claims, seed=seed, today=today, on_progress=on_progress)
    user, _ = User.objects.get_or_create(username=MANAGER)
    user.groups.add(Group.objects.get(name="Managers"))
    PracticeAccess.objects.update_or_create(user=user, defaults={"all_practices": True})
    wide_tables.build()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def measure(
    *, claims: int, runs: int, today: date, on_progress: Callable[[], None] = lambda: None
) -> Result:
    """Visit every page and ask the eight questions `runs` times, by turns.

    `on_progress` is told after each page and question of each run.
    """
    questions = [QuestionTimes(question) for question in wide_tables.questions(today)]
    home = reverse("analytics:overview")
    overview = PageTimes("Overview", home)
    overview_of_all = PageTimes("Overview", f"{home}?period=all")
    pages = [PageTimes(slug, page.url) for slug, page in PAGES.items()]
    shared = [t.question.slug for t in questions if t.question.slug]
    same = [PageTimes(slug, f"{PAGES[slug].url}?period=all") for slug in shared]
    visited = [overview, overview_of_all, *pages, *same]
    with override_settings(DEBUG=False):  # which would keep every statement
        client = _client()
        for page in visited:
            page.statements = _statements_of(client, page.address)
        for _ in range(runs):
            for position, page in enumerate(visited):
                page.whole.append(_milliseconds(_visit, client, page.address))
                page.sql.append(_milliseconds(_replay, page.statements))
                if position < len(questions):  # by turns, so that a slow moment hits both sides
                    asked = questions[position]
                    asked.sql.append(_milliseconds(wide_tables.answer, asked.question))
                on_progress()
    return Result(
        claims, runs, connection.display_name, overview, overview_of_all, pages, same, questions
    )


def steps(runs: int) -> int:
    """How often `measure` reports progress."""
    shared = sum(bool(question.slug) for question in wide_tables.questions(date.min.replace(2000)))
    return runs * (2 + len(PAGES) + shared)


def _client() -> Client:
    """A browser in which the manager is logged in."""
    host = next((name for name in settings.ALLOWED_HOSTS if name[:1] not in "*."), "localhost")
    client = Client(SERVER_NAME=host)
    client.force_login(User.objects.get(username=MANAGER))
    return client


def _visit(client: Client, address: str) -> None:
    response = client.get(address, secure=settings.SECURE_SSL_REDIRECT)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    _ = response.content


def _statements_of(client: Client, address: str) -> list[Statement]:
    """The queries of one visit; the first visit of all warms up and is not looked at."""
    _visit(client, address)
    seen: list[Statement] = []
    with _watched(seen):
        _visit(client, address)
    if not any("GROUP BY" in sql for sql, _ in seen):
        raise RuntimeError(f"{address} counted no claims, so its time would tell nothing")
    return seen


@contextmanager
def _watched(seen: list[Statement]) -> Iterator[None]:
    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith("SELECT"):
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield


def _replay(statements: Sequence[Statement]) -> None:
    """Run the queries of a page again, every row fetched, as `wide_tables.answer` does."""
    for sql, params in statements:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            cursor.fetchall()


def _milliseconds(run: Callable[..., object], *arguments: object) -> float:
    began = perf_counter()
    run(*arguments)
    return (perf_counter() - began) * 1_000
