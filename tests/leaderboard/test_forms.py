"""Cards, folder names and strangers' JSON: inverses, and inputs that must not crash."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonerd.errors import SchemaError
from gonerd_leaderboard.card import Card, card_from_toml, toml_from_card
from gonerd_leaderboard.fields import LONGEST_NAME
from gonerd_leaderboard.number import percent, rounded, short_count
from gonerd_leaderboard.result_file import result_from_record
from gonerd_leaderboard.slug import slug_from_name
from tests.leaderboard.factory import make_run

PRINTABLE = st.characters(exclude_categories=["Cs", "Cc"])
NAMES = st.text(PRINTABLE, min_size=1, max_size=LONGEST_NAME).filter(str.strip)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(name=NAMES, licence=NAMES | st.just(""), notes=NAMES | st.just(""))
def test_a_card_comes_back_from_its_file(name, licence, notes):
    card = Card(name=name, license=licence, notes=notes)
    assert card_from_toml(toml_from_card(card), "model.toml") == card


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "model.toml: not TOML"),
        ("", "field name is missing"),
        ('name = "a"\ncode = "b"', "field code is unknown"),
        ('name = "a"\nurl = "javascript:alert(1)"', "field url .* expected the form"),
        ("name = 1979-05-27", "field name is a date, expected a string"),
        ('name = "a"\n[license]', "field license is an object"),
    ],
)
def test_a_broken_card_is_refused(text, words):
    with pytest.raises(SchemaError, match=words):
        card_from_toml(text, "model.toml")


@given(st.text(max_size=300))
def test_any_name_gives_one_safe_folder_name(name):
    slug = slug_from_name(name)
    assert Path(slug).name == slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert slug[0] not in ".-"
    assert ".." not in slug
    assert 0 < len(slug) <= 60


@given(st.text("aA/-.é_1", max_size=6), st.text("aA/-.é_1", max_size=6))
def test_two_names_never_share_a_folder(one, other):
    assert (slug_from_name(one) == slug_from_name(other)) == (one == other)


def test_plain_names_stay_readable():
    assert slug_from_name("rules") == "rules"
    assert slug_from_name("acme/tagger-v2.1") == "acme--tagger-v2.1"
    assert slug_from_name("../../etc").startswith("etc-")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("fuzz") / "run")
    return json.loads((run / "result.json").read_text())


def _paths(value, path=()):
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield (*path, key)
        yield from _paths(inner, (*path, key))


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_field_is_read_or_refused_in_one_sentence(record, data):
    changed = json.loads(json.dumps(record))
    *parents, last = data.draw(st.sampled_from(list(_paths(record))))
    inner = changed
    for key in parents:
        inner = inner[key]
    inner[last] = data.draw(JSON)
    try:
        result = result_from_record(changed, "result.json")
    except SchemaError as problem:
        assert str(problem).startswith("result.json: ")  # noqa: PT017, not raised by most
        str(problem).encode()
    else:
        repr(result).encode()


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (1_234_567, "1.23M"),
        (148_659_000, "149M"),
        (999_999, "1.00M"),
    ],
)
def test_counts_are_short(count, text):
    assert short_count(count) == text


def test_shares_and_rates_have_few_digits():
    assert [percent(x) for x in (None, 0.0, 0.8125, 1.0)] == ["", "0.0", "81.2", "100.0"]
    assert [rounded(x) for x in (None, 0.384, 22.46, 3100.4)] == ["", "0.38", "22.5", "3,100"]
