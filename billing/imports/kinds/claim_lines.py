"""The lines of claims: what each claim billed, service by service."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from billing import posting
from billing.imports.columns import Row, amount, day, plain, text
from billing.imports.context import Context, each_row, required
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.kinds.claims import BILLED_FROM_LINES
from billing.imports.kinds.encounters import PROCEDURE_COLUMNS
from billing.imports.plan import Change, Plan, update
from billing.imports.values import whole_number
from billing.models import Claim, ClaimLine

ZERO = Decimal(0)


def _claim_lines(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    claims = context.claims(row["claim_id"] for row in rows)
    lines = ClaimLine.objects.filter(
        claim__in=[claim.pk for claim in claims.values() if claim.pk],
        position__in={row["line_number"] for row in rows},
    )
    stored = {(line.claim_id, line.position): line for line in lines.order_by("pk")}
    touched: set[int] = set()

    def handle(row: Row) -> Change:
        claim = required(claims, row["claim_id"], "claim_id", "claim")
        wanted = row.given(
            modifiers="modifiers", units="units", charge="charge", service_date="service_date"
        )
        if "procedure_code" in row.values:
            wanted["procedure"] = context.directory.procedure(
                row["procedure_code"], row.get("procedure_wording", "")
            )
        line = stored.get((claim.pk, row["line_number"]))
        if line is None:
            wanted |= {"claim": claim, "position": row["line_number"]}
        change = plan.records.put(line, ClaimLine, **wanted)[1]
        if change is not Change.UNCHANGED:
            touched.add(claim.pk)
        return change

    each_row(plan, rows, handle)
    if BILLED_FROM_LINES in context.options:
        plan.steps.append(lambda: _bill(touched))
    return plan


def _bill(claim_ids: Collection[int]) -> None:
    """Let the lines of these claims add up to what they billed."""
    totals: defaultdict[int, Decimal] = defaultdict(Decimal)
    lines = ClaimLine.objects.filter(claim__in=claim_ids).order_by("pk")
    for claim_id, charge in lines.values_list("claim", "charge"):
        totals[claim_id] += charge
    claims = list(Claim.objects.filter(pk__in=claim_ids).order_by("pk"))
    for claim in claims:
        claim.billed = totals[claim.pk]
        if claim.expected_assumed:
            claim.expected = claim.billed
    update(Claim, claims, ("billed", "expected"))
    posting.refresh(claim_ids)


CLAIM_LINES = Kind(
    name="claim_lines",
    title="Claim lines",
    columns=(
        text("claim_id", "a claim already known", 60, is_required=True),
        plain(
            "line_number",
            "the line's number on the claim",
            "whole number",
            whole_number,
            is_required=True,
        ),
        amount("charge", "the charge for all units", is_required=True),
        text("procedure_code", "CPT or HCPCS code; made when missing", 18),
        *PROCEDURE_COLUMNS,
        day("service_date", "day of service"),
    ),
    marks=("claim_id", "line_number", "charge"),
    key=keyed_by("claim_id", "line_number"),
    key_columns=("claim_id", "line_number"),
    prepare=_claim_lines,
    options=frozenset({BILLED_FROM_LINES}),
)
