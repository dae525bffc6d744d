"""The order of steps, and what makes one another."""

from dataclasses import replace

import pytest

from gonerd.errors import ConfigError
from gonerd_baselines.configuration import value_from_text
from gonerd_baselines.reproduction.kind import settings_lines
from gonerd_baselines.reproduction.plan import Plan
from gonerd_baselines.reproduction.step import Step
from tests.baselines.reproduction.kinds import KINDS, step


def hashes(**places: str):
    return lambda place: places.get(place, "unknown")


def test_a_step_comes_after_all_that_it_reads() -> None:
    plan = Plan([step("d", "b", "c"), step("c", "a"), step("b", "a"), step("a")], {})
    names = [each.name for each in plan.steps]
    assert names == ["a", "b", "c", "d"]
    assert plan.before("d") == {"a", "b", "c"}


def test_what_a_table_needs_is_begun_only_when_its_own_turn_comes() -> None:
    plan = Plan([step("x", "y"), step("p"), step("y")], {"one": ["x"], "two": ["p", "y"]})
    assert [each.name for each in plan.steps] == ["y", "x", "p"]
    assert plan.tables_of("y") == ("one", "two")
    assert plan.tables_of("x") == ("one",)


def test_the_same_step_of_two_tables_stands_once() -> None:
    assert len(Plan([step("a"), step("a")], {}).steps) == 1


def test_a_long_chain_is_no_trouble() -> None:
    chain = [step(f"s{n}", *([f"s{n - 1}"] if n else [])) for n in reversed(range(3000))]
    assert [each.name for each in Plan(chain, {}).steps] == [f"s{n}" for n in range(3000)]


@pytest.mark.parametrize(
    ("steps", "wanted", "said"),
    [
        ([step("a"), replace(step("a"), settings={})], {}, "two different steps are called a"),
        ([step("a", "b")], {}, "step a reads b, which no step makes"),
        ([step("a")], {"table6": ["b"]}, "table6 is made of b, which no step makes"),
        ([step("a", "b"), step("b", "c"), step("c", "a")], {}, "waits for itself"),
    ],
)
def test_a_plan_that_can_not_be_run_is_refused(steps: list[Step], wanted: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Plan(steps, wanted)


def test_a_name_that_is_no_folder_is_refused() -> None:
    with pytest.raises(ConfigError, match="can't be a step's name"):
        step("../a")


def test_a_fingerprint_is_of_settings_data_and_all_steps_before() -> None:
    before = Plan([step("a", data=("x",)), step("b", "a"), step("c")], {}).fingerprints(
        hashes(x="1"), KINDS
    )
    other_data = Plan([step("a", data=("x",)), step("b", "a"), step("c")], {}).fingerprints(
        hashes(x="2"), KINDS
    )
    assert [name for name in before if before[name] != other_data[name]] == ["a", "b"]
    other = Plan([step("a", data=("x",)), step("b", "a", loud=True), step("c")], {}).fingerprints(
        hashes(x="1"), KINDS
    )
    assert [name for name in before if before[name] != other[name]] == ["b"]


def test_a_fingerprint_is_not_of_the_place_where_data_lies() -> None:
    one = Plan([step("a", data=("here/x",))], {}).fingerprints(lambda _: "1", KINDS)
    other = Plan([step("a", data=("there/x",))], {}).fingerprints(lambda _: "1", KINDS)
    assert one == other


def test_settings_are_lines_that_are_read_back_as_they_were() -> None:
    values = {"a": "0", "b": "0,3", "c": 3, "d": 1e-3, "e": [1, 2], "f": True, "g": "layers=1"}
    lines = settings_lines({"set": {**values, "h": "none"}})
    read = {line.partition("=")[0]: value_from_text(line.partition("=")[2]) for line in lines}
    assert read == {**values, "h": None}
