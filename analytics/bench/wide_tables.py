"""The RCM analytics API's design: one wide table of claims, and its eight questions as SQL.

This is the one module of SQL text. It stands for another system's shape - text payers, amounts as
floats, timestamps, an index on each column that is grouped by - filled with our own claims, so
that both designs answer the same questions over the same rows. Only the arithmetic of timestamps
differs between SQLite and PostgreSQL: `_week` and `_days_between` hold both forms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

TABLES = (
    """
    CREATE TABLE bench_claims (
        claim_id integer PRIMARY KEY,
        claim_number varchar(60) NOT NULL,
        payer varchar(120) NOT NULL,
        department varchar(120),
        provider varchar(120),
        status varchar(20) NOT NULL,
        billed double precision NOT NULL,
        expected double precision NOT NULL,
        paid double precision NOT NULL,
        balance double precision NOT NULL,
        service_at timestamp,
        submitted_at timestamp NOT NULL,
        paid_at timestamp
    )
    """,
    """
    CREATE TABLE bench_staff (
        staff_id integer PRIMARY KEY,
        name varchar(120) NOT NULL,
        role varchar(24) NOT NULL
    )
    """,
    """
    CREATE TABLE bench_staff_activity (
        activity_id integer PRIMARY KEY,
        staff_id integer NOT NULL,
        claim_id integer NOT NULL,
        action varchar(16) NOT NULL,
        is_error integer NOT NULL,
        occurred_at timestamp NOT NULL
    )
    """,
)
ROWS = (
    """
    INSERT INTO bench_claims
    SELECT c.id, c.number, p.name, d.name, r.name, c.status, c.billed, c.expected, c.paid,
           c.balance, c.service_date, c.submitted_on, c.first_paid_on
    FROM billing_claim c
    JOIN billing_payer p ON p.id = c.payer_id
    LEFT JOIN billing_department d ON d.id = c.department_id
    LEFT JOIN billing_provider r ON r.id = c.provider_id
    WHERE c.submitted_on IS NOT NULL
    """,
    "INSERT INTO bench_staff SELECT s.id, s.name, s.role FROM billing_staff s",
    """
    INSERT INTO bench_staff_activity
    SELECT a.id, a.staff_id, a.claim_id, a.action, CASE WHEN a.is_error THEN 1 ELSE 0 END,
           a.occurred_at
    FROM billing_staffactivity a
    JOIN bench_claims c ON c.claim_id = a.claim_id
    """,
)
INDEXED = {
    "bench_claims": ("payer", "department", "status", "service_at", "submitted_at", "paid_at"),
    "bench_staff_activity": ("staff_id", "claim_id", "occurred_at"),
}
NAMES = ("bench_staff_activity", "bench_staff", "bench_claims")


@dataclass(frozen=True, slots=True)
class Question:
    """One of the eight: its SQL, and the page of ours that answers the same, if one does."""

    name: str
    sql: str
    params: tuple[Any, ...] = ()
    slug: str = ""


def build() -> None:
    """Make the tables anew and fill them with the claims that were submitted."""
    with connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")
        for statement in (*TABLES, *ROWS):
            cursor.execute(statement)
        for table, columns in INDEXED.items():
            for column in columns:
                cursor.execute(f"CREATE INDEX {table}_by_{column} ON {table} ({column})")


def questions(today: date) -> Sequence[Question]:
    """The eight, as of `today`; aged from the day of submission, as that API does."""
    return (
        Question(
            "Denial rate by payer",
            """
            SELECT payer, COUNT(*), SUM(CASE WHEN status = 'denied' THEN 1 ELSE 0 END),
                   100.0 * SUM(CASE WHEN status = 'denied' THEN 1 ELSE 0 END) / COUNT(*)
            FROM bench_claims GROUP BY payer ORDER BY payer
            """,
            slug="currently-denied-share",
        ),
        Question(
            "Weekly trend",
            f"""
            SELECT {_week("submitted_at")}, COUNT(*),
                   SUM(CASE WHEN status = 'denied' THEN 1 ELSE 0 END),
                   SUM(CASE WHEN status = 'paid' THEN 1 ELSE 0 END), SUM(paid)
            FROM bench_claims GROUP BY 1 ORDER BY 1
            """,  # noqa: S608 - made of our own column names
            slug="weekly-trend",
        ),
        Question(
            "A/R days",
            f"""
            SELECT COUNT(*), AVG({_days_between("submitted_at", "paid_at")})
            FROM bench_claims WHERE paid_at IS NOT NULL
            """,  # noqa: S608 - as above
            slug="days-to-pay",
        ),
        Question(
            "Aging",
            """
            SELECT CASE WHEN submitted_at >= %s THEN '0-30' WHEN submitted_at >= %s THEN '31-60'
                        WHEN submitted_at >= %s THEN '61-90' WHEN submitted_at >= %s THEN '91-120'
                        ELSE 'over 120' END,
                   COUNT(*), SUM(balance)
            FROM bench_claims
            WHERE status IN ('pending', 'denied', 'appealed') AND balance > 0
            GROUP BY 1 ORDER BY 1
            """,
            tuple((today - timedelta(days=days)).isoformat() for days in (30, 60, 90, 120)),
            slug="aging",
        ),
        Question(
            "A/R by department",
            """
            SELECT department, COUNT(*), SUM(balance)
            FROM bench_claims
            WHERE status IN ('pending', 'denied', 'appealed') AND balance > 0
            GROUP BY department ORDER BY department
            """,
            slug="aging-by-department",
        ),
        Question(
            "Staff productivity",
            """
            SELECT s.name, COUNT(*), COUNT(DISTINCT a.claim_id), SUM(c.expected)
            FROM bench_staff_activity a
            JOIN bench_staff s ON s.staff_id = a.staff_id
            JOIN bench_claims c ON c.claim_id = a.claim_id
            GROUP BY s.name ORDER BY s.name
            """,
            slug="staff-productivity",
        ),
        Question(
            "Error rate",
            """
            SELECT s.name, COUNT(*), SUM(a.is_error), 100.0 * SUM(a.is_error) / COUNT(*)
            FROM bench_staff_activity a
            JOIN bench_staff s ON s.staff_id = a.staff_id
            GROUP BY s.name ORDER BY s.name
            """,
            slug="staff-error-rate",
        ),
        Question(
            "Workload",
            """
            SELECT s.name, COUNT(DISTINCT c.claim_id), MIN(c.submitted_at)
            FROM bench_staff_activity a
            JOIN bench_staff s ON s.staff_id = a.staff_id
            JOIN bench_claims c ON c.claim_id = a.claim_id
            WHERE c.status IN ('pending', 'denied', 'appealed')
            GROUP BY s.name ORDER BY s.name
            """,
            slug="staff-workload",
        ),
    )


def answer(question: Question) -> list[tuple[Any, ...]]:
    """The rows of one question."""
    with connection.cursor() as cursor:
        cursor.execute(question.sql, question.params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _week(column: str) -> str:
    """The Monday of a timestamp's week."""
    if connection.vendor == "sqlite":
        return f"date({column}, 'weekday 0', '-6 days')"
    return f"CAST(date_trunc('week', {column}) AS date)"


def _days_between(first: str, last: str) -> str:
    """Days between two timestamps."""
    if connection.vendor == "sqlite":
        return f"julianday({last}) - julianday({first})"
    return f"EXTRACT(EPOCH FROM {last} - {first}) / 86400.0"
