"""KPIS.md once more, as slow and plain as can be: loops over rows, no SQL beyond reading them.

`Books` reads every claim with its events; `Books.stand` says how each stood at the end of a day;
`EXPECTED` holds, by slug, what a page must show. It shares no code with the projection, the scope
or the KPIs, so that an error has to be made twice to go unseen.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, sqrt
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from billing.models import (
    Adjudication,
    Adjustment,
    Appeal,
    Claim,
    ContractLimits,
    ContractualAdjustment,
    LineItem,
    PatientPayment,
    ReasonCode,
    StaffActivity,
    StatusChange,
    WriteOff,
)

ZERO = Decimal(0)
DENIALS = ("denied", "partially-denied")
NO_DECISION = ("pended", "forwarded")
OPEN = ("pending", "denied", "appealed")
BANDS = ("0-30", "31-60", "61-90", "91-120", "over 120", "no service date")


@dataclass
class Stand:
    """One claim as it stood at the end of a day."""

    claim: Claim
    payer: str
    kind: str
    department: str
    provider: str
    practice: str
    procedures: set[str]
    charge_entered_on: date | None
    payments: list[tuple[date, Decimal]]
    status: str = ""
    balance: Decimal = ZERO
    paid: Decimal = ZERO
    paid_known: bool = True
    patient_paid: Decimal = ZERO
    patient_share: Decimal = ZERO
    contractual: Decimal = ZERO
    written_off: Decimal = ZERO
    decided_on: date | None = None
    outcome: str = ""
    denied: Decimal = ZERO
    reason: str = ""
    reason_in_full: str = ""
    non_covered: bool = False
    reduced: bool = False
    denied_on: date | None = None
    days_to_decision: int | None = None
    first_paid_on: date | None = None
    days_to_pay: int | None = None
    overturned_on: date | None = None
    given_up_on: date | None = None
    appeals: list[tuple[bool, date, bool]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN and self.balance > 0


class Books:
    """All claims and their events, read row by row."""

    def __init__(self) -> None:
        self.claims = list(
            Claim.objects.select_related("payer", "department", "provider", "practice", "assignee")
        )
        self.actions = list(StaffActivity.objects.select_related("staff", "practice"))
        self.decisions = self._of(Adjudication)
        self.patient_payments = self._of(PatientPayment)
        self.reductions = self._of(ContractualAdjustment)
        self.write_offs = self._of(WriteOff)
        self.appeals = self._of(Appeal)
        self.changes = self._of(StatusChange)
        self.items: defaultdict[Any, list[LineItem]] = defaultdict(list)
        for item in LineItem.objects.all():
            self.items[item.encounter_id].append(item)
        self.duplicates: defaultdict[int, Decimal] = defaultdict(Decimal)
        for cut in Adjustment.objects.filter(reason="18").exclude(group__in=("PR", "CR")):
            self.duplicates[cut.adjudication_id] += cut.amount
        self.contracts = {(c.practice_id, c.payer_id): c for c in ContractLimits.objects.all()}
        self.categories = dict(ReasonCode.objects.values_list("code", "category_id"))

    def _of(self, kind: Any) -> defaultdict[int, list[Any]]:
        replaced = {row.replaces_id for row in kind.objects.all()}
        found: defaultdict[int, list[Any]] = defaultdict(list)
        for row in kind.objects.order_by("pk"):
            if row.pk not in replaced and row.claim_id is not None:
                found[row.claim_id].append(row)
        return found

    @cache  # noqa: B019 - one for each test module
    def stand(self, day: date) -> list[Stand]:
        """The claims that existed on a day."""
        return [self._stand(claim, day) for claim in self.claims if self._exists(claim, day)]

    def _exists(self, claim: Claim, day: date) -> bool:
        if claim.submitted_on is not None:
            return claim.submitted_on <= day
        events = [
            *(e.decided_on for e in self.decisions[claim.pk]),
            *(e.paid_on for e in self.patient_payments[claim.pk]),
            *(e.adjusted_on for e in self.reductions[claim.pk]),
            *(e.written_off_on for e in self.write_offs[claim.pk]),
            *(e.filed_on for e in self.appeals[claim.pk]),
            *(e.changed_on for e in self.changes[claim.pk]),
        ]
        return not events or min(events) <= day

    def _stand(self, claim: Claim, day: date) -> Stand:
        said = [d for d in self.decisions[claim.pk] if d.decided_on <= day]
        standing = standing_decisions(said)
        items = self.items[claim.encounter_id]
        entered = [item.entered_on for item in items if item.entered_on]
        now = Stand(
            claim=claim,
            payer=claim.payer.name,
            kind=claim.payer.kind,
            department=claim.department.name if claim.department else "",
            provider=claim.provider.name if claim.provider else "",
            practice=claim.practice.name,
            procedures={item.procedure_id for item in items},
            charge_entered_on=max(entered) if entered else None,
            payments=[
                (d.decided_on, d.paid) for d in said if d.paid and d.outcome != "predetermination"
            ],
        )
        self._amounts(now, standing, day)
        self._decision(now, standing)
        self._appeals(now, day)
        self._end(now, standing, day)
        return now

    def _amounts(self, now: Stand, standing: list[Any], day: date) -> None:
        key = now.claim.pk
        now.paid = sum((d.paid for d in standing if d.paid is not None), ZERO)
        now.paid_known = None not in [d.paid for d in standing]
        now.patient_paid = sum(
            (p.amount for p in self.patient_payments[key] if p.paid_on <= day), ZERO
        )
        stated = sum((d.patient_responsibility for d in standing), ZERO)
        now.patient_share = max(stated, now.patient_paid)
        now.contractual = sum((d.contractual for d in standing), ZERO)
        now.contractual += sum(
            (r.amount for r in self.reductions[key] if r.adjusted_on <= day), ZERO
        )
        now.written_off = sum(
            (w.amount for w in self.write_offs[key] if w.written_off_on <= day), ZERO
        )

    def _decision(self, now: Stand, standing: list[Any]) -> None:
        deciding = [d for d in standing if d.outcome not in NO_DECISION]
        stated = [d for d in deciding if d.outcome_stated]
        sent = now.claim.submitted_on
        if deciding:
            first = (stated or deciding)[0]
            now.decided_on, now.outcome = first.decided_on, first.outcome
            now.denied, now.reason = first.denied_amount, first.main_reason_id or ""
            if now.reason:
                coded = "-".join(part for part in (first.main_group, now.reason) if part)
                now.reason_in_full = f"{coded} {first.main_remark}".strip()
            now.non_covered = first.is_patient_non_covered is True
            now.reduced = first.is_reduced is True
            if sent and not first.decided_on_assumed and first.decided_on >= sent:
                now.days_to_decision = (first.decided_on - sent).days
        paying = [d for d in standing if d.paid is not None and d.paid > 0]
        if paying:
            now.first_paid_on = paying[0].decided_on
            if sent and not paying[0].decided_on_assumed and now.first_paid_on >= sent:
                now.days_to_pay = (now.first_paid_on - sent).days

    def _appeals(self, now: Stand, day: date) -> None:
        paid_on = sorted(
            d.decided_on
            for d in standing_decisions(self.decisions[now.claim.pk])
            if d.paid is not None and d.paid > 0
        )
        self_open = False
        for appeal in self.appeals[now.claim.pk]:
            if appeal.filed_on > day:
                continue
            ended_on = appeal.ended_on
            if appeal.result == "won":
                ended_on = next((d for d in paid_on if d >= appeal.filed_on), ended_on)
            counted_on = ended_on or appeal.filed_on
            if appeal.result and counted_on <= day:
                now.appeals.append((appeal.result == "won", counted_on, ended_on is None))
            else:
                self_open = True
        now.status = "appealed" if self_open else ""

    def _end(self, now: Stand, standing: list[Any], day: date) -> None:
        """Standing denied, balance and status; how a denial ended."""
        deciding = [d for d in standing if d.outcome not in NO_DECISION]
        paying = [d for d in standing if d.paid is not None and d.paid > 0]
        denied = ZERO
        for d in deciding:
            settled = (d.paid or ZERO) + d.patient_responsibility + d.contractual
            denied = max(ZERO, denied - max(ZERO, settled))
            if d.outcome != "duplicate":
                denied += d.denied_amount - self.duplicates[d.pk]
        if paying and any(won for won, _, _ in now.appeals):
            denied = ZERO
        owed = denied if deciding else now.claim.expected
        balance = max(ZERO, owed - now.written_off)
        now.status = self._status(now, deciding, owed, balance, day)
        now.balance = balance if now.status in OPEN else ZERO
        denials = [d for d in deciding if d.outcome in DENIALS]
        if not denials:
            return
        first = denials[0]
        stated = [d for d in deciding if d.outcome_stated]
        if stated and stated[0].outcome in DENIALS:
            first = stated[0]
        now.denied_on = first.decided_on
        after = [d.decided_on for d in paying if d.decided_on > first.decided_on]
        if after:
            now.overturned_on = after[0]
        elif denied > 0:
            given_up = ZERO
            for w in sorted(self.write_offs[now.claim.pk], key=lambda w: w.written_off_on):
                given_up += w.amount
                if w.written_off_on <= day and given_up >= denied:
                    now.given_up_on = max(w.written_off_on, first.decided_on)
                    break

    def _status(
        self, now: Stand, deciding: list[Any], owed: Decimal, balance: Decimal, day: date
    ) -> str:
        if now.claim.frequency == "void":
            return "closed"
        if now.claim.submitted_on is None and not deciding:
            return "draft"
        changes = [c for c in self.changes[now.claim.pk] if c.changed_on <= day]
        if changes and max(changes, key=lambda c: c.changed_on).change == "closed":
            return "closed"
        if deciding and {d.outcome for d in deciding} == {"duplicate"}:
            return "closed"
        if owed > 0 and balance == 0:
            return "closed"
        if now.status == "appealed":
            return "appealed"
        if not deciding:
            return "pending"
        return "denied" if balance > 0 else "paid"


def standing_decisions(said: list[Any]) -> list[Any]:
    """What is left of a payer's decisions after its reversals, in the order in which they count."""

    def order(d: Any) -> tuple[Any, ...]:
        digest = d.remittance.digest if d.remittance else ""
        return (d.decided_on, d.outcome not in DENIALS, digest, d.source_key, d.revision, d.pk)

    left = [d for d in said if d.outcome not in ("reversal", "predetermination")]
    left.sort(key=order)
    for back in sorted((d for d in said if d.outcome == "reversal"), key=order):
        same = [
            d
            for d in left
            if (d.pk == back.reverses_id if back.reverses_id else _opposite(d, back))
        ]
        same.sort(key=lambda d: 0 if d.payer_control_number == back.payer_control_number else 1)
        if same:
            left.remove(same[0])
    return left


