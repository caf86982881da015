"""Every address of the project, and who may open it; one that is missing here fails a test.

The tables say it for a stranger, a manager, a biller, an auditor and an administrator, all of them
of one practice. Nobody is told anything of the other practice.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from analytics.registry import PAGES as KPIS
from rcm_site.tests.two_practices import (
    OURS,
    THEIRS,
    fill,
    log_ins,
    people,
    person,
    shared,
)

pytestmark = pytest.mark.django_db
KPI = next(iter(KPIS))
ROLES = ("stranger", "manager", "biller", "auditor", "administrator")

# The status for a GET, or where the row says so for a POST that assigns a claim. 302 for a stranger
# leads to the log-in, for others back to where they were; 409 says that a claim bills the visit.
PAGES = """
                                             stranger manager biller auditor administrator
healthz                                           200     200    200     200           200
accounts/login/                                   200     302    302     302           302
POST accounts/logout/                             302     302    302     302           302
accounts/password/                                302     200    200     200           200
audit/                                            302     403    403     200           200
                                                  302     200    200     200           200
kpis/<slug:slug>/                                 302     200    200     200           200
kpis/<slug:slug>/claims/                          302     200    200     200           200
claims/                                           302     200    200     200           200
POST claims/patient/                              302     403    302     302           302
POST claims/bulk/                                 302     200    200     403           200
POST claims/bulk/confirm/                         302     302    302     302           302
claims/bulk/report/                               302     302    302     302           302
claims/<int:pk>/                                  302     200    200     200           200
POST claims/<int:pk>/<slug:action>/               302     403    200     403           200
work-queue/                                       302     200    200     200           200
remittances/                                      302     200    200     200           200
remittances/<int:pk>/                             302     200    200     200           200
remittances/<int:pk>/post/                        302     403    200     403           200
remittances/<int:pk>/set-aside/                   302     403    200     403           200
remittances/unmatched/                            302     200    200     200           200
remittances/unmatched/<int:pk>/                   302     200    200     200           200
remittances/unmatched/<int:pk>/link/<int:claim>/  302     403    200     403           200
remittances/unmatched/<int:pk>/keep-aside/        302     403    200     403           200
remittances/unmatched/<int:pk>/put-back/          302     403    200     403           200
remittances/unbalanced/                           302     200    200     200           200
remittances/unbalanced/claims/                    302     200    200     200           200
remittances/unknown-codes/                        302     200    200     200           200
remittances/unmapped-departments/                 302     200    200     200           200
POST remittances/unmapped-departments/            302     403    302     403           302
patients/                                         302     403    200     200           200
patients/add/                                     302     403    200     403           200
patients/<uuid:pk>/                               302     403    200     200           200
patients/<uuid:pk>/edit/                          302     403    200     403           200
patients/<uuid:pk>/encounters/add/                302     403    200     403           200
encounters/<uuid:pk>/                             302     200    200     200           200
encounters/<uuid:pk>/edit/                        302     403    409     403           409
encounters/<uuid:pk>/line-items/add/              302     403    200     403           200
line-items/<int:pk>/edit/                         302     403    409     403           409
line-items/<int:pk>/remove/                       302     403    409     403           409
procedure-codes/                                  302     200    200     200           200
imports/                                          302     200    200     200           200
POST imports/upload/                              302     403    200     403           200
imports/uploads/<int:pk>/                         302     403    200     200           200
POST imports/uploads/<int:pk>/confirm/            302     403    302     403           302
POST imports/uploads/<int:pk>/discard/            302     403    302     403           302
imports/<int:pk>/                                 302     200    200     200           200
imports/<int:pk>/rejections.csv                   302     403    200     200           200
imports/<int:pk>/undo/                            302     403    200     403           200
admin/                                            302     200    200     200           200
admin/login/                                      200     302    302     302           302
POST admin/logout/                                302     302    302     302           302
admin/password_change/                            302     200    200     200           200
admin/password_change/done/                       302     200    200     200           200
admin/autocomplete/                               302     403    403     403           403
admin/jsi18n/                                     302     200    200     200           200
admin/r/<path:content_type_id>/<path:object_id>/  302     404    404     404           404
admin/billing/                                    302     200    200     200           200
admin/analytics/                                  302     200    200     200           200
admin/auth/                                       302     404    404     200           200
admin/axes/                                       302     404    404     200           200
admin/(?P<url>.*)$                                302     404    404     404           404
admin/billing/adjudication/<int:pk>/reverse/      302     403    200     403           200
admin/billing/appeal/<int:pk>/end/                302     403    200     403           200
admin/auth/user/<id>/password/                    302     403    403     403           200
"""

# What each may do with the records in the admin: look, add, change, delete; - is nothing at all.
ADMIN = """
                          manager biller auditor administrator
