"""What a stranger gets, and what a browser is told."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.views import defaults

pytestmark = pytest.mark.django_db


def test_a_stranger_is_led_to_the_log_in_and_back(client: Client):
    response = client.get("/admin/auth/user/?q=x")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/admin/auth/user/%3Fq%3Dx"


def test_every_address_but_a_few_is_private():
    def patterns(resolver: URLResolver, prefix: str = ""):
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                yield from patterns(entry, f"{prefix}{entry.pattern}")
            elif isinstance(entry, URLPattern):
                yield f"{prefix}{entry.pattern}", entry.callback

    public = {
        address
        for address, view in patterns(get_resolver())
        if not getattr(view, "login_required", True)
    }

    # The admin guards itself: its log-in, and a catch-all that leads there.
    assert {address for address in public if not address.startswith("admin/")} == {
        "healthz",
        "accounts/login/",
    }


def test_a_fragment_for_a_stranger_reloads_the_page_instead(client: Client):
    response = client.get("/admin/password_change/", headers={"HX-Request": "true"})

    assert response["HX-Refresh"] == "true"
    assert response.content == b""


def test_the_content_security_policy_allows_nothing_from_elsewhere_and_nothing_inline(client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_headers_keep_the_page_to_itself(client: Client):
    response = client.get("/accounts/login/")

    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: Client):
    User.objects.create_user("ann", password="a long walk")
    response = client.post("/accounts/login/", {"username": "ann", "password": "a long walk"})

    cookie = response.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_log_in_leads_nowhere_outside(client: Client):
    User.objects.create_user("ann", password="a long walk")
    response = client.post(
        "/accounts/login/?next=https://elsewhere.example/",
        {"username": "ann", "password": "a long walk", "next": "https://elsewhere.example/"},
    )

    assert response["Location"] == "/"


def test_log_out_asks_for_a_post(client: Client):
    client.force_login(User.objects.create_user("ann"))

    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"


def test_a_page_that_is_not_there_says_so_in_our_words(client: Client):
    response = client.get("/no/such/page/")

    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        ("bad_request", 400, "cannot be understood"),
        ("permission_denied", 403, "not open to you"),
        ("page_not_found", 404, "no such page"),
    ],
)
def test_error_pages_repeat_nothing_of_the_request(view, status, words):
    request = RequestFactory().get("/patients/?q=Miller")
    response = getattr(defaults, view)(request, ValueError("Miller"))

    assert response.status_code == status
    assert words in response.content.decode()
    assert "Miller" not in response.content.decode()


def test_the_page_of_a_broken_server_stands_alone():
    response = defaults.server_error(RequestFactory().get("/?q=Miller"))

    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
    assert "static" not in response.content.decode()
