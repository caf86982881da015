#!/usr/bin/env python
"""Runs the project's commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rcm_site.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError, ProgrammingError
    except ImportError as error:
        raise SystemExit("Django is not installed here: run `make demo` or `make test`.") from error

    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:
        # Whoever read the output has gone: `report … | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        give_up(str(error))
    except (OperationalError, ProgrammingError) as error:
        from django.conf import settings

        from rcm_site.database import explanation, lacks_tables

        is_ours = isinstance(error, ProgrammingError) and not lacks_tables(error)
        if is_ours or "--traceback" in sys.argv:
            raise
        give_up(explanation(error, settings.DATABASES["default"]))


def give_up(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