analytics.kpitarget       lacd    l      l       lacd
auth.group                -       -      l       lacd
auth.user                 -       -      l       lac
axes.accessattempt        -       -      l       ld
axes.accesslog            -       -      l       l
billing.adjudication      l       la     l       la
billing.appeal            l       la     l       la
billing.claim             l       lac    l       lacd
billing.department        l       l      l       lacd
billing.departmentrule    l       l      l       lacd
billing.encounter         l       lac    l       lacd
billing.importbatch       l       l      l       l
billing.importrejection   -       l      l       l
billing.note              l       la     l       la
billing.patient           -       lac    l       lacd
billing.patientpayment    l       la     l       la
billing.payer             l       l      l       lacd
billing.practice          l       l      l       lacd
billing.practiceaccess    -       -      l       lacd
billing.procedurecode     l       l      l       lacd
billing.provider          l       l      l       lacd
billing.reasoncategory    l       l      l       lacd
billing.reasoncode        l       l      l       lacd
billing.remittance        l       l      l       l
billing.staff             l       l      l       lacd
billing.staffactivity     l       l      l       l
billing.statuschange      l       la     l       la
billing.writeoff          l       la     l       la
"""
OF_A_MODEL = re.compile(r"^admin/(?P<app>\w+)/(?P<model>\w+)/(?P<page>.*)$")
NEEDED = {
    "": "l",
    "add/": "a",
    "<path:object_id>/history/": "l",
    "<path:object_id>/change/": "l",
    "<path:object_id>/delete/": "d",
}
FORMER = "<path:object_id>/"  # leads to the change page


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every address as its patterns are written."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, f"{prefix}{entry.pattern}")
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.pattern}"


def all_addresses() -> list[str]:
    """Every address, each list of an app in the admin on its own."""
    found = []
    for address in addresses(get_resolver()):
        if address.startswith("admin/^(?P<app_label>"):
            apps = address.partition("<app_label>")[2].partition(")")[0].split("|")
            found += [f"admin/{app}/" for app in apps]
        else:
            found.append(address)
    return found


def pages() -> dict[str, dict[str, int]]:
    """The first table: address (with its method) to role to status."""
    table = {}
    for line in PAGES.strip("\n").splitlines()[1:]:
        *address, stranger, manager, biller, auditor, administrator = line.split()
        statuses = map(int, (stranger, manager, biller, auditor, administrator))
        table[" ".join(address)] = dict(zip(ROLES, statuses, strict=True))
    return table


def of_models() -> dict[str, dict[str, str]]:
    """The second table: model to role to rights."""
    rows = [line.split() for line in ADMIN.strip("\n").splitlines()[1:]]
    return {row[0]: dict(zip(ROLES[1:], row[1:], strict=True)) for row in rows}


def expected(role: str) -> dict[str, int]:
    """The status of every address, as the tables say."""
    wanted = {address: statuses[role] for address, statuses in pages().items()}
    for label, rights in of_models().items():
        base = f"admin/{label.replace('.', '/')}/"
        wanted[base + FORMER] = 302
        for page, right in NEEDED.items():
            allowed = role != "stranger" and right in rights[role]
            wanted[base + page] = 302 if role == "stranger" else 200 if allowed else 403
    return wanted


def concrete(address: str, records: Mapping[str, Any]) -> str:
    """An address with the keys of these records in it."""
    if match := OF_A_MODEL.match(address):
        label = f"{match['app']}.{match['model']}"
        key = str(records[label].pk) if label in records and "<" in address else ""
        return "/" + re.sub(r"<(path:object_id|int:pk|id)>", key, address)
    claim, encounter = records["billing.claim"], records["billing.encounter"]
    keys = {
        "claims/<int:pk>": claim.pk,
        "patients/<uuid:pk>": encounter.patient_id,
        "encounters/<uuid:pk>": encounter.pk,
        "line-items/<int:pk>": records["billing.lineitem"].pk,
        "imports/uploads/<int:pk>": records["billing.upload"].pk,
        "imports/<int:pk>": records["billing.importbatch"].pk,
        "remittances/<int:pk>": records["billing.remittance"].pk,
        "remittances/unmatched/<int:pk>": records["unmatched"].pk,
    }
    for pattern, key in keys.items():
        address = address.replace(pattern, f"{pattern.partition('<')[0]}{key}")
    address = address.replace("<int:claim>", str(claim.pk))
    address = address.replace("<slug:action>", "note").replace("<slug:slug>", KPI)
    address = address.replace("<path:content_type_id>/<path:object_id>", "999999/1")
    return "/" + address.replace("(?P<url>.*)$", "no/such/page/")


def open_page(browser: Client, row: str, records: Mapping[str, Any]) -> Any:
    """The answer to a row of the first table, or to the address of a model's page."""
    method, _, address = row.rpartition(" ")
    if method == "POST":
        sent = {"action": "assign", "claim": records["billing.claim"].pk}
        return browser.post(concrete(address, records), sent)
    return browser.get(concrete(address, records))


