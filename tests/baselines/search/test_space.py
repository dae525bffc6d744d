from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from gonerd.errors import ConfigError
from gonerd_baselines.search.config import SearchConfig, slices_of
from gonerd_baselines.search.space import (
    SECTION_OF,
    Range,
    read_space,
    starts,
    with_hyperparameters,
    within,
)
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.recipe import recipe_names


def test_a_space_is_read_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "about = 'mine'\n[learning_rate]\nlow = 1e-5\nhigh = 1e-3\nlog = true\n"
        "[clip]\nchoices = [0.5, 1, 2]\n"
    )
    found = read_space(str(path), ["dropout=0..0.3", "learning_rate=2e-5..1e-4:log"])
    assert found == {
        "learning_rate": Range(low=2e-5, high=1e-4, log=True),
        "clip": Range(choices=(0.5, 1, 2)),
        "dropout": Range(low=0.0, high=0.3),
    }
    assert found["dropout"].as_json() == {"low": 0.0, "high": 0.3, "log": False}
    assert found["clip"].as_json() == {"choices": [0.5, 1.0, 2.0]}
    assert read_space(None, ["clip=1,2"]) == {"clip": Range(choices=(1.0, 2.0))}


@pytest.mark.parametrize("name", recipe_names("search"))
def test_spaces_that_ship_are_read(name: str) -> None:
    assert set(read_space(name)) <= set(SECTION_OF)


def test_every_member_draws_from_a_part_of_its_own_in_every_range() -> None:
    space = {
        "learning_rate": Range(low=1e-6, high=1e-2, log=True),
        "dropout": Range(low=0.0, high=0.4),
        "clip": Range(choices=(0.5, 1.0)),
    }
    found = starts(space, population=4, seed=3)
    decades = sorted(math.floor(math.log10(each["learning_rate"])) for each in found)
    assert decades == [-6, -5, -4, -3]
    assert sorted(int(each["dropout"] * 10) for each in found) == [0, 1, 2, 3]
    assert sorted(each["clip"] for each in found) == [0.5, 0.5, 1.0, 1.0]
    assert found == starts(space, population=4, seed=3)
    assert found != starts(space, population=4, seed=4)
    # another range beside changes nothing of the others' draws
    alone = starts({"dropout": space["dropout"]}, population=4, seed=3)
    assert [each["dropout"] for each in alone] == [each["dropout"] for each in found]


def test_what_has_left_its_range_goes_back_to_the_nearest_end() -> None:
    space = {"dropout": Range(low=0.1, high=0.3), "clip": Range(choices=(1.0, 2.0))}
    values = {"dropout": 0.36, "clip": 2.0, "member": 4}
    assert within(space, values) == {"dropout": 0.3, "clip": 2.0, "member": 4}
    assert within(space, {"dropout": 0.08, "clip": 1.0})["dropout"] == 0.1


def test_hyperparameters_go_into_the_tables_of_a_recipe() -> None:
    made = with_hyperparameters(FINETUNE_SECTIONS, {"learning_rate": 1e-3, "dropout": 0.2})
    assert made["training"] == TrainingConfig(learning_rate=1e-3)
    assert made["task"].dropout == 0.2
    assert FINETUNE_SECTIONS["task"].dropout is None


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (["lr=1e-5..1e-3"], "--set-range lr=1e-5..1e-3: 'lr' is unknown; expected learning_rate, "),
        (["seed=1,2"], "'seed' can't be searched: a member goes on where another stands in the"),
        (["epochs=1,2"], "'epochs' can't be searched: members are compared at the same"),
        (["optimizer=1,2"], "'optimizer' can't be searched: the state of one does not fit another"),
        (["dropout=0.3..0.1"], "--set-range dropout=0.3..0.1: 0.3 to 0.1 is empty; expected low"),
        (["dropout=0.1..0.1"], "0.1 to 0.1 is empty"),
        (["dropout=0..1.5"], "dropout is 1.5, expected 0 or more and less than 1"),
        (["learning_rate=0..1e-3"], "learning_rate is 0.0, expected more than 0"),
        (["weight_decay=0..0.1:log"], "low is 0, and a logarithm needs more than 0"),
        (["layer_decay=0.8..1"], "layer_decay reaches 1, expected less than 1"),
        (["clip=1"], "the choices are fewer than two"),
        (["clip=nan..2"], "low is nan, expected a finite number or none"),
        (["dropout=0..0.1:cube"], "--set-range 'dropout=0..0.1:cube': expected key=low..high"),
        (["dropout"], "--set-range 'dropout': expected key=low..high"),
        (["dropout=a..b"], "expected key=low..high, key=low..high:log or key=a,b,c"),
        ([], "the space is empty; expected ranges for learning_rate"),
    ],
)
def test_a_range_that_makes_no_sense_is_one_sentence(ranges: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as problem:
        read_space(None, ranges)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dropout = 0.1", "dropout]: found float, expected keys and values"),
        ("[dropout]\nlow = 0.1", "low or high is missing; expected both, or choices"),
        ("[dropout]\nlow = 0\nchoices = [0.1, 0.2]", "choices stand alone; expected no low, high"),
        ("[dropout]\nlow = 0\nup = 1", "'up' is unknown; expected choices, high, log, low"),
        ("[precision]\nlow = 0\nhigh = 1", "'precision' can't be searched"),
    ],
)
def test_a_file_that_makes_no_sense_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as problem:
        read_space(str(path))
    assert str(problem.value).startswith(str(path))
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"population": 1}, "population is 1, expected 2 or more"),
        ({"perturb_every": 0}, "perturb_every is 0, expected 1 or more"),
        ({"quantile": 0.6}, "quantile is 0.6, expected more than 0 and at most 0.5"),
        ({"resample": 1.1}, "resample is 1.1, expected 0 to 1"),
    ],
)
def test_a_population_that_makes_no_sense_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as problem:
        SearchConfig(**values)
    assert str(problem.value) == said


def test_slices_are_counted_by_evaluations() -> None:
    assert slices_of(TrainingConfig(epochs=10), 1) == 10
    assert slices_of(TrainingConfig(epochs=10), 3) == 4
    assert slices_of(TrainingConfig(steps=1001, evaluate_steps=100), 2) == 6
    for config in (
        TrainingConfig(steps=100),
        TrainingConfig(epochs=4, evaluate_steps=10),
        TrainingConfig(tokens=9, evaluate_steps=3),
    ):
        with pytest.raises(ConfigError, match="expected a recipe with steps and evaluate_steps"):
            slices_of(config, 1)
    with pytest.raises(ConfigError, match="has 1 evaluation and a turn comes after 1; expected"):
        slices_of(TrainingConfig(epochs=1), 1)