def _opposite(d: Any, back: Any) -> bool:
    return bool(d.charge == -back.charge and (d.paid or 0) == -(back.paid or 0))


# What the pages must show: {key of the row: {column: value}} and the total under None

Shown = dict[str | None, dict[str, Any]]
Key = Callable[[Stand], str]


@dataclass
class Asked:
    """A scope in plain words."""

    books: Books
    as_of: date
    start: date | None
    end: date | None
    names: dict[str, tuple[str, ...]]
    due: int = 30

    def all(self) -> list[Stand]:
        return [
            s
            for s in self.books.stand(self.as_of)
            if all(getattr(s, name) in chosen for name, chosen in self.names.items() if chosen)
        ]

    def during(self, day: date | None) -> bool:
        if day is None or day > self.as_of:
            return False
        if self.start is None or self.end is None:
            return True
        return self.start <= day <= self.end


def rate(part: Any, whole: Any) -> Fraction | None:
    return Fraction(part) * 100 / Fraction(whole) if whole else None


def month(day: date | None) -> str:
    return day.replace(day=1).isoformat() if day else ""


def monday(day: date | None) -> str:
    return (day - timedelta(days=day.weekday())).isoformat() if day else ""


def groups(stands: Iterable[Stand], key: Key) -> dict[str | None, list[Stand]]:
    found: defaultdict[str | None, list[Stand]] = defaultdict(list)
    for s in stands:
        found[key(s)].append(s)
    return dict(found)


