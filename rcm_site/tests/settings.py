"""The settings of a test run: the real ones, in an environment of their own.

The tests run on the database that TEST_DATABASE_URL names, else on a SQLite file of their own.
"""

import os
import tempfile
from pathlib import Path

# A file rather than memory, so that locking is what production sees; one for each process.
SQLITE_FILE = Path(tempfile.gettempdir()) / f"rcm-test-{os.getpid()}.sqlite3"

for name in ("SECRET_KEY_FILE", "DATABASE_URL_FILE", "TIME_ZONE", "LOG_LEVEL"):
    os.environ.pop(name, None)
os.environ |= {
    "ENV_FILE": os.devnull,
    "SECRET_KEY": "only-for-tests-" + "0123456789" * 4,
    "DEBUG": "false",
    "HTTPS_ONLY": "false",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "",
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{SQLITE_FILE}",
}

from rcm_site.settings import *  # noqa: E402, F403
from rcm_site.settings import DATABASES, STORAGES  # noqa: E402

STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True  # no collectstatic before a test run
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and only for tests

AXES_ENABLED = False  # each log-in would be counted; test_log_in turns it on

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": SQLITE_FILE.with_suffix(".tests.sqlite3")}
    # Tests start from an empty file, so they need not wait for the disk.
    DATABASES["default"]["OPTIONS"] = DATABASES["default"]["OPTIONS"] | {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
    }
