"""Log lines that do not carry patients' data."""

import logging
import re

# PostgreSQL repeats the row that broke a rule in these lines of its message.
ROW_LINES = re.compile(r"^(?:DETAIL|CONTEXT):.*$\n?", re.MULTILINE)


class DiscreetFormatter(logging.Formatter):
    """Leaves out the lines in which the database quotes the row that it refused."""

    def format(self, record: logging.LogRecord) -> str:
        return ROW_LINES.sub("", super().format(record))
