"""Why the database did not answer, in one sentence."""

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from rcm_site.database import explanation

POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "rcm",
    "HOST": "db.example",
    "PORT": 5433,
    "USER": "ann",
    "PASSWORD": "hunter2",
}


def test_a_wrong_password_is_named_as_such():
    error = OperationalError(
        'connection failed: connection to server at "10.0.0.7", port 5433 failed: '
        'FATAL:  password authentication failed for user "ann"\n'
        'connection to server at "10.0.0.7", port 5433 failed: '
        'FATAL:  password authentication failed for user "ann"'
    )

    assert explanation(error, POSTGRESQL) == (
        "The database rcm at db.example:5433 could not be used as user ann: "
        'password authentication failed for user "ann".'
    )


def test_an_sqlite_file_is_named():
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/rcm.sqlite3"}

    assert explanation(OperationalError("unable to open database file"), database) == (
        "The database file /data/rcm.sqlite3 could not be used: unable to open database file."
    )


def test_an_error_without_words_still_makes_a_sentence():
    assert explanation(OperationalError(), POSTGRESQL).endswith("ann: no reason was given.")


@pytest.mark.django_db
def test_a_database_without_its_tables_says_to_migrate():
    with pytest.raises((OperationalError, ProgrammingError)) as raised, transaction.atomic():
        connection.cursor().execute("SELECT * FROM not_migrated_yet")

    assert explanation(raised.value, POSTGRESQL).endswith(
        "ann: its tables are missing: run `manage.py migrate` first."
    )
