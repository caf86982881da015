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


# Menu entries beside the subjects: title, address name, permission, where it lies.
LISTS = (
    ("Work queue", "work:queue", "billing.view_claim", "work"),
    ("Claims", "claims:list", "billing.view_claim", "claims"),
    ("Remittances", "remittances:list", "billing.view_remittance", "remittances"),
    ("Patients", "billing:patients", "billing.view_patient", "billing"),
    ("Imports", "imports:list", "billing.view_importbatch", "imports"),
)


def menu(request: HttpRequest) -> dict[str, Any]:
    """The main menu for people who are logged in; filters travel along between KPI pages."""
    user = getattr(request, "user", None)  # a refused host is answered before anybody is known
    if user is None or not user.is_authenticated:
        return {}
    match = request.resolver_match
    place = match.app_name if match else ""
    subject = SUBJECT_OF.get(match.kwargs.get("slug", "")) if match else None
    query = f"?{_filters(request)}" if place == "analytics" and _filters(request) else ""
    overview = reverse("analytics:overview")
    numbers = [
        MenuEntry("Overview", overview + query, request.path == overview),
        *(
            MenuEntry(entry.title, entry.pages[0].url + query, entry is subject)
            for entry in SUBJECTS
        ),
    ]
    return {
        "menu": [
            *(numbers if user.has_perm("billing.view_claim") else ()),
            *(
                MenuEntry(title, reverse(name), place == where)
                for title, name, permission, where in LISTS
                if user.has_perm(permission)
            ),
        ]
    }


def _filters(request: HttpRequest) -> str:
    """The query string without what belongs to one table."""
    query = request.GET.copy()
    for name in ("sort", "page", "row", "part", "format"):
        query.pop(name, None)
    return query.urlencode()
