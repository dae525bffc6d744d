"""Distillation of a fine-tuned tagger as an objective; it needs no label, and reads those that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gonerd.errors import ConfigError
from gonerd_baselines.distillation.config import DistillationConfig
from gonerd_baselines.distillation.layer_losses import LayerLosses
from gonerd_baselines.distillation.objective import finish
from gonerd_baselines.distillation.tag_divergence import tag_divergence
from gonerd_baselines.distillation.teacher import Teacher
from gonerd_baselines.distillation.token_documents import TokenDocuments
from gonerd_baselines.encoder.head import exact
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.vocabulary_loss import IGNORED
from gonerd_baselines.packing import Packing, packing_from_lengths, sent
from gonerd_baselines.training.flops import BACKWARD, encoder_flops
from gonerd_baselines.training.objective import Objective

__all__ = ["TaskBatch", "TaskDistillationObjective"]


@dataclass(frozen=True, slots=True)
class TaskBatch:
    """Documents that a teacher tags."""

    ids: Tensor
    """(t,) int64."""
    labels: Tensor
    """(t,) int64, IGNORED where a token has none."""
    packing: Packing
    counts: Mapping[str, float]

    @property
    def tokens(self) -> int:
        """Of all documents together."""
        return self.packing.tokens


class TaskDistillationObjective(Objective):
    """A student with a token head that learns from its teacher's logits, and from within it."""

    def __init__(
        self,
        student: Model,
        teacher: Teacher,
        documents: TokenDocuments,
        config: DistillationConfig,
        *,
        seed: int = 0,
    ) -> None:
        """`seed` decides the first weights of projections between widths.

        Raises:
            ConfigError: the recipe asks for what the two models or the documents don't have.
        """
        super().__init__()
        if config.gold and not documents.has_labels:
            raise ConfigError(
                f"gold is {config.gold:g}, and the documents have no labels; expected gold = 0"
            )
        self.model = student
        self.teacher = teacher
        self.documents = documents
        self.config = config
        self.layers = LayerLosses(config, student.encoder.config, teacher.config, seed=seed)
        self.weights = config.weights

    def batch(
        self, documents: Sequence[int], *, generator: torch.Generator, device: str
    ) -> TaskBatch:
        """The numbered documents; nothing is left to chance."""
        del generator
        ids, lengths = self.documents.row(documents)
        labels = self.documents.labels(documents)
        counts = dict.fromkeys(self.weights, float(len(ids)))
        if "gold" in counts:
            counts["gold"] = float((labels != IGNORED).sum())
        return TaskBatch(
            sent(ids, device),
            sent(labels, device),
            packing_from_lengths(lengths, device=device),
            counts,
        )

    def forward(self, batch: TaskBatch) -> dict[str, Tensor]:
        """The sums over the tokens that count."""
        teacher = self.teacher.on(batch.ids.device)
        ours, theirs = self.layers.taps(
            self.model.encoder, teacher.encoder, batch.ids, batch.packing
        )
        found = self.layers(ours, theirs, batch.packing)
        logits = self.model.head(ours.output, batch.packing, batch.ids)
        if self.config.tags:
            with torch.no_grad():
                wished = teacher.head(theirs.output, batch.packing, batch.ids)
            found["tags"] = tag_divergence(
                logits,
                wished,
                temperature=self.config.temperature,
                standardized=self.config.standardize,
            )
        if self.config.gold:
            found["gold"] = functional.cross_entropy(
                exact(logits), batch.labels, ignore_index=IGNORED, reduction="sum"
            )
        return {name: found[name] for name in self.weights}

    def flops(self, lengths: Sequence[int]) -> float:
        """The student forward and backward, the teacher forward; the heads are next to nothing."""
        own = encoder_flops(self.model.encoder.config, lengths)
        other = encoder_flops(self.teacher.config, lengths) + self.layers.flops(lengths)
        return (1 + BACKWARD) * own + other

    def after_training(self) -> None:
        """As `finish` does."""
        finish(self.model)
