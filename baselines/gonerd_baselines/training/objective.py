"""What a training minimises: one interface for pretraining, distillation and every task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

__all__ = ["Objective", "TrainingBatch"]


class TrainingBatch(Protocol):
    """Documents that are computed together, with all that the loss needs, on the device."""

    @property
    def tokens(self) -> int:
        """Of all documents together."""

    @property
    def counts(self) -> Mapping[str, float]:
        """By part of the loss: what its sum is divided by, once those of the whole step are added up."""


class Objective(nn.Module, ABC):
    """A model and what it is to learn.

    A step is made of several batches, perhaps in several processes. So that it comes to the same however it
    is cut, a batch gives sums and counts, and the loss of a step is, over its parts,
    weight x (sum over all batches) / (count over all batches).

    Whatever is trained is a parameter of this module and requires a gradient. A teacher is none (keep it
    in a tuple, so that torch does not find it).
    """

    weights: Mapping[str, float]
    """By part of the loss."""

    @abstractmethod
    def batch(
        self, documents: Sequence[int], *, generator: torch.Generator, device: str
    ) -> TrainingBatch:
        """The numbered documents, with what chance decides (masks) drawn from `generator` on the CPU."""

    @abstractmethod
    def forward(self, batch: Any) -> dict[str, Tensor]:
        """By part, those of `weights`, the sum of the losses: a number in single precision."""

    @abstractmethod
    def flops(self, lengths: Sequence[int]) -> float:
        """Operations of a step over documents of `lengths` tokens, forward and backward (`flops.py`)."""

    def after_training(self) -> None:
        """What is left to do with the trained model; Longformer's global projections are copied here."""
