"""Surrogates of single mentions: another value in the same form."""

import re

import pytest

from gonerd.surrogates import Surrogates, edited, kind_of, numbers_of_age


def surrogate(mention: str, kind: str, seed: str = "s") -> str:
    ages = numbers_of_age(mention) if kind == "AGE" else ()
    return edited(mention, Surrogates(seed, ages=ages).edits(mention, kind))


@pytest.mark.parametrize(
    ("mention", "form"),
    [
        ("42", r"\d\d"),
        ("42-year-old", r"\d\d-year-old"),
        ("9", r"\d|1[0-2]"),
        ("11", r"[1-9]|1[02]"),
        ("12-year-old", r"([1-9]|1[01])-year-old"),
        ("aged 07", r"aged (0[1-9]|1[0-2])"),
        ("aged 103", r"aged 1\d\d"),
        ("forty-two", r"(thirty|forty)(-\w+)?"),
        ("Forty two years old", r"(Thirty|Forty)( \w+)? years old"),
        ("seventeen", r"thirteen|fourteen|fifteen|sixteen"),
        ("in his 40s", r"in his [2-9]0s"),
        ("mid-fifties", r"mid-\w+ies"),
    ],
)
def test_an_age_stays_in_its_form_and_stage_of_life(mention: str, form: str) -> None:
    for seed in "abcdefgh":
        new = surrogate(mention, "AGE", seed)
        assert re.fullmatch(form, new), new
        assert new != mention
        assert not numbers_of_age(mention) & numbers_of_age(new)


@pytest.mark.parametrize(
    ("mention", "form"),
    [
        ("(614) 228-4301", r"\(\d{3}\) 555-01\d\d"),
        ("614.228.4301", r"\d{3}\.555\.01\d\d"),
        ("228-4301", r"555-01\d\d"),
        ("1-800-228-4301", r"1-800-555-01\d\d"),
        ("+1 614 228 4301 ext. 12", r"\+1 \d{3} 555 01\d\d ext\. \d\d"),
        ("1-800-GET-HELP", r"1-800-555-01\d\d"),
        ("+44 (0)20 7219 3000", r"\+44 \(0\)20 7946 0\d{3}"),
        ("07911 123456", r"07700 900\d{3}"),
        ("+49 30 1234567", r"\+49 00 0\d{6}"),
    ],
)
def test_a_phone_number_keeps_its_signs_and_goes_where_nobody_answers(
    mention: str, form: str
) -> None:
    for seed in "abcdefgh":
        new = surrogate(mention, "PHONE", seed)
        assert re.fullmatch(form, new), new
        assert new != mention


@pytest.mark.parametrize(
    ("mention", "form"),
    [
        ("12 Main Street", r"\d\d [A-Z][a-z]+ Street"),
        ("457 Gupta Blvd., Apt. 56", r"\d{3} [A-Z][a-z]+ Blvd\., Apt\. \d\d"),
        ("12 Main Street, Dayton, Ohio 45402", r"\d\d [A-Z][a-z]+ Street, [A-Z][a-z]+, Ohio 000\d\d"),
        ("P.O. Box 1234, Salem, NY 10001-0042", r"P\.O\. Box \d{4}, [A-Z][a-z]+, NY 000\d\d-\d{4}"),
        ("350 W. 42nd Street, Suite B", r"\d{3} W\. \d\d(st|nd|rd|th) Street, Suite [A-Z]"),
        ("950 PENNSYLVANIA AVENUE NW", r"\d{3} [A-Z]+ AVENUE NW"),
        ("One Penn Plaza", r"[A-Z][a-z]+ [A-Z][a-z]+ Plaza"),
        ("North Street", r"[A-Z][a-z]+ Street"),
        ("100 Park Avenue, New York, NY 10017", r"\d{3} (?!Park)[A-Z][a-z]+ Avenue, .*"),
        ("12 N. Court St.", r"\d\d N\. (?!Court)[A-Z][a-z]+ St\."),
        ("5 Luther King Jr. Blvd", r"\d [A-Z][a-z]+ [A-Z][a-z]+ Jr\. Blvd"),
        ("Rural Route 2, Box 17", r"Rural Route \d, Box \d\d"),
    ],
)  # fmt: skip
def test_an_address_keeps_its_shape(mention: str, form: str) -> None:
    for seed in "abcdefgh":
        new = surrogate(mention, "ADDRESS", seed)
        assert re.fullmatch(form, new), new
        assert not re.search(r"Main|Gupta|Dayton|45402|Penn\b|PENNSYLVANIA|1234", new)


@pytest.mark.parametrize(
    ("mention", "kind"),
    [("42", "AGE"), ("forty-two", "AGE"), ("9 months old", "AGE"), ("60s", "AGE"), ("555-0100", "PHONE"),
     ("(614) 228-4301 ext. 3", "PHONE"), ("12 Main Street", "ADDRESS"), ("P.O. Box 12", "ADDRESS")],
)  # fmt: skip
def test_a_mention_without_subtype_is_told_by_its_form(mention: str, kind: str) -> None:
    assert kind_of(mention) == kind


@pytest.mark.parametrize(
    ("mention", "kind", "zero"),
    [("٠١٢٣٤٥٦٧٨٩", "PHONE", "٠"), ("４２ Elm Street", "ADDRESS", "０"), ("٤٢", "AGE", "٠")],
)
def test_digits_of_other_scripts_are_replaced_by_digits_of_that_script(mention, kind, zero):
    made = edited(mention, Surrogates("seed", ages={42}).edits(mention, kind))
    digits = [c for c in made if c.isdecimal()]
    assert digits
    assert digits != [c for c in mention if c.isdecimal()]
    assert all(ord(zero) <= ord(c) <= ord(zero) + 9 for c in digits)
