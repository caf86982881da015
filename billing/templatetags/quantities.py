"""How amounts of service read."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def quantity(value: Decimal) -> str:
    """Units without idle zeros: 1, 2.5, 1,000."""
    return f"{value.normalize():,f}"
