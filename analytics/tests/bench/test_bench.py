"""`manage.py bench` from end to end, in a process and a database of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from analytics.bench.remittance import write_file
from analytics.bench.throwaway import throwaway_database
from analytics.registry import PAGES
from billing.models import Payer
from billing.tests.outgoing.oracle import faults


def bench(*options, command="bench"):
    """The command as a person starts it, on the database of this test run."""
    return subprocess.run(
        [sys.executable, "manage.py", command, *options],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "rcm_site.tests.settings"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_the_bench_prints_every_page_the_eight_questions_and_their_ratios():
    done = bench("--claims", "200", "--runs", "1")

    assert done.returncode == 0, done.stderr
    assert "200 claims on" in done.stdout
    for slug in PAGES:
        assert slug in done.stdout
    for question in ("Denial rate by payer", "Weekly trend", "A/R days", "Aging", "Workload"):
        assert question in done.stdout
    for ratio in ("Overview, last 90 days ÷ all eight", "aging, all time ÷ Aging"):
        assert ratio in done.stdout


@pytest.mark.slow
def test_the_bench_of_a_remittance_prints_each_stage_beside_other_readers():
    done = bench("--claims", "150", command="bench_x12")

    assert done.returncode == 0, done.stderr
    assert "150 claims, 2," in done.stdout
    for name in ("Reading", "Checking", "Posting", "pyx12 reads", "A bare split", "÷ split"):
        assert name in done.stdout


def test_the_remittance_of_the_bench_is_a_valid_one(tmp_path):
    write_file(tmp_path / "bench.835", 20)

    assert faults(tmp_path / "bench.835") == []


def test_the_bench_refuses_what_is_no_number():
    done = bench("--claims", "many")

    assert done.returncode == 2
    assert "'many' is not a number" in done.stderr


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_throwaway_database_is_another_one_and_gone_afterwards():
    chosen = connection.settings_dict["NAME"]
    with throwaway_database(keep=False) as name:
        assert connection.settings_dict["NAME"] == name != chosen
        Payer.objects.create(name="Only here")

    assert connection.settings_dict["NAME"] == chosen
    assert not Payer.objects.exists()
    with throwaway_database(keep=False):
        assert not Payer.objects.exists()
