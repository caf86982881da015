"""The log-in of a demonstration."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


def test_it_makes_the_user_that_the_environment_names(settings, monkeypatch, capsys):
    settings.DEBUG = True
    monkeypatch.setenv("DEMO_USER", "ann")
    monkeypatch.setenv("DEMO_PASSWORD", "walk")
    call_command("ensure_demo_user")

    user = User.objects.get(username="ann")
    assert user.check_password("walk")
    assert user.is_staff
    assert user.is_superuser
    assert "Log in as ann with the password walk" in capsys.readouterr().out


def test_a_second_run_keeps_the_open_sessions(settings):
    settings.DEBUG = True
    call_command("ensure_demo_user")
    before = User.objects.get(username="demo").password
    call_command("ensure_demo_user")

    assert User.objects.get(username="demo").password == before


def test_it_is_refused_in_production_unless_forced(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("ensure_demo_user")
    assert not User.objects.exists()

    call_command("ensure_demo_user", force=True)
    assert User.objects.filter(username="demo").exists()
