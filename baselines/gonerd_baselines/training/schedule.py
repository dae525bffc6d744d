"""The learning rate by what share of the training is over."""

from __future__ import annotations

import math

from gonerd_baselines.training.config import TrainingConfig

__all__ = ["learning_rate"]


def learning_rate(done: float, config: TrainingConfig) -> float:
    """The rate when the share `done`, 0 to 1, of the training is over."""
    if done < config.warmup:
        return config.learning_rate * done / config.warmup
    left = min(1.0, (1 - done) / (1 - config.warmup))
    if config.schedule == "cosine":
        left = (1 - math.cos(math.pi * left)) / 2
    return config.learning_rate * (1.0 if config.schedule == "constant" else max(0.0, left))
