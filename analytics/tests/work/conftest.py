"""The people of the claim pages, at the work queue."""

from analytics.tests.claims.conftest import bea, client, client_of, max_, sue

__all__ = ["bea", "client", "client_of", "max_", "sue"]