def table(stands: list[Stand], key: Key, row: Callable[[list[Stand]], dict[str, Any]]) -> Shown:
    shown: Shown = {name: row(members) for name, members in groups(stands, key).items()}
    return {**shown, None: row(stands)}


def total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, ZERO)


def payer(s: Stand) -> str:
    return s.payer


def department(s: Stand) -> str:
    return s.department


# Denials


def decided(asked: Asked) -> list[Stand]:
    return [s for s in asked.all() if asked.during(s.decided_on)]


def denial_row(of: list[Stand]) -> dict[str, Any]:
    denied = [s for s in of if s.outcome in DENIALS]
    in_full = sum(s.outcome == "denied" for s in of)
    non_covered = sum(s.non_covered for s in of)
    reduced = sum(s.reduced for s in of)
    resolved = sum(s.outcome in ("paid", "patient-responsibility") for s in of)
    amount, billed = total(s.denied for s in denied), total(s.claim.billed for s in of)
    return {
        "decided": len(of),
        "denied": len(denied),
        "rate": rate(len(denied), len(of)),
        "denied_in_full": in_full,
        "full_rate": rate(in_full, len(of)),
        "patient_non_covered": non_covered,
        "reduced": reduced,
        "resolved": resolved,
        "first_pass_rate": rate(resolved, len(of)),
        "denied_amount": amount,
        "billed": billed,
        "amount_rate": rate(amount, billed),
    }


