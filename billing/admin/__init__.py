"""Entry and correction of records, fit for millions of rows.

Events (decisions, payments, write-offs, appeals, status changes, notes) are entered through
`billing.posting` and read-only afterwards; a correction is a new event.
"""

from billing.admin import access, claims, encounters, events, loads, parties, reasons

__all__ = ["access", "claims", "encounters", "events", "loads", "parties", "reasons"]
