"""Every kind of CSV file in loading order: what others refer to comes first."""

from billing.imports.kinds.activity import ACTIVITY
from billing.imports.kinds.adjustments import ADJUSTMENTS
from billing.imports.kinds.base import Kind
from billing.imports.kinds.claim_lines import CLAIM_LINES
from billing.imports.kinds.claims import CLAIMS
from billing.imports.kinds.denials import DENIALS
from billing.imports.kinds.encounters import ENCOUNTERS, LINE_ITEMS
from billing.imports.kinds.flat import FLAT_CLAIMS
from billing.imports.kinds.parties import PATIENTS, PAYERS, PROVIDERS
from billing.imports.kinds.payments import PAYMENTS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        PAYERS,
        PROVIDERS,
        PATIENTS,
        ENCOUNTERS,
        LINE_ITEMS,
        CLAIMS,
        FLAT_CLAIMS,
        CLAIM_LINES,
        PAYMENTS,
        DENIALS,
        ADJUSTMENTS,
        ACTIVITY,
    )
}

__all__ = ["KINDS", "Kind"]
