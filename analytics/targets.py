"""Targets: the team's own where it set one, else the default with its source."""

from analytics.models import KpiTarget
from analytics.page import KpiPage, Target


def targets_of(*pages: KpiPage) -> dict[str, Target | None]:
    """The target of each page by slug, in one query."""
    own = {
        target.slug: Target(target.value, target.source or "set by your team")
        for target in KpiTarget.objects.filter(slug__in=[page.slug for page in pages])
    }
    return {page.slug: own.get(page.slug, page.default_target) for page in pages}
