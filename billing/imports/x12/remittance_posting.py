"""Posts the claims of an 835, through `billing.posting`: one transaction for one remittance.

The same content again changes nothing. Another content for the same payment (payer, trace number,
date and amount) is a possible duplicate: stored, and counted only when a person says so; among
those nobody has decided on, the smallest digest counts, so that the order of files does not matter.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.db import reset_queries

from billing import matching, posting
from billing.adjudication import DecidedLine, Judge, judge
from billing.bulk_insert import Maker, insert
from billing.choices import MatchedBy
from billing.imports.plan import Change
from billing.imports.x12.elements import ZERO
from billing.imports.x12.parties import Parties
from billing.imports.x12.remittances import RemittanceClaim, RemittanceLine, RemittanceReader
from billing.matching import NO_NUMBERS, Finder
from billing.models import (
    Adjudication,
    AdjudicationLine,
    Adjustment,
    Claim,
    ProviderAdjustment,
    Remittance,
)

State = Remittance.State
DUPLICATE = "a possible duplicate: payer, trace number, date and amount are those of another one"
REPLACED = "counts in place of another one of the same payment, which waits as a possible duplicate"


class RemittancePosting:
    """Posts one remittance, chunk by chunk, inside the caller's transaction."""

    def __init__(
        self, parties: Parties, reader: RemittanceReader, file_name: str, *, create_claims: bool
    ) -> None:
        self._parties, self._reader, self._file_name = parties, reader, file_name
        self._create_claims = create_claims
        self._position = 0
        self.counts: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()

    def is_known(self) -> Remittance | None:
        """The remittance of this content, if it was loaded before."""
        return Remittance.objects.filter(
            practice=self._parties.practice, digest=self._reader.digest
        ).first()

    def post(self, chunks: Iterator[list[RemittanceClaim]], difference: Decimal) -> None:
        """Post all claims; `difference` is what the payment is off its claims and adjustments."""
        known = self.is_known()
        if known is not None:
            self._again(known, sum(len(chunk) for chunk in chunks))
            return
        remittance = self._opened(difference)
        for chunk in chunks:
            self._post(remittance, chunk)
            remittance.claim_count += len(chunk)
            remittance.unbalanced_claims += sum(c.difference != 0 for c in chunk)
            reset_queries()  # with DEBUG on, Django keeps every statement of the set
        remittance.save(update_fields=("claim_count", "unbalanced_claims"))

    def _again(self, known: Remittance, count: int) -> None:
        made = 0
        if self._create_claims and known.state == State.POSTED:
            made = self._make_missing(known)
        self.counts["updated"] += made
        self.counts["unchanged"] += count - made

    def _make_missing(self, known: Remittance) -> int:
        """Make the claims that a remittance found none for, now that it is asked for."""
        rows = list(
            known.adjudications.filter(claim__isnull=True, is_kept_aside=False)
            .exclude(claim_number__in=NO_NUMBERS)
            .order_by("pk")
        )
        numbers = dict.fromkeys(row.claim_number for row in rows)
        self._make_claims(known, numbers, Finder(known.practice_id, ((n, "") for n in numbers)))
        return matching.attach(known.practice_id, rows)

    def _opened(self, difference: Decimal) -> Remittance:
        header = self._reader.header
        payer = self._parties.payer(header.payer.name)
        self._parties.save()
        remittance = Remittance(
            practice=self._parties.practice,
            payer=payer,
            trace_number=header.trace_number,
            method=header.method,
            amount=header.signed_amount,
            paid_on=header.dated,
            paid_on_assumed=header.paid_on_assumed,
            payee=header.payee.name,
            payee_npi=header.payee.npi,
            balance_difference=difference,
            digest=self._reader.digest,
            file_name=self._file_name,
        )
        self._judge_duplicate(remittance)
        remittance.save(force_insert=True)
        insert(
            [
                ProviderAdjustment(
                    remittance=remittance, reason=a.reason, reference=a.reference, amount=a.amount
                )
                for a in self._reader.adjustments
            ]
        )
        return remittance

    def _judge_duplicate(self, remittance: Remittance) -> None:
        others = list(
            Remittance.objects.filter(
                practice=remittance.practice,
                payer=remittance.payer,
                trace_number=remittance.trace_number,
                paid_on=remittance.paid_on,
                amount=remittance.amount,
            ).select_for_update()
            if remittance.trace_number
            else ()
        )
        if not others:
            return
        if any(o.is_decided or o.digest < remittance.digest for o in others):
            remittance.state = State.POSSIBLE_DUPLICATE
            self.notes[DUPLICATE] += 1
            return
        for other in others:
            if other.state == State.POSTED:
                matching.detach(other)
                other.state = State.POSSIBLE_DUPLICATE
                other.save(update_fields=("state",))
        self.notes[REPLACED] += 1

    def _post(self, remittance: Remittance, chunk: Sequence[RemittanceClaim]) -> None:
        finder = None
        if remittance.state == State.POSTED:
            pairs = [(c.number, c.control_number) for c in chunk]
            finder = Finder(remittance.practice_id, pairs, by_number_only=self._create_claims)
            if self._create_claims:
                missing = dict.fromkeys(
                    c.number
                    for c in chunk
                    if c.number not in NO_NUMBERS
                    and finder.find(c.number, c.control_number) is None
                )
                self._make_claims(remittance, missing, finder)
        written = _Decisions(self._parties, remittance, finder, self._position)
        for claim in chunk:
            written.add(claim)
        written.save()
        self._position += len(chunk)
        self.counts[Change.CREATED] += len(chunk)
        if finder is not None:
            self._note(written)
            matching.link_waiting(remittance.practice_id, control_numbers=written.control_numbers)

    def _make_claims(
        self, remittance: Remittance, numbers: dict[str, None], finder: Finder
    ) -> None:
        """Claims from a remittance alone; their facts follow from their decisions."""
        new = [
            Claim(
                practice_id=remittance.practice_id,
                number=number,
                payer=remittance.payer,
                billed=ZERO,
                expected=ZERO,
                is_from_remittance=True,
            )
            for number in numbers
            if finder.find(number, "") is None
        ]
        posting.create_claims([posting.NewClaim(claim) for claim in new])
        for claim in new:
            finder.add(claim.number, claim.pk)
        self.notes["claims made from the remittance alone"] += len(new)

    def _note(self, written: "_Decisions") -> None:
        self.notes["claims that match none: they wait in the unmatched queue"] += written.unmatched
        self.notes["codes that the reason table lacks: they count as denials"] += len(
            written.unknown
        )
        self.notes += Counter()  # drops the zeros


