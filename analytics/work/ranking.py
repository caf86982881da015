"""What a claim in the work queue is worth: amount × share overturned × time left.

The database ranks by whole numbers (cents × thousandths × hundredths), so that both engines order
alike, and a row shows the very numbers that it is ranked by:

    $420.00 × 29.6 % (12 of 40 overturned …) × 0.80 (24 days left) = $99.46

*Amount* is what is expected, but never more than the balance that can be had. *Share* is the
practice's own share of denials overturned (KPIS, overturn-rate) at this payer and in this category,
drawn towards the practice's overall share by `WEIGHT` denials, so that one lucky case is no
hundred per cent. *Time* falls in steps as the deadline nears and is nothing once it has passed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import BigIntegerField, Case, Count, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Least, Round

from analytics.kpis.payments import ended_denials
from analytics.scope import Scope
from analytics.values import cents
from billing.choices import ClaimStatus
from billing.deadlines import Clocks, Deadline
from billing.models import Claim

WEIGHT = 10  # denials' worth of the overall share that every group is mixed with
WHOLE_SHARE = 1_000  # thousandths: where no denial of the practice has ended yet
# From so many days left on, in hundredths; less time is less worth, but the last day is in time.
STEPS = ((90, 100), (60, 95), (30, 90), (14, 80), (7, 70), (0, 50))
NO_DEADLINE, TOO_LATE = 100, 0
POINTS = 10_000_000  # of one dollar: 100 cents × 1,000 × 100
IN_PLAY = Q(overturned_on__isnull=False) | Q(denial_written_off_on__isnull=False)

# A practice, a payer, and a category: None where no reason is given, ANY for the payer as a whole.
Group = tuple[int, int, str | None]
ANY, EVERY_PAYER = "*", 0


@dataclass(frozen=True, slots=True)
class Share:
    """How many denials were overturned of those that ended, and what that comes to."""

    overturned: int
    ended: int
    all_overturned: int
    all_ended: int

    @property
    def overall(self) -> Fraction | None:
        """The practice's own share; None where no denial of it has ended."""
        return Fraction(self.all_overturned, self.all_ended) if self.all_ended else None

    @property
    def thousandths(self) -> int:
        """(overturned + WEIGHT × overall) ÷ (ended + WEIGHT), to a tenth of a per cent."""
        if self.overall is None:
            return WHOLE_SHARE
        share = (self.overturned + WEIGHT * self.overall) / (self.ended + WEIGHT)
        return int(share * WHOLE_SHARE + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Shares:
    """Overturned and ended denials of every group with an ended one, of payers and of practices."""

    counts: Mapping[Group, tuple[int, int]]

    @classmethod
    def read(cls, scope: Scope) -> "Shares":
        """Over all time, in one grouped query; each practice by itself."""
        rows = (
            ended_denials(scope)
            .filter(IN_PLAY)
            .order_by()
            .values("practice_id", "payer_id", category=F("main_reason__category"))
            .annotate(
                ended=Count("pk"),
                overturned=Count("pk", filter=Q(overturned_on__lte=scope.as_of)),
            )
        )
        counts: defaultdict[Group, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for r in rows:
            practice, payer = r["practice_id"], r["payer_id"]
            groups: list[Group] = [
                (practice, payer, r["category"]),
                (practice, payer, ANY),
                (practice, EVERY_PAYER, ANY),
            ]
            for group in groups:
                overturned, ended = counts[group]
                counts[group] = (overturned + r["overturned"], ended + r["ended"])
        return cls(dict(counts))

    def of(self, claim: Claim) -> Share:
        """The share that a claim is ranked by; one that nobody denied has no category."""
        category: str | None = ANY
        if claim.status == ClaimStatus.DENIED:
            category = claim.main_reason.category_id if claim.main_reason else None
        return self.share((claim.practice_id, claim.payer_id, category))

    def share(self, group: Group) -> Share:
        """The share of one group."""
        nothing = (0, 0)
        whole = self.counts.get((group[0], EVERY_PAYER, ANY), nothing)
        return Share(*self.counts.get(group, nothing), *whole)

    def thousandths(self) -> Combinable:
        """The share of each claim, in the database: by practice, then payer, then category."""
        tree: defaultdict[int, defaultdict[int, list[str | None]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for practice, payer, category in self.counts:
            if payer != EVERY_PAYER and category != ANY:
                tree[practice][payer].append(category)
        whens: list[When] = []
        for practice, payers in tree.items():
            # A group without an ended denial has the overall share of its practice.
            rest = self.share((practice, EVERY_PAYER, None)).thousandths
            denied = [
                When(payer=payer, then=self._of_categories(practice, payer, names, rest))
                for payer, names in payers.items()
            ]
            others = [When(payer=payer, then=self._value(practice, payer, ANY)) for payer in payers]
            whens += [
                When(practice=practice, status=ClaimStatus.DENIED, then=_case(denied, rest)),
                When(practice=practice, then=_case(others, rest)),
            ]
        return _case(whens, WHOLE_SHARE)

    def _of_categories(
        self, practice: int, payer: int, names: Sequence[str | None], rest: int
    ) -> Case:
        return _case(
            [
                When(
                    Q(main_reason=None) if name is None else Q(main_reason__category=name),
                    then=self._value(practice, payer, name),
                )
                for name in names
            ],
            rest,
        )

    def _value(self, practice: int, payer: int, category: str | None) -> Value:
        return Value(self.share((practice, payer, category)).thousandths)


def time_left(clocks: Clocks, today: date) -> Combinable:
    """How much the time left is worth, in hundredths, in the database."""
    whens = [When(clocks.passed(today), then=Value(TOO_LATE))]
    last = STEPS[0][0] - 1
    for first, hundredths in STEPS[1:]:
        within = clocks.due(today + timedelta(days=first), today + timedelta(days=last))
        whens.append(When(within, then=Value(hundredths)))
        last = first - 1
    return _case(whens, NO_DEADLINE)


def time_worth(days_left: int | None) -> int:
    """The same for a number of days: None where no deadline is known."""
    if days_left is None:
        return NO_DEADLINE
    return next((worth for days, worth in STEPS if days_left >= days), TOO_LATE)


def steps_in_words() -> list[str]:
    """The steps as a page says them: "0.80 from 14 days left"."""
    return [f"{worth / 100:.2f} from {days} days left" for days, worth in STEPS[:-1]] + [
        f"{STEPS[-1][1] / 100:.2f} to the last day",
        "nothing once it has passed",
    ]


def amount_in_play() -> Combinable:
    """The lesser of expected and balance; the expected of a draft, which owes nothing yet."""
    return Case(
        When(status=ClaimStatus.DRAFT, then=F("expected")), default=Least("expected", "balance")
    )


def recoverable(shares: Shares, clocks: Clocks, today: date) -> Combinable:
    """What a claim is worth in the database, in POINTS of a dollar."""
    whole_cents = Cast(Round(amount_in_play() * 100), BigIntegerField())
    return whole_cents * shares.thousandths() * time_left(clocks, today)


def _case(whens: Sequence[When], default: int) -> Case:
    return Case(*whens, default=Value(default), output_field=BigIntegerField())


@dataclass(frozen=True, slots=True)
class Worth:
    """The arithmetic of one claim; dollars, thousandths and hundredths as they are multiplied."""

    amount: Decimal
    is_balance: bool
    is_assumed: bool
    share: Share
    deadline: Deadline | None
    days_left: int | None

    @classmethod
    def of(cls, claim: Claim, shares: Shares, clocks: Clocks, today: date) -> "Worth":
        """What a claim is worth as it stands; costs no query where its reason is at hand."""
        deadline = clocks.deadline(claim)
        is_draft = claim.status == ClaimStatus.DRAFT
        is_balance = not is_draft and claim.balance < claim.expected
        return cls(
            cents(claim.balance if is_balance else claim.expected),
            is_balance,
            claim.expected_assumed and not is_balance,
            shares.of(claim),
            deadline,
            None if deadline is None else deadline.days_left(today),
        )

    @property
    def time(self) -> int:
        """Hundredths."""
        return time_worth(self.days_left)

    @property
    def points(self) -> int:
        """As the database ranks it."""
        return int(self.amount * 100) * self.share.thousandths * self.time

    @property
    def value(self) -> Decimal:
        """Dollars, to the cent."""
        return dollars(self.points)


def dollars(points: int) -> Decimal:
    """What so many points are in dollars."""
    return cents(Decimal(points) / POINTS)
