"""Denials and their appeals. A denial row states its outcome (KPIS, outcome rule 4)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from billing.adjudication import DUPLICATE, first_remark, stated_denial
from billing.choices import AdjustmentGroup, AppealResult
from billing.imports.columns import Row, amount, choice, day, plain, text
from billing.imports.context import Context, each_row, required
from billing.imports.errors import BadValueError
from billing.imports.events import Events
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan
from billing.imports.values import reason_code
from billing.models import Adjudication, Adjustment, Appeal, Claim

ZERO = Decimal(0)
NOT_APPEALED, OPEN = "not-appealed", "open"
APPEAL_STATUSES = {
    NOT_APPEALED: "Not appealed",
    OPEN: "Open",
    AppealResult.WON: "Won",
    AppealResult.LOST: "Lost",
}
APPEAL_SYNONYMS = {
    "none": NOT_APPEALED,
    "no": NOT_APPEALED,
    "in-progress": OPEN,
    "pending": OPEN,
    "filed": OPEN,
    "appealed": OPEN,
    "approved": AppealResult.WON,
    "overturned": AppealResult.WON,
    "denied": AppealResult.LOST,
    "upheld": AppealResult.LOST,
}
ENDED_ALREADY = "An appeal that the file calls open has ended here already and stays ended."
GROUP_SYNONYMS = {
    "contractual": AdjustmentGroup.CONTRACTUAL,
    "patient": AdjustmentGroup.PATIENT,
    "other": AdjustmentGroup.OTHER,
    "payer": AdjustmentGroup.PAYER,
}
REASON_COLUMNS = (
    choice(
        "group",
        "adjustment group (X12 CAS01); CO unless given",
        dict(AdjustmentGroup.choices),
        synonyms=GROUP_SYNONYMS,
    ),
    text("remark_codes", "remark codes, separated by colons", 60),
)
APPEAL_COLUMNS = (
    choice("appeal_status", "where the appeal stands", APPEAL_STATUSES, synonyms=APPEAL_SYNONYMS),
    day("appeal_filed_on", "when it was filed"),
    day("appeal_ended_on", "when it ended, where known"),
)


def _denials(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    claims = context.claims(row["claim_id"] for row in rows)
    keys = [_key(row) for row in rows]
    events = Events(context, keys, (Adjudication, Appeal))
    remarks = stored_remarks(events, keys)

    def handle(row: Row) -> Change:
        claim = required(claims, row["claim_id"], "claim_id", "claim")
        key = _key(row)
        group, code = row["reason"]
        group = row.get("group") or group or AdjustmentGroup.CONTRACTUAL
        check_appeal(events, key, row, row.get("appeal_status"))
        note_unknown(plan, context, code)
        of_denial = put_denial(
            events,
            key,
            claim,
            group=group,
            code=code,
            amount=row["amount"],
            remark_codes=row.get("remark_codes", remarks.get(key, "")),
            had_remarks=remarks.get(key, ""),
            decided_on=row["denied_on"],
            decided_on_assumed="denied_on" in row.assumed,
            paid=ZERO,
        )
        of_appeal = put_appeal(plan, events, key, claim, row, row.get("appeal_status"))
        return Change.of(of_denial, of_appeal)

    each_row(plan, rows, handle)
    plan.steps.append(events.save)
    return plan


def _key(row: Row) -> str:
    return f"denials:{row['denial_id']}"


def stored_remarks(events: Events, keys: Sequence[str]) -> dict[str, str]:
    """The remark codes stored with each denial, by source key."""
    stored = {found.pk: key for key in keys if (found := events.find(Adjudication, key))}
    rows = Adjustment.objects.filter(adjudication__in=stored).order_by("pk")
    return {stored[pk]: codes for pk, codes in rows.values_list("adjudication", "remark_codes")}


def note_unknown(plan: Plan, context: Context, code: str) -> None:
    """Say that the reason table lacks a code; it counts as a denial in OTHER."""
    if not context.directory.knows_reason(code):
        plan.note(
            f"Reason {code} is not in the reason table: it counts as a denial in OTHER. "
            "Describe it in the admin, or translate it in a profile."
        )


def put_denial(
    events: Events,
    key: str,
    claim: Claim,
    *,
    group: str,
    code: str,
    amount: Decimal,
    remark_codes: str,
    had_remarks: str,
    **wanted: Any,
) -> Change:
    """Post a denial as its row states it, with the one adjustment that explains it."""
    wanted |= {
        "charge": claim.billed,
        "denied_amount": amount,
        "duplicate_amount": amount if code == DUPLICATE else ZERO,
        "main_group": group,
        "main_reason_id": code,
        "main_remark": first_remark(remark_codes),
        "outcome": stated_denial(reason=code, stated_status=claim.stated_status),
        "outcome_stated": True,
    }
    is_forced = remark_codes != had_remarks
    event, change = events.put(Adjudication, key, claim, is_forced=is_forced, **wanted)
    if event is not None:
        events.adjust(
            claim, event, group=group, reason_id=code, amount=amount, remark_codes=remark_codes
        )
    return change


def check_appeal(
    events: Events, key: str, row: Row, status: str | None, default: date | None = None
) -> None:
    """Raise BadValueError where an appeal lacks its date, ends too early, or would vanish.

    `default` is the date of filing where the file has none.
    """
    if status in ("", None, NOT_APPEALED):
        if status is not None and events.find(Appeal, key) is not None:
            raise BadValueError(
                "takes back an appeal that is recorded; end that appeal in the admin instead.",
                "appeal_status",
            )
        return
    filed, ended = row.get("appeal_filed_on") or default, row.get("appeal_ended_on")
    if filed is None:
        raise BadValueError("is blank; an appeal needs the date of its filing.", "appeal_filed_on")
    if ended and ended < filed:
        raise BadValueError("lies before the filing of the appeal.", "appeal_ended_on")


def put_appeal(
    plan: Plan,
    events: Events,
    key: str,
    claim: Claim,
    row: Row,
    status: str | None,
    default: date | None = None,
) -> Change:
    """Post the appeal of a denial, if any; one that has ended is not opened again."""
    stored = events.find(Appeal, key)
    if status in ("", None, NOT_APPEALED):
        if stored is None:
            return Change.UNCHANGED
        said = {name: getattr(stored, name) for name in ("filed_on", "ended_on", "result")}
        return events.put(Appeal, key, claim, **said)[1]  # it goes with its denial
    is_open = status == OPEN
    if is_open and stored is not None and stored.result != AppealResult.OPEN:
        plan.note(ENDED_ALREADY)
        return Change.UNCHANGED
    return events.put(
        Appeal,
        key,
        claim,
        filed_on=row.get("appeal_filed_on") or default,
        ended_on=None if is_open else row.get("appeal_ended_on"),
        result=AppealResult.OPEN if is_open else status,
    )[1]


DENIALS = Kind(
    name="denials",
    title="Denials",
    columns=(
        text("denial_id", "the id of the denial", 100, is_required=True),
        text("claim_id", "a claim already known", 60, is_required=True),
        plain(
            "reason",
            "claim adjustment reason code",
            "`197` or `CO-197`",
            reason_code,
            is_required=True,
        ),
        amount("amount", "the amount denied", is_required=True),
        day("denied_on", "when", is_required=True),
        *REASON_COLUMNS,
        *APPEAL_COLUMNS,
    ),
    marks=("denial_id", "claim_id", "reason", "amount"),
    key=keyed_by("denial_id"),
    key_columns=("denial_id",),
    prepare=_denials,
)
