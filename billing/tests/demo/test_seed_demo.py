"""`manage.py seed_demo` says what it does and never mixes demo data into real records."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, reset_queries

from billing.models import Claim, Practice
from billing.tests.builders import make_claim

pytestmark = pytest.mark.django_db


def run(*args: str) -> str:
    out = StringIO()
    call_command("seed_demo", *args, stdout=out)
    return out.getvalue()


def test_an_empty_database_is_filled():
    said = run("--claims", "30", "--seed", "5", "--today", "2026-11-21")

    assert said.startswith("Added 30 claims of an invented practice in ")
    assert Claim.objects.count() == 30


def test_records_are_never_mixed_with_demo_data():
    make_claim()

    with pytest.raises(CommandError, match="never mixed"):
        run("--claims", "30")

    assert Claim.objects.count() == 1


def test_a_practice_without_claims_counts_as_records_too():
    Practice.objects.create(name="Harbor Clinic")

    with pytest.raises(CommandError, match="never mixed"):
        run("--claims", "30")


def test_if_empty_leaves_records_alone_and_says_so():
    make_claim()

    assert "no demo data was added" in run("--claims", "30", "--if-empty")
    assert Claim.objects.count() == 1


def test_if_empty_fills_an_empty_database():
    run("--claims", "30", "--if-empty")

    assert Claim.objects.count() == 30


@pytest.mark.parametrize("claims", ["0", "-1", "many", "1.5"])
def test_a_senseless_number_of_claims_is_refused(claims):
    with pytest.raises(CommandError, match="is not a number of claims"):
        run(f"--claims={claims}")


def test_a_senseless_day_is_refused():
    with pytest.raises(CommandError, match="is not a date"):
        run("--today", "yesterday")


def test_the_log_shows_no_progress_bar_where_there_is_no_terminal(capsys):
    run("--claims", "30")

    assert capsys.readouterr().err == ""


def test_a_failure_leaves_nothing_behind(monkeypatch):
    def fail(*args: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr("billing.demo.seeding._save", fail)
    with pytest.raises(RuntimeError):
        run("--claims", "30")

    assert not Practice.objects.exists()


def test_no_sql_is_kept_in_memory_while_debugging(settings):
    settings.DEBUG = True
    reset_queries()
    run("--claims", "30")

    assert not [query for query in connection.queries if "INSERT INTO" in query["sql"]]
    Practice.objects.count()
    assert connection.queries, "afterwards queries are logged again"
