"""What the commands that write a file share: their options, the file itself, the report."""

import os
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import Any, TextIO

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.imports.errors import LoadingError
from billing.imports.practices import choose_practice
from billing.models import Practice

Write = Callable[[TextIO, Practice, datetime], tuple[int, Counter[str]]]


def add_file_out(parser: ArgumentParser, dated: str) -> None:
    """The options: the file, the practice and the days of what is `dated`."""
    parser.add_argument("path", type=Path, help="the file to write; it holds patients' names")
    parser.add_argument("--practice", default="", help="whose; the only practice by default")
    parser.add_argument("--from", type=date.fromisoformat, help=f"{dated} on or after this day")
    parser.add_argument("--to", type=date.fromisoformat, help=f"{dated} on or before this day")


def write_file(command: BaseCommand, options: Mapping[str, Any], what: str, write: Write) -> None:
    """Write the file whole or not at all, for the owner's eyes only, and say what it holds."""
    path: Path = options["path"]
    practice = _practice(options["practice"])
    try:
        number, name = mkstemp(dir=path.parent, prefix=".x12-")
        try:
            with os.fdopen(number, "w", encoding="ascii") as file:
                written, left_out = write(file, practice, timezone.now())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    command.stdout.write(f"Wrote {written:,} {what} of {practice.name} to {path}.")
    for reason, count in left_out.most_common():
        command.stdout.write(f"Left out: {count:,}. {reason}")


def _practice(name: str) -> Practice:
    if not name and Practice.objects.count() == 1:
        return Practice.objects.get()
    try:
        found = choose_practice(name)
    except LoadingError as error:
        raise CommandError(str(error)) from error
    if found._state.adding:
        raise CommandError("There is no practice and no claim yet.")
    return found
