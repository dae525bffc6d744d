"""How a population is searched with: one frozen record."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from gonerd.console import counted
from gonerd.errors import ConfigError
from gonerd_baselines.training.config import TrainingConfig

__all__ = ["SearchConfig", "slices_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchConfig:
    """Beside the space and the recipe."""

    population: int = 4
    """Members that train at the same time, or in turns."""
    perturb_every: int = 1
    """Evaluations from one turn to the next."""
    quantile: float = 0.25
    """Share of the members that copies, and share that is copied."""
    resample: float = 0.25
    """How often a copied hyperparameter is drawn anew, instead of multiplied by 0.8 or 1.2."""

    def __post_init__(self) -> None:
        if self.population < 2:
            raise ConfigError(f"population is {self.population}, expected 2 or more")
        if self.perturb_every < 1:
            raise ConfigError(f"perturb_every is {self.perturb_every}, expected 1 or more")
        if not 0 < self.quantile <= 0.5:
            raise ConfigError(f"quantile is {self.quantile}, expected more than 0 and at most 0.5")
        if not 0 <= self.resample <= 1:
            raise ConfigError(f"resample is {self.resample}, expected 0 to 1")


def slices_of(training: TrainingConfig, every: int) -> int:
    """How many slices of `every` evaluations a training has.

    Raises:
        ConfigError: its evaluations can't be counted beforehand, or it has fewer than two slices.
    """
    if training.steps is not None and training.evaluate_steps is not None:
        evaluations = ceil(training.steps / training.evaluate_steps)
    elif training.epochs is not None and training.evaluate_steps is None:
        evaluations = training.epochs
    else:
        raise ConfigError(
            "a search counts evaluations; expected a recipe with steps and evaluate_steps, or with epochs "
            "and without evaluate_steps"
        )
    slices = ceil(evaluations / every)
    if slices < 2:
        raise ConfigError(
            f"the training has {counted(evaluations, 'evaluation')} and a turn comes after {every}; expected "
            "two slices or more, or no member ever copies another"
        )
    return slices
