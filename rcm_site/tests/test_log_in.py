"""Log-in, how it is held off, how it ends, and what a password must be."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone

from rcm_site.addresses import client_address

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the sea"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD)


@pytest.fixture
def throttled(settings):
    settings.AXES_ENABLED = True


def log_in(name="ann", password=PASSWORD, address=HERE, path="/accounts/login/", client=None):
    return (client or Client()).post(
        path, {"username": name, "password": password}, REMOTE_ADDR=address
    )


def fail(times: int, **who) -> list[int]:
    return [log_in(**{"password": "wrong", **who}).status_code for _ in range(times)]


# Held off


def test_five_failures_hold_a_name_off_at_that_address(throttled, ann):
    assert fail(5) == [200, 200, 200, 200, 429]
    assert log_in().status_code == 429


def test_the_answer_is_friendly_and_says_when_to_come_back(throttled, ann):
    fail(5)
    response = log_in()

    assert response["Retry-After"] == "900"
    assert "Wait 15 minutes" in response.content.decode()
    assert not re.search(r"\bann\b", response.content.decode())
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_name_that_does_not_exist_is_answered_just_the_same(throttled, ann):
    known, unknown = fail(6), fail(6, name="nobody")

    assert known == unknown
    pages = [log_in(name=name, password="wrong").content for name in ("ann", "nobody")]
    assert pages[0] == pages[1]


def test_the_same_name_elsewhere_and_another_name_here_still_get_in(throttled, ann):
    User.objects.create_user("bea", password=PASSWORD)
    fail(6)

    assert log_in(address=ELSEWHERE).status_code == 302
    assert log_in(name="bea").status_code == 302


def test_the_admins_log_in_is_held_off_too(throttled, ann):
    assert fail(5, path="/admin/login/")[-1] == 429
    assert log_in().status_code == 429


def test_after_a_while_the_name_gets_in_again(throttled, ann):
    fail(5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert log_in().status_code == 302


def test_knocking_meanwhile_does_not_prolong_the_wait(throttled, ann):
    fail(5)
    began = AccessAttempt.objects.get().attempt_time
    fail(3)

    assert AccessAttempt.objects.get().attempt_time == began
    assert AccessAttempt.objects.get().failures_since_start == 5


def test_a_log_in_clears_the_failures(throttled, ann):
    fail(4)
    log_in()

    assert fail(4) == [200, 200, 200, 200]


def test_neither_password_nor_name_nor_token_is_kept_of_a_failure(throttled, ann):
    log_in(password="my secret slip")
    attempt = AccessAttempt.objects.get()

    assert "secret" not in attempt.post_data
    assert "ann" not in attempt.post_data


def test_an_administrator_unlocks_a_name(throttled, ann, admin_client):
    fail(5)
    key = AccessAttempt.objects.get().pk
    admin_client.post(f"/admin/axes/accessattempt/{key}/delete/", {"post": "yes"})

    assert log_in().status_code == 302


@pytest.mark.parametrize("name", ["x" * 5_000, "nul\0", "", "Ä" * 150])
def test_absurd_names_are_answered(throttled, name):
    assert log_in(name=name).status_code == 200


# Where a visitor is


@pytest.mark.parametrize(
    ("behind", "remote", "forwarded", "address"),
    [
        (False, HERE, "", HERE),
        (False, HERE, ELSEWHERE, HERE),
        (True, "10.0.0.1", ELSEWHERE, ELSEWHERE),
        (True, "10.0.0.1", f"1.2.3.4, {ELSEWHERE}", ELSEWHERE),
        (True, "10.0.0.1", f"{ELSEWHERE}:4711", ELSEWHERE),
        (True, "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        (True, "10.0.0.1", "", "10.0.0.1"),
        (True, "10.0.0.1", "rubbish", None),
        (False, "", "", None),
    ],
)
def test_only_the_proxys_own_word_is_taken(behind, remote, forwarded, address, settings):
    settings.BEHIND_HTTPS_PROXY = behind
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    if forwarded:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded

    assert client_address(request) == address


# Idle


def age_session(minutes: int) -> None:
    """Let the only session have been stored so many minutes ago."""
    Session.objects.update(
        expire_date=Session.objects.get().expire_date - timedelta(minutes=minutes)
    )


def test_whoever_does_nothing_for_half_an_hour_logs_in_again_and_comes_back(client, ann):
    client.force_login(ann)
    client.get("/accounts/password/")
    age_session(31)
    response = client.get("/accounts/password/")

    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/accounts/password/"


def test_whoever_works_stays_in(client, ann):
    client.force_login(ann)
    for _ in range(4):
        assert client.get("/accounts/password/").status_code == 200
        age_session(20)


def test_what_a_page_asks_for_by_itself_keeps_nobody_in(client, ann):
    client.force_login(ann)
    client.get("/accounts/password/")
    for _ in range(2):
        age_session(16)
        response = client.get("/accounts/password/", headers={"X-Background": "true"})

    assert response.status_code == 302


def test_the_session_is_stored_at_most_once_a_minute(client, ann):
    client.force_login(ann)
    client.get("/accounts/password/")
    stored = Session.objects.get().expire_date
    client.get("/accounts/password/")
    assert Session.objects.get().expire_date == stored

    age_session(2)
    client.get("/accounts/password/")
    assert Session.objects.get().expire_date >= stored


def test_the_minutes_come_from_the_environment(settings):
    assert settings.SESSION_COOKIE_AGE == 30 * 60


# Passwords


@pytest.mark.parametrize(
    "password", ["short walk", "123456789012345", "annabelle-lee-12", "annabelle-lee-1"]
)
def test_weak_passwords_are_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, User(username="annabelle-lee-1"))


def test_a_long_password_is_welcome():
    validate_password(PASSWORD)


def test_a_person_changes_their_own_password(client, ann):
    ann.groups.add(Group.objects.get(name="Managers"))
    client.force_login(ann)
    new = "another walk, in the rain"
    response = client.post(
        "/accounts/password/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
        follow=True,
    )

    assert "Your password is changed" in response.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(new)


def test_a_weak_new_password_is_refused_in_words(client, ann):
    client.force_login(ann)
    response = client.post(
        "/accounts/password/",
        {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"},
    )

    assert "at least 12 characters" in response.content.decode()


def test_the_way_to_the_password_is_in_the_menu(client, ann):
    client.force_login(ann)

    assert 'href="/accounts/password/"' in client.get("/accounts/password/").content.decode()


def test_the_demo_user_still_gets_in_with_a_short_password(throttled, monkeypatch, settings):
    settings.DEBUG = True
    monkeypatch.delenv("DEMO_USER", raising=False)
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    call_command("ensure_demo_user")

    assert log_in(name="demo", password="demo").status_code == 302
