"""A database of its own for a bench: beside the chosen one, never the chosen one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection

SUFFIX = "_bench"


@contextmanager
def throwaway_database(*, keep: bool) -> Iterator[str]:
    """Point the default connection at a migrated database of its own; yields its name.

    It is dropped afterwards, or with `keep` left for the next run, which then finds it again.
    """
    chosen = connection.settings_dict["NAME"]
    make, drop = _sqlite if connection.vendor == "sqlite" else _postgresql
    name = _name(str(chosen), keep)
    if not keep:
        drop(name)
    make(name)
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
        yield name
    finally:
        connection.close()
        connection.settings_dict["NAME"] = chosen
        if not keep:
            drop(name)


def _name(chosen: str, keep: bool) -> str:
    if connection.vendor != "sqlite":
        return chosen + SUFFIX
    folder = tempfile.gettempdir() if keep else tempfile.mkdtemp(prefix="rcm-bench-")
    return str(Path(folder) / f"{Path(chosen).stem}{SUFFIX}.sqlite3")


def _make_file(name: str) -> None:
    """SQLite makes the file when it is first opened."""


def _drop_file(name: str) -> None:
    for ending in ("", "-wal", "-shm"):
        Path(name + ending).unlink(missing_ok=True)


def _make_database(name: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")


def _drop_database(name: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


_sqlite = (_make_file, _drop_file)
_postgresql = (_make_database, _drop_database)