def denials(key: Key, rate_name: str = "rate") -> Callable[[Asked], Shown]:
    def shown(asked: Asked) -> Shown:
        found = table(decided(asked), key, denial_row)
        return {name: {**row, "rate": row[rate_name]} for name, row in found.items()}

    return shown


def by_procedure(asked: Asked) -> Shown:
    of = decided(asked)
    codes = {code for s in of for code in (s.procedures or {""})}
    shown: Shown = {
        code: denial_row([s for s in of if code in (s.procedures or {""})]) for code in codes
    }
    return {**shown, None: denial_row(of)}


def reasons(key: Callable[[Books, Stand], str]) -> Callable[[Asked], Shown]:
    def shown(asked: Asked) -> Shown:
        of = decided(asked)

        def row(members: list[Stand]) -> dict[str, Any]:
            return {
                "denied": len(members),
                "denied_amount": total(s.denied for s in members),
                "decided": len(of),
                "rate": rate(len(members), len(of)),
            }

        denied = [s for s in of if s.outcome in DENIALS]
        found = table(denied, lambda s: key(asked.books, s), row)
        if of and not denied:
            found[""] = row([])
        return found

    return shown


# Volume


def currently_denied(asked: Asked) -> Shown:
    def row(of: list[Stand]) -> dict[str, Any]:
        now = sum(s.status == "denied" for s in of)
        return {"submitted": len(of), "denied": now, "rate": rate(now, len(of))}

    return table([s for s in asked.all() if asked.during(s.claim.submitted_on)], payer, row)


def weeks(asked: Asked) -> Shown:
    empty = {"submitted": 0, "decided": 0, "denied": 0, "paid_amount": ZERO}
    shown: defaultdict[str | None, dict[str, Any]] = defaultdict(lambda: dict(empty))
    shown[None] = dict(empty)

    def add(day: date | None, column: str, amount: Any) -> None:
        if asked.during(day):
            shown[monday(day)][column] += amount
            shown[None][column] += amount

    for s in asked.all():
        add(s.claim.submitted_on, "submitted", 1)
        add(s.decided_on, "decided", 1)
        add(s.decided_on, "denied", int(s.outcome in DENIALS))
        for day, amount in s.payments:
            add(day, "paid_amount", amount)
    return {
        name: {**row, "rate": rate(row["denied"], row["decided"])} for name, row in shown.items()
    }


# Receivables


def band(s: Stand, as_of: date) -> str:
    if s.claim.service_date is None:
        return "no service date"
    age = (as_of - s.claim.service_date).days
    if age <= 30:
        return "0-30"
    if age <= 60:
        return "31-60"
    if age <= 90:
        return "61-90"
    return "91-120" if age <= 120 else "over 120"


def open_claims(asked: Asked) -> list[Stand]:
    return [s for s in asked.all() if s.is_open]


def by_status(of: list[Stand]) -> dict[str, Any]:
    row: dict[str, Any] = {"claims": len(of), "balance": total(s.balance for s in of)}
    for status in OPEN:
        row[status] = sum(s.status == status for s in of)
        row[f"{status}_balance"] = total(s.balance for s in of if s.status == status)
    return row


def aging(asked: Asked) -> Shown:
    of = open_claims(asked)
    shown = table(of, lambda s: band(s, asked.as_of), by_status)
    whole = total(s.balance for s in of)
    return {name: {**row, "rate": rate(row["balance"], whole)} for name, row in shown.items()}


def aging_by(key: Key) -> Callable[[Asked], Shown]:
    def shown(asked: Asked) -> Shown:
        def row(of: list[Stand]) -> dict[str, Any]:
            owed = dict.fromkeys(BANDS, ZERO)
            for s in of:
                owed[band(s, asked.as_of)] += s.balance
            old, whole = owed["91-120"] + owed["over 120"], total(owed.values())
            return {
                "claims": len(of),
                "balance": whole,
                "band_0_30": owed["0-30"],
                "band_31_60": owed["31-60"],
                "band_61_90": owed["61-90"],
                "band_91_120": owed["91-120"],
                "band_over_120": owed["over 120"],
                "undated": owed["no service date"],
                "over_90": old,
                "rate": rate(old, whole),
            }

        return table(open_claims(asked), key, row)

    return shown


def over_90(asked: Asked) -> Shown:
    def row(of: list[Stand]) -> dict[str, Any]:
        days = [s.claim.service_date for s in of if s.claim.service_date]
        return {**by_status(of), "oldest": min(days).isoformat() if days else ""}

    old = [s for s in open_claims(asked) if band(s, asked.as_of) in ("91-120", "over 120")]
    return table(old, payer, row)


