"""Logs name errors, never rows."""

import logging
import sys

from rcm_site.logs import DiscreetFormatter

MESSAGE = "duplicate key\nDETAIL:  Key (last_name)=(Miller) already exists.\n"


def test_the_row_that_the_database_quotes_is_left_out():
    try:
        raise ValueError(MESSAGE)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, sys.exc_info())

    text = DiscreetFormatter("{message}", style="{").format(record)

    assert "duplicate key" in text
    assert "Miller" not in text
