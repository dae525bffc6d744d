from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import ConfigError
from gonerd_baselines.paper.check import Verdict, above, change, copied, figure, share
from gonerd_baselines.paper.interval import Interval, decimals, highest, mean, printed, total

RULES = (ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN)
SCORES = st.decimals("20", "99", places=4)
PLACES = st.integers(0, 2)
rules = st.sampled_from(RULES)


def as_printed(value: Decimal | Fraction, places: int, rule: str, *, sign: bool = False) -> str:
    decimal = (
        value
        if isinstance(value, Decimal)
        else Decimal(value.numerator) / Decimal(value.denominator)
    )
    return format(decimal.quantize(Decimal(1).scaleb(-places), rule), "+" if sign else "")


def test_a_printed_number_is_all_that_are_rounded_to_it() -> None:
    assert printed("84.2") == Interval(Fraction("84.15"), Fraction("84.25"))
    assert printed(".148") == Interval(Fraction("0.1475"), Fraction("0.1485"))
    assert printed("-39.9%") == Interval(Fraction("-39.95"), Fraction("-39.85"))
    assert printed("1.7k") == Interval(Fraction(1650), Fraction(1750))
    assert printed("3.5x") == printed("3.5")
    assert [decimals(text) for text in ("+423%", "1.7k", ".0050")] == [0, 1, 4]


@pytest.mark.parametrize("text", ["", "-", "k", ".", "1/2", "1e3", "nan"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no printed number"):
        printed(text)


@given(SCORES, PLACES, rules)
def test_a_number_is_in_the_interval_of_what_is_printed_of_it(
    value: Decimal, places: int, rule: str
) -> None:
    found = printed(as_printed(value, places, rule))
    assert found.low <= Fraction(value) <= found.high


@given(st.lists(SCORES, min_size=1, max_size=12), PLACES, PLACES, rules, rules)
def test_a_true_average_holds_however_both_are_rounded(
    values: list[Decimal], places: int, digits: int, rule: str, other: str
) -> None:
    numbers = [printed(as_printed(value, places, rule)) for value in values]
    truth = as_printed(Fraction(sum(map(Fraction, values)), len(values)), digits, other)
    assert figure("Table 1", (), "", truth, mean(numbers), "").verdict is not Verdict.FAILS


@given(SCORES, SCORES, PLACES, PLACES, rules, rules)
def test_a_true_change_or_share_holds_however_all_are_rounded(
    after: Decimal, before: Decimal, places: int, digits: int, rule: str, other: str
) -> None:
    a, b = (printed(as_printed(value, places, rule)) for value in (after, before))
    ratio = Fraction(after) / Fraction(before)
    kept = as_printed(100 * ratio, digits, other)
    more = as_printed(100 * ratio - 100, digits, other, sign=True)
    assert figure("Table 1", (), "", kept, share(a, b), "").verdict is not Verdict.FAILS
    assert figure("Table 1", (), "", more, change(a, b), "").verdict is not Verdict.FAILS


@given(st.lists(SCORES, min_size=1, max_size=6), rules)
def test_the_largest_and_the_sum_are_among_what_is_possible(
    values: list[Decimal], rule: str
) -> None:
    numbers = [printed(as_printed(value, 1, rule)) for value in values]
    for made, truth in ((highest(numbers), max(values)), (total(numbers), sum(values))):
        assert made.low <= Fraction(truth) <= made.high


@given(SCORES, SCORES, PLACES, rules)
def test_an_order_that_is_said_is_the_true_one(
    one: Decimal, other: Decimal, places: int, rule: str
) -> None:
    said = above(*(printed(as_printed(value, places, rule)) for value in (one, other)))
    if said is not None and one != other:
        assert said is (one > other)


def test_numbers_printed_alike_have_no_order() -> None:
    assert above(printed("1.0"), printed("1.0")) is None


def test_a_result_that_could_be_anything_confirms_nothing() -> None:
    wide = Interval(Fraction(25), Fraction(50))
    assert figure("Table 1", (), "", "35%", wide, "").verdict is Verdict.OPEN
    assert figure("Table 1", (), "", "24%", wide, "").verdict is Verdict.FAILS


def test_another_reading_explains_and_excuses_nothing() -> None:
    readings = [("doubled", printed("20.0")), ("tripled", printed("30.0"))]
    made = figure("Table 1", (), "", "20.0%", printed("10.0"), "", readings=readings)
    assert made.verdict is Verdict.FAILS
    assert "doubled" in made.why
    assert "tripled" not in made.why


def test_a_range_is_shown_where_rounding_leaves_it_open() -> None:
    assert printed("1.44").shown(1) == "1.4"
    assert Interval.exact(Fraction("1.45")).shown(2) == "1.45"
    wide = Interval(Fraction("1.34"), Fraction("1.46"))
    assert wide.shown(1, sign=True) == "+1.34 to +1.46"


def test_the_same_number_in_two_tables_shares_more_than_an_end() -> None:
    for text, verdict in (("68.7", Verdict.HOLDS), ("68.8", Verdict.FAILS)):
        assert copied("Table 8", (), "", text, printed("68.7"), "").verdict is verdict
    assert copied("Table 8", (), "", "68.70", printed("68.7"), "").verdict is Verdict.HOLDS


@pytest.mark.parametrize(("a", "b"), [("1", "0"), ("-1", "2")])
def test_a_division_that_would_turn_round_is_refused(a: str, b: str) -> None:
    with pytest.raises(ValueError, match="no negative number"):
        printed(a) / printed(b)
