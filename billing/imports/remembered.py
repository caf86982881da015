"""What a run remembers of the rows it has read, on disk, so that memory stays flat.

Both memories are private temporary SQLite databases that vanish with the process: 16 bytes for a
key and a line number or a digest for each row, spilled to disk beyond a few megabytes. A set of
hashes in memory would take about 100 bytes a row, and a look into the claims already stored could
not tell a duplicate from the same file loaded before. After a kill the rows up to the mark are
read again, which fills the memory anew.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Self


def digest(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _Memory:
    """A private temporary table of key → two values."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192;"
            "CREATE TABLE rows (key BLOB PRIMARY KEY, line INTEGER, content BLOB) WITHOUT ROWID;"
        )

    def close(self) -> None:
        """Forget everything."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _find(self, key: str) -> tuple[int, bytes] | None:
        row: tuple[int, bytes] | None = self._database.execute(
            "SELECT line, content FROM rows WHERE key = ?", (digest(key),)
        ).fetchone()
        return row

    def _add(self, rows: Iterable[tuple[str, int, bytes]]) -> None:
        self._database.executemany(
            "INSERT OR IGNORE INTO rows VALUES (?, ?, ?)",
            ((digest(key), line, content) for key, line, content in rows),
        )


class SeenRows(_Memory):
    """The keys that one file has used, each with its first line and that row's content."""

    def first(self, key: str, line: int, raw: str) -> tuple[int, bool] | None:
        """None for a new key, now remembered; else its first line and whether it is the same."""
        content = digest(raw)
        found = self._find(key)
        if found is None:
            self._add([(key, line, content)])
            return None
        return found[0], found[1] == content


class PlannedRows(_Memory):
    """The records that a dry run would have stored by now, over all its files."""

    def add(self, kind: str, keys: Iterable[tuple[str, str]]) -> None:
        """Remember records of a kind: (key, raw row)."""
        self._add((f"{kind}:{key}", 0, digest(raw)) for key, raw in keys)

    def known(self, kind: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys that the run would have stored."""
        return {key for key in keys if self._find(f"{kind}:{key}") is not None}

    def same(self, kind: str, key: str, raw: str) -> bool | None:
        """Whether an earlier file had this very row; None where it had no such record."""
        found = self._find(f"{kind}:{key}")
        return None if found is None else found[1] == digest(raw)
