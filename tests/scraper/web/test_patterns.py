"""Patterns of addresses against the regular expressions that they stand for."""

from __future__ import annotations

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from gonerd_scraper.web.patterns import fits


def expression(pattern: str, *, whole: bool) -> re.Pattern[str]:
    """The same as a regular expression, which takes n^k steps for k stars."""
    end = whole or pattern.endswith("$")
    parts = map(re.escape, pattern.removesuffix("$").split("*"))
    return re.compile(".*".join(parts) + (r"\Z" if end else ""))


@given(st.text("ab/*$", max_size=8), st.text("ab/$", max_size=10), st.booleans())
def test_a_pattern_fits_what_its_regular_expression_does(pattern, path, whole):
    found = expression(pattern, whole=whole).match(path) is not None
    assert fits(pattern, path, whole=whole) is found


def test_a_pattern_of_many_stars_is_no_burden():
    started = time.perf_counter()
    assert not fits("/" + "*a" * 200 + "*b", "/" + "a" * 2000)
    assert time.perf_counter() - started < 0.5
