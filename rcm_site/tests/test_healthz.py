"""/healthz, for whoever watches over the server."""

import logging

import pytest
from django.db import OperationalError
from django.test import Client

from rcm_site import views


@pytest.mark.django_db
def test_it_answers_ok_without_a_log_in(client: Client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


def test_it_answers_503_and_logs_one_sentence_when_the_database_does_not(
    client: Client, monkeypatch, caplog
):
    class DeadConnection:
        settings_dict = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "rcm",
            "HOST": "db",
            "PORT": "",
            "USER": "app",
            "PASSWORD": "hidden",
        }

        def cursor(self):
            raise OperationalError("connection refused")

    monkeypatch.setattr(views, "connection", DeadConnection())
    with caplog.at_level(logging.ERROR, logger="rcm_site.views"):
        response = client.get("/healthz")

    assert response.status_code == 503
    assert b"hidden" not in response.content
    assert caplog.messages[0] == (
        "The database rcm at db:5432 could not be used as user app: connection refused."
    )
