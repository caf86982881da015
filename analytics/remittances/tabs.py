"""The pages about remittances, as tabs."""

from dataclasses import dataclass

from django.urls import reverse

TABS = {
    "remittances:list": "Remittances",
    "remittances:unmatched": "Unmatched",
    "remittances:unbalanced": "Unbalanced",
    "remittances:unknown-codes": "Unknown codes",
    "remittances:unmapped-departments": "Unmapped departments",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of the subject."""

    label: str
    url: str
    is_on: bool


def tabs(here: str) -> list[Tab]:
    """All pages, the one at hand marked."""
    return [Tab(label, reverse(name), name == here) for name, label in TABS.items()]
