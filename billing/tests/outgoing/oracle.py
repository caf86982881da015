"""What an independent validator says of an X12 file, and a plain reading of its segments."""

import logging
from io import StringIO
from pathlib import Path

from pyx12.params import params
from pyx12.x12n_document import x12n_document


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # It cannot acknowledge an 835 that names no guide in ST, as the guide asks.
        if "999 response" not in record.getMessage():
            self.said.append(record.getMessage())


def faults(path: Path) -> list[str]:
    """Every error that pyx12 finds in a file; one more where it calls it invalid."""
    handler, logger = _Errors(), logging.getLogger("pyx12")
    logger.addHandler(handler)
    try:
        is_valid = x12n_document(params(), str(path), StringIO(), None)
    finally:
        logger.removeHandler(handler)
    return handler.said + ([] if is_valid else ["invalid"])


def segments(path: Path, *names: str) -> list[list[str]]:
    """The elements of the segments of these names, in their order."""
    found = [text.strip().split("*") for text in path.read_text().split("~") if text.strip()]
    return [elements for elements in found if elements[0] in names]
