"""What every template knows: the menu."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from analytics.registry import SUBJECT_OF, SUBJECTS


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the main menu."""

    title: str
    url: str
    active: bool


def menu(request: HttpRequest) -> dict[str, Any]:
    """The main menu for people who are logged in; filters travel along."""
    user = getattr(request, "user", None)  # a refused host is answered before anybody is known
    if user is None or not user.is_authenticated:
        return {}
    match = request.resolver_match
    slug = match.kwargs.get("slug", "") if match else ""
    subject = SUBJECT_OF.get(slug)
    in_scope = match is not None and match.app_name == "analytics"
    query = f"?{_filters(request)}" if in_scope and _filters(request) else ""
    return {
        "menu": [
            MenuEntry(
                "Overview",
                reverse("analytics:overview") + query,
                bool(match and match.view_name == "analytics:overview"),
            ),
            *(
                MenuEntry(entry.title, entry.pages[0].url + query, entry is subject)
                for entry in SUBJECTS
            ),
        ]
    }


def _filters(request: HttpRequest) -> str:
    """The query string without what belongs to one table."""
    query = request.GET.copy()
    for name in ("sort", "page", "row", "part", "format"):
        query.pop(name, None)
    return query.urlencode()
