"""One interface for every task: what is read, how it becomes examples, and how well a model does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.reader import Reader

__all__ = ["DEVELOPMENT", "EncodedTask", "Evaluation", "Task"]

DEVELOPMENT = "validation"
"""The split whose metric decides which checkpoint is the best, and when training stops."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model does on a split."""

    metrics: Mapping[str, float]
    """At most 1, and higher is better for all of them; empty where the split has no labels."""
    predictions: Sequence[Mapping[str, Any]]
    """One JSON object an example, with its id in the data."""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What a record keeps beside the metrics, such as counts and intervals: JSON values."""


class Task(ABC):
    """Data that has been read and checked, before any model is there."""

    name: str
    """As `--task` names it: glue/cola."""
    head: str
    """One of `HEADS`."""
    labels: tuple[str, ...] = ()
    """By id, for the heads token and sequence; a regression has one."""
    problem: str | None = None
    """One of `PROBLEMS`, for the head sequence."""
    config: Mapping[str, Any] = MappingProxyType({})
    """What config.json is to say of the model beside."""
    metric: str
    """That of `Evaluation.metrics` by which checkpoints are compared; higher is better."""
    sections: Mapping[str, Any] = {}
    """Frozen configurations of its own, by their tables in a recipe; `finetune_task` puts in the recipe's."""

    @abstractmethod
    def encoded(self, reader: Reader) -> EncodedTask:
        """The same data as the model of this `reader` reads it."""

    @abstractmethod
    def record(self) -> Mapping[str, Any]:
        """What was read: for each split, files or dataset, counts, SHA-256. JSON values."""


class EncodedTask(ABC):
    """Examples to train on and to evaluate, for one tokenizer and length."""

    train: Examples
    held_out: Mapping[str, Examples]
    """By split; DEVELOPMENT is among them. Others are evaluated once, after training."""

    @abstractmethod
    def evaluate(self, split: str, logits: Iterable[NDArray[np.float32]]) -> Evaluation:
        """How well a model does that gives these `logits` of the examples of `split`, in their order.

        Each is what the head gives of one example: sequence (labels,), token (t, labels), qa (t, 2).
        """

    def record(self) -> Mapping[str, Any]:
        """What became of the data beside the examples themselves, such as what was left out. JSON values."""
        return {}