@pytest.fixture
def ours() -> Mapping[str, Any]:
    """Our practice's records, and whatever belongs to none."""
    records = {**fill(OURS), **shared()}
    return {**records, **log_ins(person("colleague", OURS, group="Billers"))}


@pytest.fixture
def theirs() -> Mapping[str, Any]:
    """The other practice's records."""
    return {**fill(THEIRS), **log_ins(person("Hillary", THEIRS, group="Billers"))}


def test_every_address_has_a_row_and_every_row_an_address():
    rows = {row.rpartition(" ")[2] for row in expected("manager")}

    assert rows == set(all_addresses())


@pytest.mark.parametrize("role", ROLES)
def test_each_page_opens_for_those_who_may(role, ours):
    browser = people()[role]
    wanted = expected(role)
    last = ("accounts/logout/", "admin/logout/")
    found = {}
    for row in sorted(wanted, key=lambda row: row.endswith(last)):
        if row.endswith("admin/logout/") and role != "stranger":
            browser.force_login(User.objects.get(username=role))
        found[row] = open_page(browser, row, ours).status_code

    assert {
        row: (found[row], status) for row, status in wanted.items() if found[row] != status
    } == {}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_tells_anything_of_the_other_practice(role, ours, theirs):
    """Their keys in our addresses: refused, or answered without a word of theirs."""
    browser = people()[role]
    told = {}
    for row in expected(role):
        if row.endswith("logout/"):
            continue
        response = open_page(browser, row, {**ours, **theirs})
        names = re.findall(r"Hill\w*", _text(response))
        opened = response.status_code == 200 and _is_about(row, theirs)
        if opened or names or response.status_code >= 500:
            told[row] = (response.status_code, names[:3])

    assert told == {}


@pytest.mark.parametrize("role", ROLES[1:])
@pytest.mark.parametrize("term", ["Hi", "C-H", "MRN-H"])
def test_no_search_and_no_offer_tells_of_the_other_practice(role, term, ours, theirs):
    browser = people()[role]
    for label in of_models():
        listed = browser.get(f"/admin/{label.replace('.', '/')}/", {"q": term})
        assert "Hill" not in _text(listed)
    for model, field in (
        ("claim", "encounter"),
        ("claim", "department"),
        ("claim", "assignee"),
        ("claim", "practice"),
        ("claim", "replaces"),
        ("encounter", "patient"),
        ("encounter", "provider"),
        ("appeal", "claim"),
        ("staff", "login"),
        ("practiceaccess", "user"),
        ("practiceaccess", "practices"),
    ):
        asked = {"app_label": "billing", "model_name": model, "field_name": field, "term": term}
        assert "Hill" not in _text(browser.get("/admin/autocomplete/", asked))


@pytest.mark.parametrize("role", ["biller", "administrator"])
def test_what_belongs_to_the_other_practice_cannot_be_changed(role, ours, theirs):
    browser = people()[role]
    for label in of_models():
        if label not in theirs:
            continue
        base = f"/admin/{label.replace('.', '/')}/{theirs[label].pk}/"
        for page in ("change/", "delete/"):
            response = browser.post(base + page, {"post": "yes"})
            assert response.status_code in (302, 403, 404), (label, page)
            assert "Hill" not in _text(response)
        assert type(theirs[label]).objects.filter(pk=theirs[label].pk).exists()


def test_a_manager_is_told_no_patients_name_anywhere(ours):
    browser = people()["manager"]
    naming = [
        row
        for row in expected("manager")
        if not row.endswith("logout/")
        and re.search("Harborson|Harbora", _text(open_page(browser, row, ours)))
    ]

    assert naming == []


def test_without_a_group_nobody_sees_more_than_their_own_account(ours):
    """A practice alone gives no right to its numbers."""
    user = person("newcomer", OURS, group="Billers")
    user.groups.clear()
    User.objects.filter(pk=user.pk).update(is_staff=False)
    newcomer = Client()
    newcomer.force_login(user)
    opened = {
        row
        for row in expected("manager")
        if not row.startswith("POST")
        and not row.endswith("logout/")
        and open_page(newcomer, row, ours).status_code == 200
    }

    assert opened == {"healthz", "accounts/password/", "admin/login/"}


def test_the_demo_user_may_open_whatever_an_administrator_may(ours, admin_client):
    wanted = expected("administrator")
    refused = [
        row
        for row in wanted
        if not row.endswith("logout/")
        and wanted[row] != 403
        and open_page(admin_client, row, ours).status_code == 403
    ]

    assert refused == []


def _is_about(row: str, records: Mapping[str, Any]) -> bool:
    """Whether the address holds the key of one of these records."""
    match = OF_A_MODEL.match(row)
    label = f"{match['app']}.{match['model']}" if match else ""
    return re.search("(pk|_id|<id)>", row) is not None and (not match or label in records)


def _text(response: Any) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode()
    return str(response.content.decode())
