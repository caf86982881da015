"""The container's own look at the server."""

import io
from urllib.error import URLError

import pytest

from rcm_site import health


class Answer(io.BytesIO):
    status = 200


@pytest.mark.parametrize(
    ("hosts", "named"),
    [
        ("rcm.example,other.example", "rcm.example"),
        (".rcm.example", "rcm.example"),
        ("*", "localhost"),
    ],
)
def test_it_asks_by_a_name_that_the_server_knows(monkeypatch, hosts, named):
    asked = []
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)
    monkeypatch.setenv("BIND", "0.0.0.0:8080")

    def answer(request, timeout):
        asked.append(request)
        return Answer()

    monkeypatch.setattr(health, "urlopen", answer)

    assert health.main() == 0
    assert asked[0].full_url == "http://127.0.0.1:8080/healthz"
    assert asked[0].get_header("Host") == named


def test_a_server_that_does_not_answer_is_unwell(monkeypatch, capsys):
    def refuse(request, timeout):
        raise URLError("connection refused")

    monkeypatch.setattr(health, "urlopen", refuse)

    assert health.main() == 1
    assert "/healthz does not answer" in capsys.readouterr().err