def days_in_ar(asked: Asked) -> Shown:
    def is_recent(s: Stand) -> bool:
        day = s.claim.submitted_on
        return day is not None and 0 <= (asked.as_of - day).days < 90

    def row(of: list[Stand]) -> dict[str, Any]:
        owing = [s for s in of if s.is_open]
        owed = total(
            s.claim.billed - s.paid - s.patient_share - s.contractual - s.written_off for s in owing
        )
        billed = total(s.claim.billed for s in of if is_recent(s))
        days = Fraction(owed) / (Fraction(billed) / 90) if billed else None
        return {"claims": len(owing), "outstanding": owed, "billed": billed, "days": days}

    return table([s for s in asked.all() if s.is_open or is_recent(s)], payer, row)


# Speed


def days_row(of: list[Stand]) -> dict[str, Any]:
    days = [Fraction(s.days_to_pay) for s in of if s.days_to_pay is not None]
    return {
        "claims": len(days),
        "mean_days": mean(days) if days else None,
        "median_days": median(days) if days else None,
    }


def days_to_pay(key: Key) -> Callable[[Asked], Shown]:
    def shown(asked: Asked) -> Shown:
        paid = [s for s in asked.all() if asked.during(s.first_paid_on)]
        return table([s for s in paid if s.days_to_pay is not None], key, days_row)

    return shown


def no_response(asked: Asked) -> Shown:
    known: defaultdict[str, list[int]] = defaultdict(list)
    for s in asked.books.stand(asked.as_of):
        if s.days_to_decision is not None:
            known[s.payer].append(s.days_to_decision)
    limits = {name: sorted(days)[ceil(len(days) * 0.9) - 1] for name, days in known.items()}

    def is_late(s: Stand) -> bool:
        sent = s.claim.submitted_on
        return sent is not None and (asked.as_of - sent).days > limits.get(s.payer, 30)

    def row(of: list[Stand]) -> dict[str, Any]:
        sent = [s.claim.submitted_on for s in of if s.claim.submitted_on]
        return {
            "claims": len(of),
            "balance": total(s.balance for s in of),
            "limit_days": limits.get(of[0].payer, 30) if of else None,
            "oldest": min(sent).isoformat() if sent else "",
        }

    silent = [s for s in asked.all() if s.decided_on is None and s.status in OPEN and is_late(s)]
    shown = table(silent, payer, row)
    shown[None]["limit_days"] = None
    return shown


def time_to_decision(asked: Asked) -> Shown:
    """By the definition: at each day with a decision, the share of those still watched."""

    def row(of: list[Stand]) -> dict[str, Any]:
        spans = [
            (s.days_to_decision, True)
            if s.days_to_decision is not None
            else ((asked.as_of - s.claim.submitted_on).days, False)  # type: ignore[operator]  # it was submitted
            for s in of
        ]
        waits: list[tuple[int, Fraction]] = [(-1, Fraction(1))]
        for day in sorted({day for day, is_decided in spans if is_decided}):
            came = sum(1 for span, is_decided in spans if is_decided and span == day)
            watched = sum(1 for span, _ in spans if span >= day)
            waits.append((day, waits[-1][1] * Fraction(watched - came, watched)))

        def by_percent(percent: int) -> int | None:
            reached = [day for day, left in waits if left <= Fraction(100 - percent, 100)]
            return reached[0] if reached else None

        def by_day(limit: int) -> Fraction | None:
            left = [left for day, left in waits if day <= limit][-1]
            if left and all(span < limit for span, _ in spans):
                return None
            return 100 * (1 - left)

        return {
            "claims": len(of),
            "decided": sum(1 for _, is_decided in spans if is_decided),
            "undecided": sum(1 for _, is_decided in spans if not is_decided),
            "median_days": by_percent(50),
            "days_75": by_percent(75),
            "days_90": by_percent(90),
            "by_30": by_day(30),
            "by_60": by_day(60),
            "by_90": by_day(90),
        }

    watched = [
        s
        for s in asked.all()
        if asked.during(s.claim.submitted_on)
        and (s.days_to_decision is not None or (s.decided_on is None and s.status in OPEN))
    ]
    return table(watched, payer, row)


# Leakage


def given_up(asked: Asked) -> Shown:
    def lost(s: Stand) -> list[Decimal]:
        rows = asked.books.write_offs[s.claim.pk]
        return [w.amount for w in rows if w.for_denial and asked.during(w.written_off_on)]

    def row(of: list[Stand]) -> dict[str, Any]:
        losing = [s for s in of if lost(s)]
        amount = total(a for s in losing for a in lost(s))
        billed = total(s.claim.billed for s in of if asked.during(s.claim.submitted_on))
        return {
            "claims": len(losing),
            "written_off": amount,
            "billed": billed,
            "rate": rate(amount, billed),
        }

    return table(
        [s for s in asked.all() if lost(s) or asked.during(s.claim.submitted_on)], payer, row
    )


