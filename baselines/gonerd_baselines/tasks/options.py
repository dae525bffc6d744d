"""What a fine-tuning is told beside the loop's own settings, and what both come to for a task's examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.training.config import TrainingConfig

__all__ = ["FINETUNE_SECTIONS", "TaskOptions", "sized"]

WEIGHTS = ("balanced",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOptions:
    """The section `task` of a recipe."""

    max_len: int | None = None
    """Tokens of an example at most, special ones included; none: what the model reads."""
    step_examples: int | None = None
    """Examples of a step on average, whatever step_tokens says; none: step_tokens decides."""
    new_head: bool = False
    """Whether a head that the checkpoint has gives way to a new one, also where its labels are the task's."""
    label_smoothing: float = 0.0
    """Share of the target that all classes have alike."""
    class_weights: str | None = None
    """balanced: each class counts as much as any other, however often it comes; none: each label does."""
    dropout: float | None = None
    """Share of the hidden numbers set to 0 in training; none: the checkpoint's."""
    attention_dropout: float | None = None
    """The same of the attention weights; on a GPU 0 is quicker, for the quick backends have none."""

    def __post_init__(self) -> None:
        for name in ("max_len", "step_examples"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}, expected 1 or more")
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(
                f"label_smoothing is {self.label_smoothing}, expected 0 or more and less than 1"
            )
        for name in ("dropout", "attention_dropout"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 1:
                raise ConfigError(f"{name} is {value}, expected 0 or more and less than 1")
        if self.class_weights not in (None, *WEIGHTS):
            raise ConfigError(
                f"class_weights {self.class_weights!r} is unknown; expected none or balanced"
            )


FINETUNE_SECTIONS: Mapping[str, Any] = {"task": TaskOptions(), "training": TrainingConfig()}
"""The tables of a recipe for `gonerd finetune`."""


def sized(
    training: TrainingConfig, options: TaskOptions, examples: Examples, *, processes: int = 1
) -> TrainingConfig:
    """`training` with the tokens of a step and of its batches: even ones, which any example fits into.

    A batch has at most `batch_tokens` of `training`, unless one example alone has more.
    """
    wanted = training.step_tokens
    if options.step_examples is not None:
        wanted = ceil(options.step_examples * len(examples.ids) / len(examples))
    batches = ceil(wanted / training.batch_tokens / processes) * processes
    batch = max(ceil(wanted / batches), examples.longest)
    return replace(training, step_tokens=batch * batches, batch_tokens=batch)
