"""A small practice whose queue can be ranked by head.

Of Harbor Clinic's ended denials, 3 of 4 at Aetna for missing information (16) were overturned and 1
of 6 at Cigna for authorization (197); the practice's overall share is 4 of 10.
"""

from datetime import date, timedelta

from analytics.tests.population import TODAY
from billing.models import Claim, Payer
from billing.tests.builders import decision, make_claim, make_payer, write_off

DENIED_ON = date(2026, 2, 1)


def ended_denial(*, overturned: bool, payer: str, reason: str, **options) -> Claim:
    """A denial that was paid after all, or given up."""
    denied = decision(on=DENIED_ON, denied="100.00", reason=reason)
    if overturned:
        paid = decision(on=date(2026, 3, 1), paid="100.00")
        return make_claim(payer=payer, decisions=[denied, paid], **options)
    given_up = write_off(on=date(2026, 3, 1), amount="100.00", for_denial=True)
    return make_claim(payer=payer, decisions=[denied], write_offs=[given_up], **options)


def history() -> None:
    """The ten denials that ended."""
    for position in range(4):
        ended_denial(overturned=position < 3, payer="Aetna", reason="16")
    for position in range(6):
        ended_denial(overturned=position < 1, payer="Cigna", reason="197")


def denied(
    number: str, *, payer: str = "Aetna", reason: str = "16", amount: str = "200.00",
    days_ago: int = 10, **options,
) -> Claim:  # fmt: skip
    """A claim that stands denied, its whole amount unless `billed` says more."""
    on = TODAY - timedelta(days=days_ago)
    billed = options.pop("billed", amount)
    return make_claim(
        number=number,
        payer=payer,
        billed=billed,
        decisions=[decision(on=on, denied=amount, reason=reason)],
        **options,
    )


def appeal_limit(payer: str, days: int) -> None:
    """How long a payer lets its denials be appealed."""
    make_payer(payer)
    Payer.objects.filter(name=payer).update(appeal_limit_days=days)


def stage() -> None:
    """History, and five claims to work: their values by head are beside them."""
    history()
    appeal_limit("Cigna", 60)
    denied("A")  # 200.00 × 50.0 % × 1.00 = 100.00
    denied("C", payer="Cigna", reason="197", amount="400.00", days_ago=40)  # × 31.3 % × 0.80
    denied("D", payer="Delta", amount="90.00", billed="300.00")  # 90.00 × 40.0 % = 36.00
    make_claim(number="E", billed="150.00")  # unanswered: 150.00 × 50.0 % = 75.00
    denied("F", payer="Cigna", reason="197", amount="900.00", days_ago=61)  # too late: 0
