"""Private by default, and every change is somebody's."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import middleware
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh

from billing import audit
from rcm_site.addresses import client_address
from rcm_site.sessions import SessionStore


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Sends strangers to the log-in page.

    htmx would put that page in the place of the fragment it asked for, so it is told to load the
    whole page again instead, which then leads to the log-in and back.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        refusal = super().process_view(request, view_func, view_args, view_kwargs)
        if refusal is not None and getattr(request, "htmx", False):
            return HttpResponseClientRefresh()
        return refusal


class IdleMiddleware:
    """Lets the session of whoever does nothing for SESSION_COOKIE_AGE seconds end.

    What a page asks for by itself (`hx-trigger="every 2s"`) says so in the header X-Background, and
    is nobody's doing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        session = request.session
        if (
            isinstance(session, SessionStore)
            and request.user.is_authenticated
            and "X-Background" not in request.headers
        ):
            session.prolong()
        return self.get_response(request)


class AuditMiddleware:
    """Tells the audit trail who asks, and from where."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with audit.acting(request.user, client_address(request)):
            return self.get_response(request)
