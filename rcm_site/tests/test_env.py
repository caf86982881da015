"""Values from the environment: typed, and missed aloud."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from rcm_site.env import Environment


def refusal(call, *args, **kwargs) -> str:
    """The sentence with which a value is refused."""
    with pytest.raises(ImproperlyConfigured) as refused:
        call(*args, **kwargs)
    return str(refused.value)


def test_a_missing_secret_names_the_variable_and_what_to_do():
    assert refusal(Environment({}).secret, "SECRET_KEY") == (
        "SECRET_KEY is not set: put it in .env or the environment, "
        "or name a file that holds it in SECRET_KEY_FILE."
    )


def test_an_empty_secret_is_a_missing_one():
    assert "SECRET_KEY is not set" in refusal(Environment({"SECRET_KEY": " "}).secret, "SECRET_KEY")


def test_a_secret_comes_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("from a file\n")

    assert Environment({"SECRET_KEY_FILE": str(file)}).secret("SECRET_KEY") == "from a file"


def test_a_secret_set_twice_is_refused(tmp_path):
    values = {"SECRET_KEY": "a", "SECRET_KEY_FILE": str(tmp_path / "key")}

    assert "both set" in refusal(Environment(values).secret, "SECRET_KEY")


def test_an_unreadable_secret_file_is_named(tmp_path):
    values = {"SECRET_KEY_FILE": str(tmp_path / "nowhere")}

    assert str(tmp_path / "nowhere") in refusal(Environment(values).secret, "SECRET_KEY")


def test_an_empty_secret_file_is_named(tmp_path):
    file = tmp_path / "key"
    file.write_text("\n")

    assert "is empty" in refusal(Environment({"SECRET_KEY_FILE": str(file)}).secret, "SECRET_KEY")


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("Yes", True), ("1", True), ("FALSE", False), ("off", False), ("0", False)],
)
def test_a_flag_is_read_in_the_usual_spellings(text, value):
    assert Environment({"DEBUG": text}).flag("DEBUG", default=not value) is value


def test_an_empty_flag_is_the_default():
    assert Environment({"DEBUG": ""}).flag("DEBUG", default=True) is True


def test_a_flag_that_is_neither_is_refused():
    assert refusal(Environment({"DEBUG": "maybe"}).flag, "DEBUG", default=False) == (
        "DEBUG is neither true nor false: set it to true or false."
    )


@pytest.mark.parametrize("text", ["-1", "1.5", "a year"])
def test_a_number_that_is_none_is_refused(text):
    assert "N is not a whole number" in refusal(Environment({"N": text}).number, "N", default=1)


def test_names_are_parted_at_commas():
    assert Environment({"ALLOWED_HOSTS": "a.example, b.example,"}).names("ALLOWED_HOSTS") == [
        "a.example",
        "b.example",
    ]


def test_sqlite_waits_for_locks_and_lets_people_read_during_an_import():
    database = Environment({}).database("DATABASE_URL", default="sqlite:////data/a.sqlite3")

    assert database["NAME"] == "/data/a.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_postgresql_keeps_healthy_connections():
    url = "postgres://ann:p%40ss%2Fword@db.example:5433/rcm"
    database = Environment({"DATABASE_URL": url}).database("DATABASE_URL", default="")

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("ann", "p@ss/word")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "rcm")
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["CONN_MAX_AGE"] > 0


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "mysql://ann:hunter2@db/rcm",
        "postgres://ann:hunter2@db",
        "postgres://ann:hunter2@db/",
        "postgres://ann:hunter2@db:port/rcm",
        "postgres://ann:hunter2@[db/rcm",
    ],
)
def test_a_bad_database_address_is_refused_without_its_password(url):
    sentence = refusal(Environment({"DATABASE_URL": url}).database, "DATABASE_URL", default="")

    assert sentence.startswith("DATABASE_URL ")
    assert "hunter2" not in sentence
