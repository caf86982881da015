"""`manage.py import_csv`: arguments in, report and exit status out."""

import io
import json

import pytest
from django.core.management import call_command

from billing.models import Claim, Practice
from billing.tests.imports.conftest import FLAT, PATIENTS

pytestmark = pytest.mark.django_db
ROW = "C1,Aetna,100.00,2026-01-10,Paid,2026-02-01,80.00,\n"
BAD = "C2,Aetna,-1.00,2026-01-10,Paid,2026-02-01,80.00,\n"


@pytest.fixture
def run(write):
    """Runs the command on a text; gives exit status, output and errors."""

    def command(content: str, *arguments: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("import_csv", str(write(content)), *arguments, stdout=out, stderr=err)
        return int(str(ended.value.code)), out.getvalue(), err.getvalue()

    return command


def test_the_report_names_file_line_field_and_reason(run):
    status, out, err = run(FLAT + ROW + BAD)

    assert status == 1
    assert "file.csv (flat_claims): 2 read, 1 created, 0 updated, 0 unchanged, 1 rejected" in out
    assert "  file.csv, line 3, billed: is below zero, which it cannot be." in out
    assert "In all, for My practice: 2 read, 1 created" in out
    assert err == ""


def test_exit_status_says_how_much_was_loaded(run):
    assert run(FLAT + ROW)[0] == 0
    assert run(FLAT + ROW)[0] == 0
    assert run(FLAT + ROW + BAD)[0] == 1
    assert run(FLAT + BAD)[0] == 2
    assert run(FLAT)[0] == 2
    assert run("what,is,this\n1,2,3\n")[0] == 2


def test_json_has_totals_and_one_entry_for_each_file(run):
    status, out, _ = run(FLAT + ROW + BAD, "--format", "json")

    found = json.loads(out)
    assert found["status"] == status == 1
    assert {name: found[name] for name in ("read", "created", "updated", "unchanged")} == {
        "read": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
    }
    assert (found["rejected"], found["warnings"]) == (1, 1)
    (file,) = found["files"]
    assert file["kind"] == "flat_claims"
    assert file["rejections"] == [
        {"line": 3, "field": "billed", "reason": "is below zero, which it cannot be."}
    ]
    assert file["notes"][0]["count"] == 1


def test_a_refused_file_is_told_in_text_and_json(run):
    assert "file.csv: refused. file.csv is of no known kind" in run("a,b\n1,2\n")[1]
    refused = json.loads(run("a,b\n1,2\n", "--format", "json")[1])["files"][0]
    assert (refused["kind"], refused["read"]) == (None, 0)
    assert "no known kind" in refused["refused"]


def test_dry_and_strict_runs_say_that_nothing_was_written(run):
    assert "Dry run: nothing was written" in run(FLAT + ROW, "--dry-run")[1]
    assert "Strict: nothing was loaded" in run(FLAT + ROW + BAD, "--strict")[1]
    assert not Claim.objects.exists()


def test_the_first_practice_is_made_by_name(run):
    run(FLAT + ROW, "--practice", "Harbor Clinic")

    assert Practice.objects.get().name == "Harbor Clinic"


def test_one_practice_is_the_default_and_several_must_be_chosen_from(run):
    harbor = Practice.objects.create(name="Harbor")
    assert run(FLAT + ROW)[0] == 0
    assert Claim.objects.get().practice == harbor

    Practice.objects.create(name="Hill")
    status, out, err = run(FLAT + ROW)
    assert (status, out) == (2, "")
    assert err.strip() == ("There are several practices; choose one with --practice: Harbor, Hill.")
    assert run(FLAT + ROW, "--practice", "Hill")[0] == 0
    status, _, err = run(FLAT + ROW, "--practice", "Lake")
    assert status == 2
    assert err.strip() == "There is no practice named Lake; known: Harbor, Hill."


def test_a_practice_is_not_made_for_files_that_are_refused(run):
    run("a,b\n1,2\n")

    assert not Practice.objects.exists()


def test_an_unknown_profile_is_told_with_those_there_are(run):
    status, _, err = run(FLAT + ROW, "--profile", "nonesuch")

    assert status == 2
    assert "There is no profile 'nonesuch'" in err
    assert "denial-history, open-claims, rcm-export, synthea" in err


def test_many_rejections_are_counted_and_the_first_ones_shown(run):
    out = run(FLAT + ROW + "".join(BAD.replace("C2", f"B{n}") for n in range(30)))[1]

    assert out.count("is below zero") == 10
    assert "and 20 more" in out


def test_patients_are_never_printed(run):
    out = run(PATIENTS.replace("1980-02-03", "1980-02-31"))[1]

    assert "birth_date: is not a date" in out
    assert "Reyes" not in out
    assert "1980" not in out
