"""Settings from the environment: every value is named, typed, and missed aloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

TRUE: Final = frozenset({"true", "yes", "on", "1"})
FALSE: Final = frozenset({"false", "no", "off", "0"})

# init_command runs on each new connection. WAL lets people read during an import, and with WAL
# `synchronous=NORMAL` loses no committed data when the process dies.
SQLITE_OPTIONS: Final[dict[str, Any]] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=NORMAL;"
        "PRAGMA temp_store=MEMORY;"
        "PRAGMA cache_size=-64000;"
        "PRAGMA mmap_size=268435456;"
    ),
}


@dataclass(frozen=True, slots=True)
class Environment:
    """Reads settings from `values`, usually `os.environ`.

    Each method raises ImproperlyConfigured with one sentence that names the variable and says
    what to do, and never repeats a secret.
    """

    values: Mapping[str, str]

    def text(self, name: str, *, default: str) -> str:
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, default=str(default)).lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} is neither true nor false: set it to true or false.")

    def number(self, name: str, *, default: int) -> int:
        value = self.text(name, default=str(default))
        if not value.isdecimal():
            raise ImproperlyConfigured(f"{name} is not a whole number: set it to one, 0 or more.")
        return int(value)

    def names(self, name: str) -> list[str]:
        """The parts of a comma-separated list, without blanks."""
        return [part.strip() for part in self.text(name, default="").split(",") if part.strip()]

    def secret(self, name: str, *, default: str | None = None) -> str:
        """The value of `name`, or the text of the file that `<name>_FILE` points to."""
        file_name = self.text(f"{name}_FILE", default="")
        value = self.text(name, default="")
        if value and file_name:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them.")
        if file_name:
            value = _read_secret(f"{name}_FILE", Path(file_name))
        if value:
            return value
        if default is None:
            raise ImproperlyConfigured(
                f"{name} is not set: put it in .env or the environment, "
                f"or name a file that holds it in {name}_FILE."
            )
        return default

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """Django's description of the database at the URL in `name`: SQLite or PostgreSQL."""
        url = self.secret(name, default=default)
        scheme = url.partition("://")[0]
        if scheme not in {"sqlite", "postgres", "postgresql"}:
            raise ImproperlyConfigured(
                f"{name} is not a database address: write "
                "postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:////PATH/TO/FILE."
            )
        try:
            urlsplit(url)  # django-environ forgives a broken address
            database: dict[str, Any] = dict(Env.db_url_config(url))
        except (ValueError, ImproperlyConfigured):
            database = {}
        if not database.get("NAME"):
            raise ImproperlyConfigured(
                f"{name} names no database or cannot be read: write "
                "postgres://USER:PASSWORD@HOST:PORT/NAME, with %XX for special characters."
            )
        if scheme == "sqlite":
            return database | {"OPTIONS": SQLITE_OPTIONS}
        return database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def _read_secret(name: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name} points to {path}, which cannot be read: check the path and its permissions."
        ) from error
    if not value:
        raise ImproperlyConfigured(f"{name} points to {path}, which is empty: put the value in it.")
    return value
