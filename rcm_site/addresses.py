"""Where a request comes from, and whom it claims to be from."""

from collections.abc import Mapping
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

LONGEST_NAME = 200


def client_address(request: HttpRequest) -> str | None:
    """The visitor's IP address; None where it cannot be told.

    Behind our proxy it is the last part of X-Forwarded-For, which the proxy itself has added: the
    parts before it are whatever the visitor sent.
    """
    stated = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_HTTPS_PROXY:
        stated = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or stated
    return _address(stated) or _address(_without_port(stated))


def client_name(request: HttpRequest, credentials: Mapping[str, str] | None) -> str:
    """The name of a log-in, as far as it fits the column that counts failures."""
    given = credentials if credentials is not None else request.POST
    return (given.get("username") or "")[:LONGEST_NAME]


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _without_port(text: str) -> str:
    """`1.2.3.4` of `1.2.3.4:567`, `::1` of `[::1]:567`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]
