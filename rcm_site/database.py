"""Says in one sentence why the database did not answer."""

from collections.abc import Mapping
from typing import Any

from django.db import Error

UNDEFINED_TABLE = "42P01"  # PostgreSQL's code of the error


def explanation(error: Error, database: Mapping[str, Any]) -> str:
    """One sentence that names database, host and user, and never the password.

    `database` is an entry of settings.DATABASES.
    """
    reason = _reason(error)
    if "sqlite" in database["ENGINE"]:
        return f"The database file {database['NAME']} could not be used: {reason}."
    place = f"{database.get('HOST') or 'localhost'}:{database.get('PORT') or 5432}"
    return (
        f"The database {database['NAME']} at {place} could not be used "
        f"as user {database.get('USER') or '(none)'}: {reason}."
    )


def lacks_tables(error: Error) -> bool:
    """Whether the database answered and has not been migrated: a table is not there."""
    is_missing = getattr(error.__cause__, "sqlstate", "") == UNDEFINED_TABLE
    return is_missing or "no such table" in str(error)


def _reason(error: Error) -> str:
    """The server's own words: what follows FATAL, else the first line."""
    if lacks_tables(error):
        return "its tables are missing: run `manage.py migrate` first"
    lines = str(error).strip().splitlines() or ["no reason was given"]
    fatal = [line for line in lines if "FATAL:" in line]
    reason = fatal[0].rpartition("FATAL:")[2] if fatal else lines[0]
    return reason.strip().rstrip(".")
