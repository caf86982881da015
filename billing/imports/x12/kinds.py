"""What a transaction set is: by ST01, then ST03 and GS08, and by nothing else."""

import re
from enum import StrEnum

from billing.imports.x12.envelope import TransactionSet

GUIDE = re.compile(r"X(\d{3})")
OLD = re.compile(r"00[34]\d")


class Kind(StrEnum):
    """The transaction sets that are loaded."""

    REMITTANCE = "835"
    PROFESSIONAL = "837P"
    INSTITUTIONAL = "837I"


# Guide number → what it describes; the last three are the post-adjudicated reporting guides.
GUIDES = {
    "221": Kind.REMITTANCE,
    "091": Kind.REMITTANCE,
    "222": Kind.PROFESSIONAL,
    "098": Kind.PROFESSIONAL,
    "291": Kind.PROFESSIONAL,
    "298": Kind.PROFESSIONAL,
    "223": Kind.INSTITUTIONAL,
    "096": Kind.INSTITUTIONAL,
    "299": Kind.INSTITUTIONAL,
    "224": "837D (dental claim)",
    "097": "837D (dental claim)",
    "300": "837D (dental claim)",
}
NAMES = {
    "270": "eligibility inquiry",
    "271": "eligibility response",
    "276": "claim status request",
    "277": "claim status response",
    "278": "authorization request",
    "820": "premium payment",
    "824": "application advice",
    "834": "benefit enrolment",
    "997": "functional acknowledgment",
    "999": "implementation acknowledgment",
}
LOADED = "only 835, 837P and 837I are loaded"


class RefusedError(Exception):
    """This transaction set is none that is loaded; the message names it."""


def kind_of(found: TransactionSet, warnings: list[str]) -> Kind:
    """The kind of a transaction set; raises RefusedError with its name for any other.

    An old or unnamed version of an 835 is read, with a warning that names it.
    """
    code, guides = found.code, _guides(found)
    if code not in ("835", "837"):
        name = NAMES.get(code)
        title = f"{code} ({name})" if name else repr(code[:10])
        raise RefusedError(f"This is a transaction set {title}: {LOADED}.")
    kind = guides[0][1] if guides else None
    version = found.version or "that is not named"
    if code == "835":
        if kind not in (None, Kind.REMITTANCE):
            raise RefusedError(
                f"ST01 says 835, but {guides[0][0]} is the guide of an {kind}: nothing is loaded."
            )
        if kind is None:
            warnings.append(f"version {version} is not known: read as a 5010 835")
        kind = Kind.REMITTANCE
    elif kind is None:
        raise RefusedError(
            f"The version {version} does not say whether this 837 is professional or "
            f"institutional: {LOADED}."
        )
    elif kind is Kind.REMITTANCE:
        raise RefusedError(
            f"ST01 says 837, but {guides[0][0]} is the guide of an 835: nothing is loaded."
        )
    if not isinstance(kind, Kind):
        raise RefusedError(f"This is a transaction set {kind}: {LOADED}.")
    if len(guides) > 1 and guides[1][1] is not kind:
        warnings.append(f"ST03 {guides[0][0]} and GS08 {guides[1][0]} disagree: ST03 counts")
    if OLD.match(version):
        warnings.append(f"version {version} is older than 005010: read as well as it goes")
    return kind


def _guides(found: TransactionSet) -> list[tuple[str, Kind | str]]:
    """The guides that ST03 and GS08 name, in that order, with what they describe."""
    named = (found.header.get(3), found.group.get(8) if found.group else "")
    numbers = ((text, GUIDE.search(text)) for text in named)
    return [(text, GUIDES[n[1]]) for text, n in numbers if n is not None and n[1] in GUIDES]
