"""Says in one sentence why the database did not answer."""

from collections.abc import Mapping
from typing import Any

from django.db import Error


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


def _reason(error: Error) -> str:
    """The server's own words: what follows FATAL, else the first line."""
    lines = str(error).strip().splitlines() or ["no reason was given"]
    fatal = [line for line in lines if "FATAL:" in line]
    reason = fatal[0].rpartition("FATAL:")[2] if fatal else lines[0]
    return reason.strip().rstrip(".")
