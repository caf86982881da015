"""Pages that belong to the site rather than to an app."""

import logging
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rcm_site.database import explanation

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Tell a container or load balancer whether the database answers: 200 "ok", else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.error(explanation(error, connection.settings_dict))
        return HttpResponse("the database does not answer", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def locked_out(request: HttpRequest, response: object, credentials: object) -> HttpResponse:
    """Answer 429 to whoever failed to log in too often; says the same whether the name exists."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    answer = render(request, "registration/locked_out.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer


class PasswordChange(auth.PasswordChangeView):
    """A person's own password; the other sessions of the same person end."""

    template_name = "registration/change_password.html"
    success_url = reverse_lazy("analytics:overview")

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the new password and say so."""
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)
