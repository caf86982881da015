"""What became of each visit's claim, from the charge entry to the last payment."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random

from billing.choices import AppealResult, PayerKind, StaffAction
from billing.demo.cast import Cast
from billing.demo.plot import Plot, dollars, lag, weekday
from billing.demo.practice import NOTES, OTHER_GROUP_REASONS, PATIENT_GROUP_REASONS
from billing.demo.terms import (
    Amounts,
    allowed,
    denial_rate,
    denial_reason,
    line_allowed,
    patient_share,
)
from billing.demo.visits import Visit, new_uuid
from billing.models import Claim, ClaimLine, Encounter, LineItem

DUPLICATE_CLAIMS = 0.006
NEVER_ANSWERED = 0.006
PENDED_FIRST = 0.02
UNDERPAID = 0.025
PAID_TWICE = 0.003
PATIENT_NON_COVERED = 0.004
PARTIAL_DENIALS = 0.42
NEVER_WORKED = 0.03
FOLLOW_UP_AFTER = 35
# How often a worked denial is paid in the end, by what the reason allows.
OVERTURNED = 0.88
HARD_TO_OVERTURN = {"29": 0.3, "27": 0.6, "204": 0.45, "96": 0.5, "49": 0.5, "50": 0.7}
APPEALED = {"197": 0.75, "50": 0.8, "29": 0.7, "151": 0.8, "198": 0.75, "96": 0.5, "204": 0.3}
SELDOM_APPEALED = 0.1


def stories(
    rng: Random, cast: Cast, visits: Iterable[Visit], *, today: date
) -> Iterator[tuple[Visit, Plot]]:
    """The claim of each visit; now and then the one before is billed again instead."""
    before: Plot | None = None
    for position, visit in enumerate(visits, start=1):
        number = f"LMG{position:08}"
        first_sent_on = before.claim.submitted_on if before else None
        if before and first_sent_on and rng.random() < DUPLICATE_CLAIMS:
            yield visit, _duplicate(before, number, first_sent_on)
            before = None
            continue
        plot = _enter(rng, cast, visit, number, today)
        if plot.claim.submitted_on is not None:
            _answer(plot, visit, plot.claim.submitted_on)
        if plot.is_open and rng.random() < 0.9:
            plot.claim.assignee = cast.assignee(rng)
        yield visit, plot
        before = plot


def _enter(rng: Random, cast: Cast, visit: Visit, number: str, today: date) -> Plot:
    """Enter the charges, code them and send the claim, if that day has come."""
    entered_on = min(weekday(visit.day + lag(rng, visit.department.charge_lag, 0.35)), today)
    sent_on = weekday(entered_on + lag(rng, 2, 0.6))
    encounter = Encounter(
        id=new_uuid(rng),
        practice=cast.practice,
        number=f"E{number[3:]}",
        patient=visit.patient,
        date=visit.day,
        department=cast.departments[visit.department.name],
        provider=cast.providers[visit.provider],
    )
    expected = allowed(visit).allowed
    has_contract = visit.payer.contract_rate is not None
    claim = Claim(
        practice=cast.practice,
        number=number,
        encounter=encounter,
        payer=cast.payers[visit.payer.name],
        department=encounter.department,
        provider=encounter.provider,
        service_date=visit.day,
        submitted_on=sent_on if sent_on <= today else None,
        billed=dollars(visit.cents),
        expected=dollars(expected if has_contract else visit.cents),
        expected_assumed=not has_contract,
    )
    plot = Plot(rng, today, cast, claim, entered_on, encounter)
    _bill(plot, visit)
    if rng.random() < 0.3:
        plot.act(entered_on, StaffAction.REVIEWED)
    plot.act(sent_on, StaffAction.SUBMITTED)
    return plot


def _bill(plot: Plot, visit: Visit) -> None:
    for position, charge in enumerate(visit.charges, start=1):
        plot.line_items.append(
            LineItem(
                practice=plot.cast.practice,
                encounter=plot.encounter,
                number=f"{plot.claim.number}-{position}",
                procedure_id=charge.code,
                units=charge.units,
                charge=dollars(charge.cents),
                entered_on=plot.charge_entered_on,
            )
        )
        plot.claim_lines.append(
            ClaimLine(
                claim=plot.claim,
                position=position,
                procedure_id=charge.code,
                units=charge.units,
                charge=dollars(charge.cents),
                service_date=visit.day,
            )
        )


def _duplicate(before: Plot, number: str, first_sent_on: date) -> Plot:
    """The same claim sent again by mistake; the payer says so."""
    first, rng = before.claim, before.rng
    sent_on = weekday(first_sent_on + lag(rng, 12, 0.5))
    claim = Claim(
        practice=first.practice,
        number=number,
        encounter=before.encounter,
        payer=first.payer,
        department=first.department,
        provider=first.provider,
        service_date=first.service_date,
        submitted_on=sent_on if sent_on <= before.today else None,
        billed=first.billed,
        expected=first.expected,
        expected_assumed=first.expected_assumed,
    )
    plot = Plot(rng, before.today, before.cast, claim, before.charge_entered_on)
    for line in before.claim_lines:
        plot.claim_lines.append(
            ClaimLine(
                claim=claim,
                position=line.position,
                procedure_id=line.procedure_id,
                units=line.units,
                charge=line.charge,
                service_date=line.service_date,
            )
        )
    plot.act(sent_on, StaffAction.SUBMITTED)
    cents = int(first.billed * 100)
    plot.decide(
        weekday(sent_on + lag(rng, 14, 0.3)), paid=0, reductions=[("OA", "18", cents)], allowed=0
    )
    plot.is_open = not plot.events.adjudications
    return plot


def _answer(plot: Plot, visit: Visit, sent_on: date) -> None:
    """The payer answers, or the patient is billed, or nobody answers."""
    rng, payer = plot.rng, visit.payer
    decided_on = weekday(sent_on + lag(rng, payer.decision_days, payer.spread))
    if payer.kind == PayerKind.SELF_PAY:
        _bill_patient(plot, visit, decided_on)
        return
    if rng.random() < NEVER_ANSWERED:
        _never_answered(plot, sent_on)
        return
    if rng.random() < PENDED_FIRST:
        plot.decide(decided_on, paid=0, reductions=[("CO", "133", visit.cents)])
        decided_on = weekday(decided_on + lag(rng, 20, 0.3))
    if (min(decided_on, plot.today) - sent_on).days > FOLLOW_UP_AFTER and rng.random() < 0.6:
        plot.act(weekday(sent_on + timedelta(FOLLOW_UP_AFTER)), StaffAction.FOLLOWED_UP)
        if rng.random() < 0.3:
            plot.note(weekday(sent_on + timedelta(FOLLOW_UP_AFTER)), rng.choice(NOTES))
    if decided_on > plot.today:
        return
    plot.is_open = False
    if rng.random() < denial_rate(visit, decided_on, plot.today):
        _deny(plot, visit, decided_on)
    elif rng.random() < PATIENT_NON_COVERED:
        reason = rng.choice(PATIENT_GROUP_REASONS)
        plot.decide(decided_on, paid=0, reductions=[("PR", reason, visit.cents)], allowed=0)
        _collect(plot, decided_on, visit.cents // 2)
    else:
        _pay(plot, visit, decided_on)


def _bill_patient(plot: Plot, visit: Visit, billed_on: date) -> None:
    """No insurer: the patient owes the charge less a discount."""
    owed = round(visit.cents * visit.payer.allowed_rate)
    discount = visit.cents - owed
    plot.decide(
        billed_on, paid=0, reductions=[("PR", "3", owed), ("CO", "45", discount)], allowed=owed
    )
    plot.is_open = billed_on > plot.today
    _collect(plot, billed_on, owed, paying=0.85)


def _never_answered(plot: Plot, sent_on: date) -> None:
    """The claim is lost; someone finds out late, if at all."""
    rng = plot.rng
    plot.act(weekday(sent_on + timedelta(60)), StaffAction.FOLLOWED_UP)
    given_up_on = weekday(sent_on + lag(rng, 170, 0.3))
    if given_up_on > plot.today:
        return
    if rng.random() < 0.3:
        plot.close(given_up_on, "Never received by the payer; past the filing limit.")
    elif rng.random() < 0.9:
        plot.write_off(given_up_on, int(plot.claim.expected * 100), "no response", for_denial=False)


def _pay(plot: Plot, visit: Visit, day: date) -> None:
    """The payer allows what the contract says, now and then less; the patient pays a share."""
    rng = plot.rng
    amounts = allowed(visit)
    allows = amounts.allowed
    if rng.random() < UNDERPAID:
        allows = round(allows * rng.uniform(0.80, 0.95))
    reason, share = patient_share(rng, visit.payer, day, allows)
    paid = allows - share
    reductions = [("CO", "45", amounts.billed - allows), ("PR", reason, share)]
    plot.decide(day, paid=paid, reductions=reductions, allowed=allows)
    _collect(plot, day, share)
    if share == 0 and rng.random() < 0.012:
        plot.pay_by_patient(visit.day, rng.choice((2_500, 3_000, 4_000)))  # an unneeded copay
    if paid and rng.random() < PAID_TWICE:
        _pay_again(plot, day, paid)


def _pay_again(plot: Plot, day: date, paid: int) -> None:
    """The payer pays twice by mistake, and mostly takes it back."""
    again_on = weekday(day + lag(plot.rng, 15, 0.4))
    control_number = f"ICN{plot.claim.number}B"
    plot.decide(again_on, paid=paid, control_number=control_number)
    if plot.rng.random() < 0.6:
        back_on = weekday(again_on + lag(plot.rng, 60, 0.4))
        plot.take_back(back_on, paid=paid, control_number=control_number)


def _collect(plot: Plot, day: date, owed: int, *, paying: float = 0.96) -> None:
    """The patient pays the bill: mostly in full, some in two parts, some never."""
    rng = plot.rng
    if not owed or rng.random() > paying:
        return
    first_on = weekday(day + lag(rng, 24, 0.5))
    if owed < 15_000 or rng.random() < 0.6:
        plot.pay_by_patient(first_on, owed)
        return
    plot.pay_by_patient(first_on, owed // 2)
    plot.pay_by_patient(weekday(first_on + timedelta(30)), owed - owed // 2)


def _deny(plot: Plot, visit: Visit, day: date) -> None:
    """The payer denies the claim or one of its lines; the practice mostly fights back."""
    rng = plot.rng
    reason = denial_reason(rng, visit, decided_on=day, today=plot.today)
    group = "OA" if reason in OTHER_GROUP_REASONS else "CO"
    whole = allowed(visit)
    part = whole
    if len(visit.charges) > 1 and rng.random() < PARTIAL_DENIALS:
        part = line_allowed(visit, rng.randrange(len(visit.charges)))
    rest = Amounts(whole.billed - part.billed, whole.allowed - part.allowed)
    denied = part.allowed if visit.payer.denies_allowed else part.billed
    contractual = whole.billed - denied - rest.allowed
    patient_reason, share = patient_share(rng, visit.payer, day, rest.allowed)
    plot.decide(
        day,
        paid=rest.allowed - share,
        reductions=[
            (group, reason, denied),
            ("CO", "45", contractual),
            ("PR", patient_reason, share),
        ],
        allowed=rest.allowed,
    )
    plot.is_open = True
    _collect(plot, day, share)
    _work_denial(plot, day, reason, Amounts(denied, part.allowed))


def _work_denial(plot: Plot, denied_on: date, reason: str, part: Amounts) -> None:
    """Correct or appeal, wait, and be paid or give up. `part.billed` is what stands denied."""
    rng = plot.rng
    if rng.random() < NEVER_WORKED:
        return
    worked_on = weekday(denied_on + lag(rng, 11, 0.6))
    resolved_on = weekday(worked_on + lag(rng, 27, 0.4))
    is_won = rng.random() < HARD_TO_OVERTURN.get(reason, OVERTURNED)
    if rng.random() < APPEALED.get(reason, SELDOM_APPEALED):
        plot.act(worked_on, StaffAction.APPEALED)
        result = AppealResult.WON if is_won else AppealResult.LOST
        plot.appeal(worked_on, resolved_on, result)
    else:
        plot.act(worked_on, StaffAction.CORRECTED)
        plot.note(worked_on, rng.choice(NOTES))
    if is_won:
        paid = part.allowed if rng.random() < 0.85 else round(part.allowed * 0.9)
        reductions = [("CO", "45", part.billed - paid)]
        plot.decide(resolved_on, paid=paid, reductions=reductions, allowed=paid)
        plot.is_open = resolved_on > plot.today
    elif rng.random() < 0.9:
        given_up_on = weekday(resolved_on + lag(rng, 12, 0.6))
        plot.write_off(given_up_on, part.billed, "denial not overturned", for_denial=True)