def underpaid(asked: Asked) -> Shown:
    def short(s: Stand) -> Decimal:
        missing = s.claim.expected - s.paid - s.patient_share
        return missing if missing > 1 and missing * 50 > s.claim.expected else ZERO

    def row(of: list[Stand]) -> dict[str, Any]:
        low = [s for s in of if short(s)]
        return {
            "paid_claims": len(of),
            "claims": len(low),
            "shortfall": total(short(s) for s in low),
            "rate": rate(len(low), len(of)),
        }

    return table(
        [
            s
            for s in asked.all()
            if asked.during(s.first_paid_on)
            and s.status == "paid"
            and s.paid_known
            and not s.claim.expected_assumed
        ],
        payer,
        row,
    )


def credits_of(asked: Asked) -> Shown:
    def beyond(s: Stand) -> Decimal:
        return s.paid + s.patient_share + s.contractual - s.claim.billed

    def row(of: list[Stand]) -> dict[str, Any]:
        return {"claims": len(of), "credit": total(beyond(s) for s in of)}

    return table([s for s in asked.all() if beyond(s) > 0], payer, row)


# Deadlines


def limit_of(books: Books, s: Stand, field: str) -> int | None:
    """Days; -1 stands for one calendar year."""
    contract = books.contracts.get((s.claim.practice_id, s.claim.payer_id))
    own: int | None = getattr(contract, field) if contract else None
    set_for_all: int | None = getattr(s.claim.payer, field)
    if own is None and set_for_all is None and field.startswith("filing") and s.kind == "medicare":
        return -1
    return set_for_all if own is None else own


def days_left(s: Stand, books: Books, as_of: date) -> int | str:
    """Days until the claim can no longer be filed or appealed, or why nobody knows."""
    field, start = (
        ("filing_limit_days", s.claim.service_date)
        if s.status == "draft"
        else ("appeal_limit_days", s.denied_on)
    )
    limit = limit_of(books, s, field)
    if limit is None:
        return "self-pay" if s.kind == "self-pay" else "no limit"
    if start is None:
        return "no day"
    last = start + timedelta(days=limit)
    if limit == -1:
        leap = (start.month, start.day) == (2, 29)
        last = date(start.year + 1, start.month, 28 if leap else start.day)
    return (last - as_of).days


def deadlines(asked: Asked) -> Shown:
    def row(of: list[Stand]) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "claims": 0,
            "to_file": 0,
            "to_appeal": 0,
            "at_risk": ZERO,
            "passed": 0,
        }
        shown |= {"lost": ZERO, "unknown": 0}
        for s in of:
            left, stake = left_of[s.claim.pk], s.balance
            if s.status == "draft":
                stake = s.claim.expected
            if left == "no limit":
                shown["unknown"] += 1
            elif isinstance(left, int) and left < 0:
                shown["passed"] += 1
                shown["lost"] += stake
            elif isinstance(left, int):
                shown["claims"] += 1
                shown["to_file" if s.status == "draft" else "to_appeal"] += 1
                shown["at_risk"] += stake
        return shown

    running = [s for s in asked.all() if s.status == "draft" or s.status == "denied"]
    left_of = {s.claim.pk: days_left(s, asked.books, asked.as_of) for s in running}
    told = [
        s
        for s in running
        if left_of[s.claim.pk] == "no limit"
        or (isinstance(left := left_of[s.claim.pk], int) and left <= asked.due)
    ]
    return table(told, payer, row)


# Payments


def is_ripe(day: date, as_of: date) -> bool:
    next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return ((as_of - (next_month - timedelta(days=1))).days) >= 120


def collection(key: Key, rate_name: str = "net_rate") -> Callable[[Asked], Shown]:
    def row(of: list[Stand]) -> dict[str, Any]:
        collected = total(s.paid + s.patient_paid for s in of)
        billed = total(s.claim.billed for s in of)
        collectible = billed - total(s.contractual for s in of)
        rates = {"net_rate": rate(collected, collectible), "gross_rate": rate(collected, billed)}
        return {
            "claims": len(of),
            "collected": collected,
            "collectible": collectible,
            "billed": billed,
            "rate": rates[rate_name],
            "gross_rate": rates["gross_rate"],
        }

    def shown(asked: Asked) -> Shown:
        served = [
            s
            for s in asked.all()
            if s.claim.service_date
            and asked.during(s.claim.service_date)
            and is_ripe(s.claim.service_date, asked.as_of)
            and s.paid_known
        ]
        return table(served, key, row)

    return shown


