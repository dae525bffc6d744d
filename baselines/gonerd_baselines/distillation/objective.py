"""Distillation of a masked language model as an objective: any weighted sum of the parts of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.distillation.config import DistillationConfig
from gonerd_baselines.distillation.layer_losses import LayerLosses
from gonerd_baselines.distillation.output_divergence import Decoded, output_divergence
from gonerd_baselines.distillation.teacher import Teacher
from gonerd_baselines.distillation.token_documents import TokenDocuments
from gonerd_baselines.encoder.global_projections import copy_to_global
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.masked_lm import LanguageHead
from gonerd_baselines.encoder.taps import Tapped
from gonerd_baselines.encoder.vocabulary_loss import IGNORED, vocabulary_loss
from gonerd_baselines.packing import packing_from_lengths, sent
from gonerd_baselines.pretraining.masking import Masking
from gonerd_baselines.pretraining.objective import MaskedBatch
from gonerd_baselines.training.flops import BACKWARD, encoder_flops, language_head_flops
from gonerd_baselines.training.objective import Objective

__all__ = ["DistillationObjective", "finish"]


class DistillationObjective(Objective):
    """A student that learns from the vocabulary and from within a teacher; both read the same tokens."""

    def __init__(
        self,
        student: Model,
        teacher: Teacher,
        documents: TokenDocuments,
        masking: Masking,
        config: DistillationConfig,
        *,
        seed: int = 0,
    ) -> None:
        """`seed` decides the first weights of projections between widths.

        Raises:
            ConfigError: the recipe asks for what the two models don't have.
        """
        super().__init__()
        self.model = student
        self.teacher = teacher
        self.documents = documents
        self.masking = masking
        self.config = config
        self.layers = LayerLosses(config, student.encoder.config, teacher.config, seed=seed)
        self.weights = config.weights

    def batch(
        self, documents: Sequence[int], *, generator: torch.Generator, device: str
    ) -> MaskedBatch:
        """The numbered documents, with masks if the recipe has them."""
        ids, lengths = self.documents.row(documents)
        labels = torch.full_like(ids, IGNORED)
        if self.config.masked_input:
            ids, labels = self.masking(ids, generator)
        guessed = float((labels != IGNORED).sum())
        counts = dict.fromkeys(self.weights, float(len(ids)))
        for name in ("mlm", *(["od"] if self.config.masked_only else [])):
            if name in counts:
                counts[name] = guessed
        return MaskedBatch(
            sent(ids, device),
            sent(labels, device),
            packing_from_lengths(lengths, device=device),
            counts,
        )

    def forward(self, batch: MaskedBatch) -> dict[str, Tensor]:
        """The sums over the tokens that count."""
        teacher = self.teacher.on(batch.ids.device)
        ours, theirs = self.layers.taps(
            self.model.encoder, teacher.encoder, batch.ids, batch.packing
        )
        found = self.layers(ours, theirs, batch.packing)
        if self.config.mlm or self.config.od:
            found |= self._vocabulary(teacher, ours, theirs, batch)
        return {name: found[name] for name in self.weights}

    def _vocabulary(
        self, teacher: Model, ours: Tapped, theirs: Tapped, batch: MaskedBatch
    ) -> dict[str, Tensor]:
        """`mlm` and `od`, from the student's decoder inputs of the tokens that either reads."""
        config, head, wise = self.config, self.model.head, teacher.head
        assert isinstance(head, LanguageHead)
        assert isinstance(wise, LanguageHead)
        guessed = batch.labels != IGNORED
        every = config.od > 0 and not config.masked_only
        x, other, labels = ours.output, theirs.output, batch.labels
        if not every:
            x, other, labels = x[guessed], other[guessed], labels[guessed]
        student = _decoded(head, x)
        found = {}
        if config.mlm:
            read = replace(student, x=student.x[guessed]) if every else student
            mean = vocabulary_loss(read.x, read.weight, read.bias, labels[labels != IGNORED])
            found["mlm"] = mean * batch.counts["mlm"]
        if config.od:
            with torch.no_grad():
                wished = _decoded(wise, other)
            found["od"] = output_divergence(
                student,
                wished,
                temperature=config.temperature,
                standardized=config.standardize,
            )
        return found

    def flops(self, lengths: Sequence[int]) -> float:
        """The student forward and backward, the teacher forward, with what the parts ask of them."""
        student, teacher = self.model.encoder.config, self.teacher.config
        guessed = sum(lengths) * self.masking.config.share
        spread = guessed if self.config.masked_only else float(sum(lengths))
        own = encoder_flops(student, lengths)
        other = encoder_flops(teacher, lengths) + self.layers.flops(lengths)
        if self.config.mlm:
            own += language_head_flops(student, guessed)
        if self.config.od:
            own += language_head_flops(student, spread)
            other += language_head_flops(teacher, spread)
        return (1 + BACKWARD) * own + other

    def after_training(self) -> None:
        """As `finish` does."""
        finish(self.model)


def finish(student: Model) -> None:
    """Longformer's global projections, which no distillation trains, are copied from the others."""
    if isinstance(student.encoder.config.attention[0], LongformerAttention):
        copy_to_global(student.encoder)


def _decoded(head: LanguageHead, x: Tensor) -> Decoded:
    decoder = head.vocabulary.decoder
    return Decoded(head.transform(x), decoder.weight, decoder.bias)
