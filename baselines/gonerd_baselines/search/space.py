"""What a search may change while a model trains, in which ranges, and the first draws from them."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.configuration import config_from_values, values_from_config
from gonerd_baselines.tasks.options import FINETUNE_SECTIONS
from gonerd_baselines.training.recipe import ABOUT, recipe_toml

__all__ = ["SECTION_OF", "Range", "read_space", "starts", "with_hyperparameters", "within"]

SECTION_OF: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("learning_rate", "weight_decay", "warmup", "layer_decay"),
            *("clip", "beta1", "beta2", "epsilon"),
        ),
        "training",
    ),
    **dict.fromkeys(("label_smoothing", "dropout"), "task"),
}
"""The table of a recipe for each hyperparameter that can change in the middle of a training."""

_ORDER = "a member goes on where another stands in the data, and it decides the order"
_SCALE = "members are compared at the same evaluations of equally long trainings"
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("seed", "batch_tokens", "step_tokens", "step_examples"), _ORDER),
    **dict.fromkeys(("steps", "tokens", "epochs", "evaluate_steps", "patience"), _SCALE),
    "optimizer": "the state of one does not fit another",
    "schedule": "it is the search itself that makes one",
    "precision": "it changes the arithmetic, no hyperparameter",
    **dict.fromkeys(("log_steps", "save_seconds"), "it changes no model"),
    "new_head": "it decides what a training begins with",
    "max_len": "it decides what the examples are",
    "class_weights": "it is no number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Of one hyperparameter: from `low` to `high`, or one of `choices`."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    """Whether it is drawn by its logarithm."""
    choices: tuple[float, ...] | None = None
    """In an order in which neighbours are near: a step goes to one of them."""

    def __post_init__(self) -> None:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.log:
                raise ConfigError("choices stand alone; expected no low, high or log beside them")
            if len(set(self.choices)) < 2:
                raise ConfigError("the choices are fewer than two, which leaves nothing to search")
            return
        if self.low is None or self.high is None:
            raise ConfigError("low or high is missing; expected both, or choices")
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ConfigError(f"{self.low} to {self.high} is no range of numbers")
        if self.low >= self.high:
            raise ConfigError(f"{self.low:g} to {self.high:g} is empty; expected low below high")
        if self.log and self.low <= 0:
            raise ConfigError(f"low is {self.low:g}, and a logarithm needs more than 0")

    @property
    def ends(self) -> tuple[float, ...]:
        """All values that have to make sense for those between to do so."""
        return self.choices or (self.low or 0.0, self.high or 0.0)

    def at(self, share: float) -> float:
        """The value at this `share`, 0 to 1, of the way."""
        if self.choices is not None:
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        low, high = self.ends
        if self.log:
            return self.within(math.exp(math.log(low) * (1 - share) + math.log(high) * share))
        return self.within(low + (high - low) * share)

    def within(self, value: float) -> float:
        """The nearest value that is in the range."""
        if self.choices is not None:
            return value
        low, high = self.ends
        return min(max(value, low), high)

    def as_json(self) -> dict[str, Any]:
        """The choices alone, or the ends and their scale."""
        if self.choices is not None:
            return {"choices": list(self.choices)}
        return {
            name: value for name, value in values_from_config(self).items() if value is not None
        }


def read_space(name: str | None, ranges: Sequence[str] = ()) -> dict[str, Range]:
    """The ranges by hyperparameter: those of a file or of a space that ships, then those of `--set-range`.

    Args:
        name: one that ships for `gonerd search`, or a TOML file with a table for each hyperparameter.
        ranges: `key=low..high`, `key=low..high:log` or `key=a,b,c` each.

    Raises:
        ConfigError: a hyperparameter can't change in the middle of a training, or a range is empty or holds
            what makes no sense.
        InputError: the file is missing.
    """
    made: dict[str, Range] = {}
    if name is not None:
        path, values = recipe_toml("search", name)
        for key, value in values.items():
            if key != ABOUT:
                made[key] = _range(key, value, where=f"{path} [{key}]")
    for text in ranges:
        key, value = _parsed(text)
        made[key] = _range(key, value, where=f"--set-range {text}")
    if not made:
        raise ConfigError(f"the space is empty; expected ranges for {', '.join(SECTION_OF)}")
    return made


def starts(space: Mapping[str, Range], *, population: int, seed: int) -> list[dict[str, float]]:
    """The first values of each member: every range is cut into as many parts as there are members.

    Each member draws from a part of its own (a Latin hypercube), so that few members still reach all of it.
    """
    made: list[dict[str, float]] = [{} for _ in range(population)]
    for key, each in space.items():
        chance = random.Random(f"{seed} {key}")  # noqa: S311  # no secret
        parts = chance.sample(range(population), population)
        for values, part in zip(made, parts, strict=True):
            values[key] = each.at((part + chance.random()) / population)
    return made


def within(space: Mapping[str, Range], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with those that have left their range put back to its nearest end."""
    return {**values, **{key: each.within(values[key]) for key, each in space.items()}}


def with_hyperparameters(
    recipe: Mapping[str, Any], values: Mapping[str, float], *, where: str = "search"
) -> dict[str, Any]:
    """The recipe with these hyperparameters in their tables."""
    made = dict(recipe)
    for key, value in values.items():
        section = SECTION_OF[key]
        made[section] = config_from_values(
            type(made[section]), {key: value}, where=where, base=made[section]
        )
    return made


def _range(key: str, value: Any, *, where: str) -> Range:
    if key not in SECTION_OF:
        reason = _REFUSED.get(key)
        said = "is unknown" if reason is None else f"can't be searched: {reason}"
        raise ConfigError(f"{where}: {key!r} {said}; expected {', '.join(SECTION_OF)}")
    made = config_from_values(Range, value, where=where)
    for end in made.ends:
        with_hyperparameters(FINETUNE_SECTIONS, {key: end}, where=where)
    if key == "layer_decay" and max(made.ends) >= 1:
        # With 1 all layers are one group of the optimiser, and a state can't go from one form to the other.
        raise ConfigError(f"{where}: layer_decay reaches {max(made.ends):g}, expected less than 1")
    return made


def _parsed(text: str) -> tuple[str, dict[str, Any]]:
    key, equals, said = text.partition("=")
    try:
        if not equals:
            raise ValueError
        if ".." not in said:
            return key, {"choices": [float(part) for part in said.split(",")]}
        ends, _, scale = said.partition(":")
        low, _, high = ends.partition("..")
        if scale not in ("", "log", "linear"):
            raise ValueError
        return key, {"low": float(low), "high": float(high), "log": scale == "log"}
    except ValueError:
        raise ConfigError(
            f"--set-range {text!r}: expected key=low..high, key=low..high:log or key=a,b,c"
        ) from None