def overturned(asked: Asked) -> Shown:
    def row(of: list[Stand]) -> dict[str, Any]:
        back = sum(asked.during(s.overturned_on) for s in of)
        return {"overturned": back, "ended": len(of), "rate": rate(back, len(of))}

    ended = [s for s in asked.all() if asked.during(s.overturned_on) or asked.during(s.given_up_on)]
    return table(ended, payer, row)


def appeals(asked: Asked) -> Shown:
    def ended(s: Stand) -> list[tuple[bool, date, bool]]:
        return [a for a in s.appeals if asked.during(a[1])]

    def row(of: list[Stand]) -> dict[str, Any]:
        found = [a for s in of for a in ended(s)]
        won = sum(a[0] for a in found)
        return {
            "claims": len(of),
            "won": won,
            "ended": len(found),
            "undated": sum(a[2] for a in found),
            "rate": rate(won, len(found)),
        }

    return table([s for s in asked.all() if ended(s)], payer, row)


def lag(until: Callable[[Stand], date | None]) -> Callable[[Asked], Shown]:
    def days(s: Stand) -> int | None:
        end = until(s)
        return (end - s.claim.service_date).days if end and s.claim.service_date else None

    def row(of: list[Stand]) -> dict[str, Any]:
        known = [Fraction(d) for s in of if (d := days(s)) is not None]
        return {"claims": len(known), "mean_days": mean(known) if known else None}

    def shown(asked: Asked) -> Shown:
        sent = [s for s in asked.all() if asked.during(s.claim.submitted_on)]
        return table([s for s in sent if days(s) is not None], department, row)

    return shown


# Staff


def federal_holidays(year: int) -> set[date]:
    """The eleven, and the weekday on which one that falls on a weekend is observed."""

    def nth(month: int, weekday: int, n: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))

    last_of_may = date(year, 5, 31)
    found = {
        nth(1, 0, 3),
        nth(2, 0, 3),
        last_of_may - timedelta(days=last_of_may.weekday()),
        nth(9, 0, 1),
        nth(10, 0, 2),
        nth(11, 3, 4),
    }
    fixed = [date(year, m, d) for m, d in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))]
    for day in (*fixed, date(year + 1, 1, 1)):
        found.add(day - timedelta(days=1) if day.weekday() == 5 else day)
        if day.weekday() == 6:
            found.add(day + timedelta(days=1))
    return found


def working_days(first: date, last: date) -> int:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return sum(day.weekday() < 5 and day not in federal_holidays(day.year) for day in days)


def business_date(action: StaffActivity) -> date:
    return action.occurred_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def actions(asked: Asked) -> list[tuple[StaffActivity, Stand | None]]:
    """What was done in the period, with the claim as it stood; None where there is none."""
    known = {s.claim.pk: s for s in asked.all()}
    asks_claim = any(asked.names[name] for name in ("payer", "department", "provider"))
    practices = asked.names["practice"]
    found: list[tuple[StaffActivity, Stand | None]] = []
    for action in asked.books.actions:
        if not asked.during(business_date(action)):
            continue
        if action.claim_id is not None:
            if action.claim_id in known:
                found.append((action, known[action.claim_id]))
        elif not asks_claim and (not practices or action.practice.name in practices):
            found.append((action, None))
    return found


def by_person(asked: Asked) -> dict[str | None, list[tuple[StaffActivity, Stand | None]]]:
    found: defaultdict[str | None, list[Any]] = defaultdict(list)
    for action, stand in actions(asked):
        found[action.staff.name].append((action, stand))
    return dict(found)


def productivity(asked: Asked) -> Shown:
    people, everything = by_person(asked), actions(asked)
    days = 0
    if asked.start and asked.end:
        days = working_days(asked.start, min(asked.end, asked.as_of))
    elif everything:
        dates = [business_date(action) for action, _ in everything]
        days = working_days(min(dates), max(dates))

    def row(of: list[tuple[StaffActivity, Stand | None]]) -> dict[str, Any]:
        worked = {s.claim.pk: s.claim.expected for _, s in of if s is not None}
        return {
            "claims": len(worked),
            "actions": len(of),
            "expected": total(worked.values()),
            "claims_per_day": Fraction(len(worked), days) if days else None,
            "actions_per_day": Fraction(len(of), days) if days else None,
            "against_team": None,
        }

    shown: Shown = {name: row(of) for name, of in people.items()}
    team = mean([Fraction(r["claims"]) for r in shown.values()]) if shown else None
    for r in shown.values():
        r["against_team"] = rate(r["claims"], team) if days and team else None
    return {**shown, None: row(everything)}


