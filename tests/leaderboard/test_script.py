"""Values as scripts, and back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import SchemaError
from gonerd_leaderboard.script import script, script_values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, min_size=1, max_size=3))
def test_a_script_gives_back_its_values_and_is_ascii(values):
    text = script("board", *values)
    assert text.isascii()
    assert text.count("\n") == 1
    assert script_values(text, "board", "here") == values


def test_floats_have_six_places():
    assert script("x", {"f1": 0.123456789, "one": [1.0, 2]}) == (
        'gonerd.x({"f1":0.123457,"one":[1.0,2]});\n'
    )


def test_what_is_no_number_is_no_value():
    with pytest.raises(ValueError, match="not JSON compliant"):
        script("x", math.nan)


@pytest.mark.parametrize(
    "text",
    ["", "gonerd.entry(1);\n", "gonerd.board(1)", "gonerd.board({);\n", "gonerd.board(1);\n "],
)
def test_another_script_is_refused(text):
    with pytest.raises(SchemaError, match=r"a\.js: is no script that calls gonerd\.board"):
        script_values(text, "board", "a.js")
