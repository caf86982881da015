"""The claims of one transaction set between reading and posting, on disk beyond a few thousand.

A set is posted only once its end has been seen, so that it has to be kept somewhere meanwhile.
"""

import pickle
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Generic, Self, TypeVar

CHUNK = 1_000
IN_MEMORY = 2
Item = TypeVar("Item")


class Spool(Generic[Item]):
    """Keeps items in order; the first chunks in memory, the others in a file without a name."""

    def __init__(self, chunk_size: int = CHUNK) -> None:
        self._size = chunk_size
        self._chunks: list[list[Item]] = []
        self._last: list[Item] = []
        self._file: IO[bytes] | None = None
        self._on_disk = 0
        self.count = 0

    def add(self, item: Item) -> None:
        """Keep one more."""
        self.count += 1
        self._last.append(item)
        if len(self._last) < self._size:
            return
        if len(self._chunks) < IN_MEMORY:
            self._chunks.append(self._last)
        else:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="x12-")  # noqa: SIM115 - see __exit__
            pickle.dump(self._last, self._file, pickle.HIGHEST_PROTOCOL)
            self._on_disk += 1
        self._last = []

    def chunks(self) -> Iterator[list[Item]]:
        """Everything, in lists of at most the chunk size; can be asked for again."""
        yield from self._chunks
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self._on_disk):
                yield pickle.load(self._file)  # noqa: S301 - this process wrote it just now
        if self._last:
            yield self._last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
