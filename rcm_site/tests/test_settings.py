"""The settings and manage.py as a whole, in processes of their own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
KEY = "a-key-for-tests-only-" + "0123456789abcdef" * 3


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with nothing but these variables and no .env."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_missing_secret_key_is_said_in_one_sentence():
    done = manage("check")

    assert done.returncode == 2
    assert done.stderr == (
        "SECRET_KEY is not set: put it in .env or the environment, "
        "or name a file that holds it in SECRET_KEY_FILE.\n"
    )


def test_the_secret_key_may_come_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(KEY)

    assert manage("check", SECRET_KEY_FILE=str(file)).returncode == 0


def test_an_env_file_fills_what_the_environment_leaves_unset(tmp_path):
    file = tmp_path / "env"
    file.write_text(f"SECRET_KEY={KEY}\nDEBUG=maybe\n")

    assert "DEBUG is neither" in manage("check", ENV_FILE=str(file)).stderr
    assert manage("check", ENV_FILE=str(file), DEBUG="true").returncode == 0


def test_a_bad_database_address_is_said_in_one_sentence():
    done = manage("check", SECRET_KEY=KEY, DATABASE_URL="oracle://a:hunter2@b/c")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr


def test_production_settings_pass_the_deployment_checks():
    done = manage(
        "check",
        "--deploy",
        "--fail-level=WARNING",
        SECRET_KEY=KEY,
        ALLOWED_HOSTS="rcm.example",
        DATABASE_URL="sqlite:////tmp/never-opened.sqlite3",
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_database_that_is_not_there_is_said_in_one_sentence():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]  # bound, but nobody listens
        url = f"postgres://ann:hunter2@127.0.0.1:{port}/rcm"
        done = manage("migrate", SECRET_KEY=KEY, DATABASE_URL=url)

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"The database rcm at 127.0.0.1:{port} could not be used as user ann" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_refused_log_in_is_said_in_one_sentence():
    server = os.environ.get("TEST_DATABASE_URL", "")
    if not server.startswith("postgres"):
        pytest.skip("needs PostgreSQL")
    host = server.rpartition("@")[2]
    done = manage("migrate", SECRET_KEY=KEY, DATABASE_URL=f"postgres://nobody-here:hunter2@{host}")

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "as user nobody-here: " in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
