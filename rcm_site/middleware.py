"""Private by default, for whole pages and for the fragments that htmx asks for."""

from collections.abc import Callable

from django.contrib.auth import middleware
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import HttpResponseClientRefresh


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Sends strangers to the log-in page.

    htmx would put that page in the place of the fragment it asked for, so it is told to load the
    whole page again instead, which then leads to the log-in and back.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if getattr(request, "htmx", False):
            return HttpResponseClientRefresh()
        return super().handle_no_permission(request, view_func)