class _Decisions:
    """The unsaved decisions of one chunk with their lines and adjustments."""

    def __init__(
        self, parties: Parties, remittance: Remittance, finder: Finder | None, position: int
    ) -> None:
        self._parties, self._remittance, self._finder = parties, remittance, finder
        self._position = position
        reasons = parties.directory.reasons
        known = {code: row.is_denial for code, row in reasons.items() if not row.is_unknown}
        self._judge = Judge(known.get, is_capitated=remittance.payer.is_capitated)
        self._known = reasons
        self._decision, self._line = Maker(Adjudication), Maker(AdjudicationLine)
        self._adjustment = Maker(Adjustment)
        self._decisions: list[Adjudication] = []
        self._lines: list[list[AdjudicationLine]] = []
        self._adjustments: list[Adjustment] = []
        self.unknown: set[str] = set()
        self.unmatched = 0
        self.control_numbers: set[str] = set()

    def add(self, claim: RemittanceClaim) -> None:
        """Judge one claim and keep its decision."""
        lines = [DecidedLine(n.charge, n.paid, n.reductions, n.remark_codes) for n in claim.lines]
        verdict = judge(
            self._judge,
            status_code=claim.status_code,
            claim=DecidedLine(claim.charge, claim.paid, claim.reductions, claim.remark_codes),
            lines=lines,
        )
        match = self._finder.find(claim.number, claim.control_number) if self._finder else None
        self.unmatched += self._finder is not None and match is None
        if match is not None and match.by == MatchedBy.NUMBER:
            self.control_numbers.add(claim.control_number)
        self._position += 1
        judged = verdict.columns()
        if claim.patient is not None:
            judged["patient_responsibility"] = claim.patient
        decision = self._decision(
            {"remittance": self._remittance},
            practice_id=self._remittance.practice_id,
            claim_id=match.claim_id if match else None,
            matched_by=match.by if match else "",
            claim_number=claim.number,
            source_key=f"835:{self._remittance.digest}:{self._position:06d}",
            payer_control_number=claim.control_number,
            service_date=claim.service_date,
            decided_on=self._remittance.paid_on,
            decided_on_assumed=self._remittance.paid_on_assumed,
            status_code=claim.status_code,
            charge=claim.charge,
            paid=claim.paid,
            allowed=claim.allowed,
            stated_patient_responsibility=claim.patient,
            balance_difference=claim.difference,
            unbalanced_lines=sum(line.difference != 0 for line in claim.lines),
            remark_codes=joined(claim.remark_codes, 120),
            **judged,
        )
        self._decisions.append(decision)
        self._adjust(decision, None, claim)
        outcomes = verdict.line_outcomes if claim.lines else ()
        self._lines.append([])
        for line, outcome in zip(claim.lines, outcomes, strict=True):
            procedure = self._parties.procedure(line.code)
            row = self._line(
                {"adjudication": decision, "procedure": procedure},
                modifiers=line.modifiers,
                units=line.units,
                charge=line.charge,
                paid=line.paid,
                revenue_code=line.revenue_code,
                service_date=line.service_date,
                control_number=line.control_number,
                submitted_code=line.submitted_code,
                outcome=outcome,
                remark_codes=joined(line.remark_codes, 120),
            )
            self._lines[-1].append(row)
            self._adjust(decision, row, line)

    def _adjust(
        self,
        decision: Adjudication,
        row: AdjudicationLine | None,
        part: RemittanceClaim | RemittanceLine,
    ) -> None:
        remarks = joined(part.remark_codes, 60)
        for reduction in part.reductions:
            if reduction.reason not in self._known:
                self.unknown.add(reduction.reason)
            self._adjustments.append(
                self._adjustment(
                    {"adjudication": decision, "line": row},
                    group=reduction.group,
                    reason_id=reduction.reason,
                    amount=reduction.amount,
                    remark_codes=remarks,
                )
            )

    def save(self) -> None:
        """Write everything and project the claims anew."""
        if self.unknown:
            posting.add_unknown_reasons(self.unknown)
            self._parties.directory.__dict__.pop("reasons", None)
        self._parties.save()
        self._match_lines()
        lines = [line for of_claim in self._lines for line in of_claim]
        touched = posting.add_decisions(self._decisions, lines, self._adjustments)
        posting.refresh(touched, matching.restate)

    def _match_lines(self) -> None:
        claims = {d.claim_id for d in self._decisions if d.claim_id is not None}
        billed = matching.billed_lines(claims)
        if not billed:
            return
        for decision, lines in zip(self._decisions, self._lines, strict=True):
            found = matching.match_lines(lines, billed.get(decision.claim_id or 0, []))
            for line, match in zip(lines, found, strict=True):
                if match is not None:
                    line.claim_line_id, line.matched_by = match[0].pk, match[1]


def joined(codes: Sequence[str], most: int) -> str:
    """Remark codes as one text, whole codes only."""
    text = ""
    for code in dict.fromkeys(codes):
        longer = f"{text} {code}".strip()
        if len(longer) > most:
            break
        text = longer
    return text
