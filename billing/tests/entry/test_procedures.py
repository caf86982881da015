"""Finding procedure codes."""

import pytest

from billing.entry.procedures import OFFERED, matching, near, normalized
from billing.models import ProcedureCode

pytestmark = pytest.mark.django_db
URL = "/procedure-codes/"


def found(term: str) -> list[str]:
    return [code.code for code in matching(term)]


@pytest.mark.parametrize(
    ("term", "codes_found"),
    [
        ("9921", ["99212", "99213", "99214"]),
        ("j1", ["J1885"]),
        ("visit short", ["99213"]),
        ("SHOT pain", ["J1885"]),
        ("93000 · ECG, twelve leads", ["93000"]),
        ("%", []),
        ("e_g", []),
        ("a\x00", []),
        ("zzz", []),
    ],
)
def test_a_term_begins_a_code_or_names_words_of_its_description(codes, term, codes_found):
    assert found(term) == codes_found


def test_no_more_are_offered_than_a_list_can_show():
    ProcedureCode.objects.bulk_create(ProcedureCode(code=f"A{n:04}") for n in range(50))

    assert len(matching("A")) == OFFERED


@pytest.mark.parametrize(
    ("typed", "first"), [("99231", "99213"), ("93001", "93000"), ("99213X", "99213"), ("", "93000")]
)
def test_a_mistyped_code_comes_near_others(codes, typed, first):
    assert near(typed)[0].code == first


def test_a_code_is_read_without_its_description_and_in_capitals():
    assert normalized(" j1885 · Pain shot ") == "J1885"


def test_the_list_holds_codes_as_options_and_says_what_a_whole_code_means(biller, codes):
    text = biller.get(URL, {"q": "9921"}).text
    assert text.count("<option") == 3
    assert "Return visit, short</option>" in text

    whole = " ".join(biller.get(URL, {"procedure": "99213"}).text.split())
    assert (
        '<span id="procedure-wording" hx-swap-oob="innerHTML"> Return visit, short </span>' in whole
    )


def test_the_list_says_when_nothing_fits_and_shows_html_as_text(biller, codes):
    text = biller.get(URL, {"q": "<b>zzz"}).text

    assert "No code or description fits “&lt;b&gt;zzz”" in text


@pytest.mark.parametrize("term", ["", "x" * 5000, "\x00", "'--", "٣٣"])
def test_odd_terms_are_answered(biller, codes, term):
    assert biller.get(URL, {"q": term}).status_code == 200


def test_a_list_takes_two_queries(codes, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        matching("9921")
