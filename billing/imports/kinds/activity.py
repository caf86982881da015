"""What staff did to claims."""

from collections.abc import Sequence

from billing.choices import StaffAction, StaffRole
from billing.imports.columns import Row, choice, moment, plain, text
from billing.imports.context import Context, each_row, required
from billing.imports.errors import BadValueError
from billing.imports.kinds.base import Kind, keyed_by
from billing.imports.plan import Change, Plan
from billing.imports.values import yes_or_no
from billing.models import Staff, StaffActivity

ACTION_SYNONYMS = {
    "submit": StaffAction.SUBMITTED,
    "correct": StaffAction.CORRECTED,
    "resubmitted": StaffAction.CORRECTED,
    "follow-up": StaffAction.FOLLOWED_UP,
    "called": StaffAction.FOLLOWED_UP,
    "appeal": StaffAction.APPEALED,
    "payment-posted": StaffAction.POSTED_PAYMENT,
    "write-off": StaffAction.WROTE_OFF,
    "review": StaffAction.REVIEWED,
}


def _activity(context: Context, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    claims = context.claims(row.get("claim_id", "") for row in rows)
    keys = [f"activity:{row['activity_id']}" for row in rows]
    stored = {
        activity.source_key: activity
        for activity in StaffActivity.objects.filter(
            practice_id=context.practice.pk, source_key__in=keys
        ).order_by("pk")
    }

    def handle(row: Row) -> Change:
        wanted = row.given(action="action", is_error="is_error", occurred_at="occurred_at")
        if row.get("claim_id"):
            wanted["claim"] = required(claims, row["claim_id"], "claim_id", "claim")
        elif "claim_id" in row.values:
            wanted["claim"] = None
        wanted["staff"] = _staff(context, plan, row)
        key = f"activity:{row['activity_id']}"
        activity = stored.get(key)
        if activity is None:
            wanted |= {"practice": context.practice, "source_key": key}
        return plan.records.put(activity, StaffActivity, **wanted)[1]

    return each_row(plan, rows, handle)


def _staff(context: Context, plan: Plan, row: Row) -> Staff:
    """Who did it, made when missing; name and role are kept up to date."""
    staff = context.directory.staff_named(row.get("staff_id", ""), row.get("staff_name", ""))
    if staff is None:
        raise BadValueError("is blank; say by id or by name who did it.", "staff_id")
    wanted = {
        attribute: value
        for attribute, value in row.given(name="staff_name", role="staff_role").items()
        if value
    }
    plan.records.put(staff, Staff, **wanted)
    return staff


ACTIVITY = Kind(
    name="activity",
    title="Staff activity",
    columns=(
        text("activity_id", "the id of the action", 100, is_required=True),
        text("staff_id", "code of the person; made when missing", 60),
        text("staff_name", "name of the person; stands for the code where there is none", 60),
        choice("staff_role", "what the person does", dict(StaffRole.choices)),
        choice(
            "action",
            "what was done",
            dict(StaffAction.choices),
            synonyms=ACTION_SYNONYMS,
            is_required=True,
        ),
        moment("occurred_at", "when; UTC unless it states its zone", is_required=True),
        text("claim_id", "a claim already known", 60),
        plain("is_error", "whether it was an error", "yes or no", yes_or_no, blank=False),
    ),
    marks=("activity_id", "action", "occurred_at"),
    key=keyed_by("activity_id"),
    key_columns=("activity_id",),
    prepare=_activity,
)
