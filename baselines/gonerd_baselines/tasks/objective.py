"""A model with a task's head, and the sums of its losses over a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.attention.documents import split_documents
from gonerd_baselines.encoder.head import exact
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.packing import Packing, packing_from_lengths, sent
from gonerd_baselines.tasks.examples import IGNORED, Examples
from gonerd_baselines.training.flops import BACKWARD, encoder_flops
from gonerd_baselines.training.objective import Objective

__all__ = ["TaskBatch", "TaskObjective", "balanced_weights", "task_batch"]

LABELS, BEGIN, END = "labels", "begin", "end"
"""Parts of a loss: one for classes and numbers, two for the places of an answer."""


@dataclass(frozen=True, slots=True)
class TaskBatch:
    """Examples one after another, with what is to be said of them."""

    ids: Tensor
    """(t,) int64."""
    packing: Packing
    types: Tensor | None
    """(t,) int64."""
    labels: Tensor | None
    """As `Examples.labels` has them."""
    counts: Mapping[str, float]
    """By part of the loss: examples or tokens that count in it, or their weights added up."""

    @property
    def tokens(self) -> int:
        """Of all examples together."""
        return self.packing.tokens


def task_batch(
    examples: Examples,
    documents: Sequence[int],
    *,
    device: str = "cpu",
    counts: Mapping[str, float] | None = None,
) -> TaskBatch:
    """The numbered `documents` in one row."""
    places = examples.tokens_of(documents)
    labels = examples.labels_of(documents)
    types = examples.types
    return TaskBatch(
        ids=_sent(examples.ids[places].astype(np.int64), device),
        packing=packing_from_lengths([examples.lengths[d] for d in documents], device=device),
        types=None if types is None else _sent(types[places].astype(np.int64), device),
        labels=None if labels is None else _sent(labels, device),
        counts=counts or {},
    )


class TaskObjective(Objective):
    """The loss that the head's class has in transformers, as sums; global tokens are the head's default.

    Cross entropy over classes, squared error for a regression, and for question answering the cross entropy
    over the tokens of each example, half for where an answer begins and half for where it ends.
    """

    def __init__(
        self,
        model: Model,
        examples: Examples,
        *,
        head: str,
        label_smoothing: float = 0.0,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        """Learn the labels of `examples`.

        Args:
            model: with the head below.
            examples: with labels.
            head: token, sequence or qa.
            label_smoothing: the share of the target that all classes have alike.
            class_weights: by id, how much each class counts; the sum is divided by the weights of all labels.

        Raises:
            ConfigError: there are no labels, or there are no classes to smooth or weigh.
        """
        super().__init__()
        if examples.labels is None:
            raise ConfigError(f"{examples.name} has no labels to learn from")
        self.model = model
        self.examples = examples
        self.head = head
        self.label_smoothing = label_smoothing
        self.classes = head != "qa" and not np.issubdtype(examples.labels.dtype, np.floating)
        """Whether labels are classes."""
        if not self.classes and (label_smoothing or class_weights is not None):
            raise ConfigError(
                f"{examples.name}: label smoothing and class weights are for classes, and its labels are "
                f"{'places' if head == 'qa' else 'numbers'}"
            )
        self.weights = {BEGIN: 0.5, END: 0.5} if head == "qa" else {LABELS: 1.0}
        held = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32)
        self._weights = None if held is None else held.numpy()  # counted without the device
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", held, persistent=False)

    def batch(
        self, documents: Sequence[int], *, generator: torch.Generator, device: str
    ) -> TaskBatch:
        """The numbered examples; nothing is drawn."""
        del generator
        counts = self._counts(documents)
        return task_batch(self.examples, documents, device=device, counts=counts)

    def forward(self, batch: TaskBatch) -> dict[str, Tensor]:
        """The sums, over what `batch.counts` counts."""
        labels = batch.labels
        assert labels is not None  # those of `examples`
        logits = exact(self.model(batch.ids, batch.packing, token_types=batch.types))
        if self.head == "qa":
            begin, end = _places_loss(logits, batch.packing.lengths, labels)
            return {BEGIN: begin, END: end}
        if not self.classes:
            return {LABELS: functional.mse_loss(logits[:, 0], labels, reduction="sum")}
        loss = functional.cross_entropy(
            logits,
            labels,
            weight=self.class_weights,
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        return {LABELS: loss}

    def flops(self, lengths: Sequence[int]) -> float:
        """The encoder's; the head, a layer at most, is left out."""
        return (1 + BACKWARD) * encoder_flops(self.model.encoder.config, lengths)

    def _counts(self, documents: Sequence[int]) -> dict[str, float]:
        labels = self.examples.labels_of(documents)
        assert labels is not None
        if self.head == "qa":
            lengths = np.asarray([self.examples.lengths[d] for d in documents])[:, None]
            counted = ((labels >= 0) & (labels < lengths)).sum(0)
            return {BEGIN: float(counted[0]), END: float(counted[1])}
        if not self.classes:
            return {LABELS: float(len(labels))}
        counted = labels[labels != IGNORED]
        if self._weights is None:
            return {LABELS: float(len(counted))}
        return {LABELS: float(self._weights[counted].sum(dtype=np.float64))}


def balanced_weights(examples: Examples, classes: int) -> list[float]:
    """By class, n / (classes x how often it comes), scikit-learn's "balanced"; 0 for one that never comes."""
    labels = examples.labels
    if labels is None or np.issubdtype(labels.dtype, np.floating):
        raise ConfigError(f"{examples.name} has no classes to weigh")
    often = np.bincount(labels[labels != IGNORED], minlength=classes)
    weights = often.sum() / (classes * np.maximum(often, 1)) * (often > 0)
    return [float(weight) for weight in weights]


def _places_loss(logits: Tensor, lengths: Sequence[int], labels: Tensor) -> Tensor:
    """(2,) summed over documents; a place outside its document counts in neither sum.

    `logits` (t, 2), `labels` (b, 2).
    """
    likely = torch.cat([part.log_softmax(dim=0) for part in split_documents(logits, lengths)])
    sizes = torch.tensor(lengths, device=labels.device)[:, None]
    counted = (labels >= 0) & (labels < sizes)
    begins = torch.cumsum(sizes, 0) - sizes
    chosen = likely.gather(0, torch.where(counted, begins + labels, 0))
    return -torch.where(counted, chosen, 0.0).sum(0)


def _sent(numbers: NDArray[Any], device: str) -> Tensor:
    return sent(torch.from_numpy(np.ascontiguousarray(numbers)), device)
