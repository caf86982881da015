"""Which practice a call means."""

from billing.demo.practice import PRACTICE as DEMO_PRACTICE
from billing.imports.errors import LoadingError
from billing.models import Practice

DEFAULT_NAME = "My practice"


def choose_practice(name: str = "") -> Practice:
    """The practice of that name, or the only one; unsaved where there is none at all yet.

    Raises LoadingError with one sentence that lists the names where the choice is not clear.
    """
    known = list(Practice.objects.order_by("name"))
    if not known:
        return Practice(name=name or DEFAULT_NAME)
    if not name and len(known) == 1:
        if known[0].name == DEMO_PRACTICE:
            raise LoadingError(
                f"This database holds demo data: name an empty one in DATABASE_URL, or say "
                f"--practice '{DEMO_PRACTICE}' to add to it."
            )
        return known[0]
    for practice in known:
        if practice.name == name:
            return practice
    names = ", ".join(practice.name for practice in known)
    if name:
        raise LoadingError(f"There is no practice named {name}; known: {names}.")
    raise LoadingError(f"There are several practices; choose one with --practice: {names}.")