def error_rate(asked: Asked) -> Shown:
    people, everything = by_person(asked), actions(asked)
    team = sum(action.is_error for action, _ in everything) / max(len(everything), 1)

    def limit(n: int, deviations: float) -> Fraction:
        bound = team + deviations * sqrt(team * (1 - team) / n) + 0.5 / n
        return Fraction(min(bound, 1.0)) * 100

    def row(of: list[tuple[StaffActivity, Stand | None]], *, limited: bool) -> dict[str, Any]:
        n, errors = len(of), sum(action.is_error for action, _ in of)
        low, high = interval(errors, n) if n else (None, None)
        return {
            "actions": n,
            "errors": errors,
            "rate": rate(errors, n),
            "claims": len({a.claim_id for a, s in of if a.is_error and s is not None}),
            "low": low,
            "high": high,
            "watch_limit": limit(n, 1.959963984540054) if limited else None,
            "flag_limit": limit(n, 3.090232306167813) if limited else None,
        }

    shown: Shown = {name: row(of, limited=True) for name, of in people.items()}
    return {**shown, None: row(everything, limited=False)}


def interval(part: int, whole: int) -> tuple[Fraction, Fraction]:
    """Wilson: the shares p whose own 95 % interval just reaches the one found."""
    z = 1.959963984540054
    # (part/whole - p)² = z² p (1 - p) / whole, solved for p
    a, b, c = whole + z * z, -(2 * part + z * z), part * part / whole
    root = sqrt(max(b * b - 4 * a * c, 0.0))
    low, high = max((-b - root) / (2 * a), 0.0), min((-b + root) / (2 * a), 1.0)
    return Fraction(low) * 100, Fraction(high) * 100


def workload(asked: Asked) -> Shown:
    def row(of: list[Stand]) -> dict[str, Any]:
        ages = [(asked.as_of - s.claim.service_date).days for s in of if s.claim.service_date]
        return {
            "claims": len(of),
            "balance": total(s.balance for s in of),
            "oldest_days": max(ages, default=None),
        }

    def person(s: Stand) -> str:
        return s.claim.assignee.name if s.claim.assignee else ""

    return table(open_claims(asked), person, row)


EXPECTED: dict[str, Callable[[Asked], Shown]] = {
    "initial-denial-rate": denials(lambda s: month(s.decided_on)),
    "initial-denial-dollars": denials(lambda s: month(s.decided_on), "amount_rate"),
    "full-denial-rate": denials(lambda s: month(s.decided_on), "full_rate"),
    "first-pass-rate": denials(lambda s: month(s.decided_on), "first_pass_rate"),
    "denials-by-payer": denials(payer),
    "denials-by-payer-kind": denials(lambda s: s.kind),
    "denials-by-department": denials(department),
    "denials-by-provider": denials(lambda s: s.provider),
    "denials-by-procedure": by_procedure,
    "denials-by-reason": reasons(lambda books, s: s.reason_in_full),
    "denials-by-category": reasons(lambda books, s: books.categories.get(s.reason, "")),
    "currently-denied-share": currently_denied,
    "weekly-trend": weeks,
    "aging": aging,
    "aging-by-payer": aging_by(payer),
    "aging-by-department": aging_by(department),
    "aging-by-provider": aging_by(lambda s: s.provider),
    "aging-by-status": aging_by(lambda s: s.status),
    "claims-over-90": over_90,
    "days-in-ar": days_in_ar,
    "days-to-pay": days_to_pay(lambda s: month(s.first_paid_on)),
    "days-to-pay-by-payer": days_to_pay(payer),
    "days-to-pay-by-department": days_to_pay(department),
    "no-response": no_response,
    "time-to-decision": time_to_decision,
    "timely-filing-risk": deadlines,
    "denial-writeoffs": given_up,
    "underpaid": underpaid,
    "credit-balances": credits_of,
    "net-collection": collection(lambda s: month(s.claim.service_date)),
    "gross-collection": collection(lambda s: month(s.claim.service_date), "gross_rate"),
    "collection-by-payer": collection(payer),
    "collection-by-department": collection(department),
    "overturn-rate": overturned,
    "appeal-win-rate": appeals,
    "charge-lag": lag(lambda s: s.charge_entered_on),
    "submission-lag": lag(lambda s: s.claim.submitted_on),
    "staff-productivity": productivity,
    "staff-error-rate": error_rate,
    "staff-workload": workload,
}
