"""Limits of payers and contracts in the admin: each person sets those of their own practices."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from billing.models import ContractLimits, Payer, PracticeAccess
from billing.tests.builders import make_payer, make_practice

pytestmark = pytest.mark.django_db
FORMS = {"identifiers-TOTAL_FORMS": 0, "identifiers-INITIAL_FORMS": 0}


@pytest.fixture
def page() -> Client:
    """The browser of an administrator of Harbor Clinic."""
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="Administrators"))
    PracticeAccess.objects.create(user=user).practices.set([make_practice()])
    client = Client()
    client.force_login(user)
    return client


def saved(page: Client, payer: Payer, **fields: object) -> bool:
    answer = page.post(
        reverse("admin:billing_payer_change", args=(payer.pk,)),
        {"name": payer.name, "kind": payer.kind, **FORMS, **fields},
    )
    return answer.status_code == 302


def contract(practice: str, *, days: int = 30) -> dict[str, object]:
    return {
        "contract_limits-TOTAL_FORMS": 1,
        "contract_limits-INITIAL_FORMS": 0,
        "contract_limits-0-practice": make_practice(practice).pk,
        "contract_limits-0-appeal_limit_days": days,
    }


def test_limits_are_set_for_the_payer_and_for_ones_own_practice(page):
    payer = make_payer("Aetna")
    assert saved(page, payer, filing_limit_days=90, **contract("Harbor Clinic"))

    payer.refresh_from_db()
    assert (payer.filing_limit_days, payer.appeal_limit_days) == (90, None)
    assert ContractLimits.objects.get().appeal_limit_days == 30


def test_another_practices_contract_is_neither_shown_nor_touched_nor_made(page):
    payer = make_payer("Aetna")
    hill = make_practice("Hill Clinic")
    ContractLimits.objects.create(practice=hill, payer=payer, appeal_limit_days=3571)
    address = reverse("admin:billing_payer_change", args=(payer.pk,))

    assert "3571" not in page.get(address).content.decode()
    assert not saved(page, payer, **contract("Hill Clinic"))
    assert saved(page, payer, **contract("Harbor Clinic"))
    assert ContractLimits.objects.get(practice=hill).appeal_limit_days == 3571


@pytest.mark.parametrize("days", [0, -1, 3_651, 99_999_999])
def test_an_absurd_limit_is_refused(page, days):
    payer = make_payer("Aetna")

    assert not saved(page, payer, **contract("Harbor Clinic", days=days))
    assert not saved(page, payer, filing_limit_days=days, **contract("Harbor Clinic"))
