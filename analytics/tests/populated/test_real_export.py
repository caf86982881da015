"""A real billing export: the pages, the report command and a plain count of the files agree.

The count here knows the files and KPIS.md, and nothing of the import.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from statistics import mean, median
from typing import Any

import pytest

from analytics.tests.shared_files import load, needs_files, on_page, read, reported

pytestmark = pytest.mark.django_db

EXPORT = "aaronmsmithmail-byte__RCM__{}.csv"
WRITE_OFFS = ("WRITEOFF", "SMALL_BAL", "CHARITY", "ADMIN")
CONTRACTUAL = ("CONTRACTUAL", "PROMPT_PAY")
ZERO = Decimal(0)


class Counted:
    """One claim of the export, read from its rows alone."""

    def __init__(self, claim, payer, payments, denials, adjustments, *, day):
        self.payer = payer
        self.billed = Decimal(claim["total_charge_amount"])
        self.sent = date.fromisoformat(claim["submission_date"])
        self.service = date.fromisoformat(claim["date_of_service"])
        insurers = sorted(
            (on, Decimal(row["payment_amount"]))
            for on, row in payments
            if row["payer_id"] != "PATIENT"
        )
        self.payments = [(on, amount) for on, amount in insurers if on <= day]
        denial = next((row for on, row in denials if on <= day), None)
        payments = [row for on, row in payments if on <= day]
        adjustments = [row for on, row in adjustments if on <= day]
        self.patient_paid = sum(
            (Decimal(row["payment_amount"]) for row in payments if row["payer_id"] == "PATIENT"),
            ZERO,
        )
        self.collected = sum((amount for _, amount in self.payments), self.patient_paid)
        self.contractual = self._adjusted(adjustments, CONTRACTUAL)
        self.written_off = self._adjusted(adjustments, WRITE_OFFS)
        self.is_decided = bool(denial or self.payments)
        self.is_duplicate = denial is not None and denial["denial_reason_code"] == "DUP"
        self.is_denied = denial is not None and not self.is_duplicate
        self.is_partly = claim["claim_status"] == "Partially Paid"
        self.denied_on = date.fromisoformat(denial["denial_date"]) if denial else None
        self.denied = Decimal(denial["denied_amount"]) if denial and self.is_denied else ZERO
        self.appeal = self._appeal(denial, [on for on, amount in insurers if amount > 0], day)
        self.status, self.balance = self._stand()

    def _appeal(self, denial, paid_on, day):
        """An appeal that is won ends on its first payment, one that is lost when it was filed."""
        if not denial or not denial["appeal_date"]:
            return "Not Appealed"
        filed_on = date.fromisoformat(denial["appeal_date"])
        if filed_on > day:
            return "Not Appealed"
        ended_on = next((on for on in paid_on if on >= filed_on), filed_on)
        is_over = denial["appeal_status"] == "Lost" or ended_on <= day
        return denial["appeal_status"] if is_over else "In Progress"

    def _adjusted(self, adjustments, kinds):
        amounts = (
            Decimal(row["adjustment_amount"])
            for row in adjustments
            if row["adjustment_type_code"] in kinds
        )
        return sum(amounts, ZERO)

    def _stand(self):
        if self.is_decided:
            paid_later = sum((a for d, a in self.payments if self._is_later(d)), ZERO)
            owed = max(self.denied - paid_later, ZERO)
            if self.appeal == "Won" and self.payments:
                owed = ZERO
        else:
            owed = self.billed
        balance = max(owed - self.written_off, ZERO)
        if (owed and not balance) or (self.is_duplicate and not self.payments):
            return "closed", ZERO
        if self.appeal == "In Progress":
            return "appealed", balance
        if not self.is_decided:
            return "pending", balance
        return ("denied" if balance else "paid"), balance

    def _is_later(self, day):
        return self.denied_on is not None and day >= self.denied_on

    @property
    def days_to_pay(self):
        first = next((day for day, amount in self.payments if amount > 0), None)
        days = (first - self.sent).days if first else -1
        return days if days >= 0 else None

    @property
    def is_overturned(self):
        return self.is_denied and any(d > self.denied_on and a > 0 for d, a in self.payments)


def count_files(day=date.max):
    """The claims as the rows dated up to `day` leave them."""
    payers = {row["payer_id"]: row["payer_name"] for row in read(EXPORT.format("payers"))}
    rows: dict[str, Any] = {}
    for kind, dated in (
        ("payments", "payment_date"),
        ("denials", "denial_date"),
        ("adjustments", "adjustment_date"),
    ):
        rows[kind] = defaultdict(list)
        for row in read(EXPORT.format(kind)):
            rows[kind][row["claim_id"]].append((date.fromisoformat(row[dated]), row))

    def rows_of(claim):
        return rows["payments"][claim], rows["denials"][claim], rows["adjustments"][claim]

    return [
        Counted(claim, payers[claim["payer_id"]], *rows_of(claim["claim_id"]), day=day)
        for claim in read(EXPORT.format("claims"))
        if date.fromisoformat(claim["submission_date"]) <= day
    ]


@pytest.fixture(scope="module")
def files(rolled_back):
    kinds = ("payers", "providers", "patients", "encounters", "charges", "claims")
    names = [EXPORT.format(k) for k in (*kinds, "payments", "denials", "adjustments")]
    needs_files(*names)
    with rolled_back():
        load("rcm-export", *names)
        yield count_files()


def percent(part, whole):
    return round(float(100 * Decimal(part) / Decimal(whole)), 4)


def group(claims):
    found = defaultdict(list)
    for claim in claims:
        found[claim.payer].append(claim)
    return found


# What each number is in all, and how a plain count of some claims gives it. The first figure is
# the part, the second the whole; both were counted by others from the same files.


def decided(claims):
    return [claim for claim in claims if claim.is_decided]


def denial_numbers(claims):
    of = decided(claims)
    denied = [claim for claim in of if claim.is_denied]
    return {
        "decided": len(of),
        "denied": len(denied),
        "denied_in_full": sum(not claim.is_partly for claim in denied),
        "resolved": sum(not claim.is_denied and not claim.is_duplicate for claim in of),
        "denied_amount": f"{sum((claim.denied for claim in denied), ZERO):.2f}",
        "billed": f"{sum((claim.billed for claim in of), ZERO):.2f}",
    }


def test_the_files_hold_what_was_counted_before(files):
    assert denial_numbers(files) == {
        "decided": 2_575,
        "denied": 342,
        "denied_in_full": 298,
        "resolved": 2_189,
        "denied_amount": "559893.99",
        "billed": "6378085.73",
    }
    days = [claim.days_to_pay for claim in files if claim.days_to_pay is not None]
    assert (len(days), round(mean(days), 2), median(days)) == (2_347, 52.04, 52)
    owing = [claim for claim in files if claim.balance > 0]
    assert len(owing) == 476
    assert sum(claim.balance for claim in owing) == Decimal("879433.33")
    assert sum(claim.status == "pending" for claim in owing) == 225


@pytest.mark.parametrize(
    ("slug", "part", "whole", "rate"),
    [
        ("initial-denial-rate", "denied", "decided", 13.2816),
        ("full-denial-rate", "denied_in_full", "decided", 11.5728),
        ("first-pass-rate", "resolved", "decided", 85.0097),
        ("initial-denial-dollars", "denied_amount", "billed", 8.7784),
    ],
)
def test_denial_rates_agree_in_all_and_for_every_payer(slug, part, whole, rate, files, browser):
    for payer, claims in [("", files), *group(files).items()]:
        wanted = denial_numbers(claims)
        options = ("--payer", payer) if payer else ()
        total = reported(slug, *options)["total"]
        shown = on_page(browser, slug, **({"payer": payer} if payer else {}))

        assert (total[part], total[whole]) == (wanted[part], wanted[whole])
        for name in (part, whole):
            assert Decimal(str(getattr(shown, name))) == Decimal(str(wanted[name]))
        if Decimal(str(wanted[whole])):
            assert total["rate"] == percent(wanted[part], wanted[whole])
        if not payer:
            assert total["rate"] == rate


def test_the_breakdown_by_payer_agrees(files):
    rows = {row["payer"]: row for row in reported("denials-by-payer")["rows"]}

    wanted = {payer: denial_numbers(claims) for payer, claims in group(decided(files)).items()}

    assert rows.keys() == wanted.keys()
    for payer, numbers in wanted.items():
        assert {name: rows[payer][name] for name in numbers} == numbers


def test_days_to_pay_agree_in_all_and_for_every_payer(files, browser):
    def numbers(claims):
        days = [claim.days_to_pay for claim in claims if claim.days_to_pay is not None]
        return {
            "claims": len(days),
            "mean_days": round(mean(days), 2),
            "median_days": float(median(days)),
        }

    found = reported("days-to-pay-by-payer")
    rows = {row["payer"]: row for row in found["rows"]}
    paid = [claim for claim in files if claim.days_to_pay is not None]

    assert (
        found["total"].items() >= {"claims": 2_347, "mean_days": 52.04, "median_days": 52.0}.items()
    )
    assert reported("days-to-pay")["total"]["mean_days"] == 52.04
    assert rows.keys() == group(paid).keys()
    for payer, claims in group(paid).items():
        assert rows[payer].items() >= numbers(claims).items(), payer
    assert on_page(browser, "days-to-pay").median_days == 52


def aging_numbers(claims, today):
    numbers = dict.fromkeys(
        ("band_0_30", "band_31_60", "band_61_90", "band_91_120", "band_over_120"), ZERO
    )
    for claim in claims:
        age = (today - claim.service).days
        limits = ((30, "band_0_30"), (60, "band_31_60"), (90, "band_61_90"), (120, "band_91_120"))
        band = next((name for limit, name in limits if age <= limit), "band_over_120")
        numbers[band] += claim.balance
    return {
        "claims": len(claims),
        **{name: f"{amount:.2f}" for name, amount in numbers.items()},
        "balance": f"{sum((claim.balance for claim in claims), ZERO):.2f}",
    }


def test_what_is_owed_agrees_in_all_and_for_every_payer(files, browser, today):
    owing = [claim for claim in files if claim.balance > 0]
    total = reported("aging")["total"]

    assert (total["balance"], total["claims"], total["pending"]) == ("879433.33", 476, 225)
    assert total["denied"] == sum(claim.status == "denied" for claim in owing)
    assert total["appealed"] == sum(claim.status == "appealed" for claim in owing)
    shown = on_page(browser, "aging")
    assert (shown.balance, shown.claims) == (Decimal("879433.33"), 476)
    rows = {row["payer"]: row for row in reported("aging-by-payer")["rows"]}
    assert rows.keys() == group(owing).keys()
    for payer, claims in group(owing).items():
        assert rows[payer].items() >= aging_numbers(claims, today).items(), payer


@pytest.mark.parametrize("day", [date(2024, 6, 30), date(2024, 12, 31)])
def test_what_was_owed_on_a_past_day_agrees_for_every_payer(day, files):
    owing = [claim for claim in count_files(day) if claim.balance > 0]
    rows = {row["payer"]: row for row in reported("aging-by-payer", f"--as-of={day}")["rows"]}

    assert rows.keys() == group(owing).keys()
    for payer, claims in group(owing).items():
        assert rows[payer].items() >= aging_numbers(claims, day).items(), payer
    total = reported("aging", f"--as-of={day}")["total"]
    for status in ("pending", "denied", "appealed"):
        assert total[status] == sum(claim.status == status for claim in owing), status


def test_overturned_denials_agree_in_all_and_for_every_payer(files):
    ended = [
        claim
        for claim in files
        if claim.is_denied
        and (claim.is_overturned or (claim.status == "closed" and claim.written_off))
    ]
    found = reported("overturn-rate")
    rows = {row["payer"]: row for row in found["rows"]}

    assert found["total"]["overturned"] == sum(claim.is_overturned for claim in ended)
    assert found["total"]["ended"] == len(ended)
    assert rows.keys() == group(ended).keys()
    for payer, claims in group(ended).items():
        assert rows[payer]["overturned"] == sum(claim.is_overturned for claim in claims)
        assert rows[payer]["ended"] == len(claims)


def test_appeals_agree_in_all_and_for_every_payer(files):
    ended = [claim for claim in files if claim.appeal in ("Won", "Lost")]
    found = reported("appeal-win-rate")
    rows = {row["payer"]: row for row in found["rows"]}

    assert (found["total"]["won"], found["total"]["ended"]) == (74, 178)
    assert rows.keys() == group(ended).keys()
    for payer, claims in group(ended).items():
        assert rows[payer]["won"] == sum(claim.appeal == "Won" for claim in claims)
        assert rows[payer]["ended"] == len(claims)


def test_net_collection_agrees_in_all_and_for_every_payer(files, today):
    def month_end(day):
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    ripe = [c for c in files if (today - month_end(c.service)).days >= 120 and c.sent <= today]

    def numbers(claims):
        billed = sum((c.billed for c in claims), ZERO)
        collected = sum((c.collected for c in claims), ZERO)
        collectible = billed - sum((c.contractual for c in claims), ZERO)
        return {
            "claims": len(claims),
            "collected": f"{collected:.2f}",
            "collectible": f"{collectible:.2f}",
            "billed": f"{billed:.2f}",
            "rate": percent(collected, collectible),
        }

    assert reported("net-collection")["total"].items() >= numbers(ripe).items()
    rows = {row["payer"]: row for row in reported("collection-by-payer")["rows"]}
    assert rows.keys() == group(ripe).keys()
    for payer, claims in group(ripe).items():
        assert rows[payer].items() >= numbers(claims).items(), payer


def test_submission_lag_agrees(files):
    lags = [(claim.sent - claim.service).days for claim in files]

    total = reported("submission-lag")["total"]

    assert total["claims"] == 2_800
    assert total["mean_days"] == pytest.approx(mean(lags), abs=0.0051)
