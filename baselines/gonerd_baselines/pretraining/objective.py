"""Masked language modelling as an objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gonerd_baselines.attention import LongformerAttention
from gonerd_baselines.encoder.global_projections import copy_to_global
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.vocabulary_loss import IGNORED
from gonerd_baselines.packing import Packing, packing_from_lengths, sent
from gonerd_baselines.pretraining.masking import Masking
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.training.flops import BACKWARD, encoder_flops, language_head_flops
from gonerd_baselines.training.objective import Objective

__all__ = ["MaskedBatch", "MaskedLanguageObjective", "masked_batch"]


@dataclass(frozen=True, slots=True)
class MaskedBatch:
    """Documents of which some tokens are to be guessed."""

    ids: Tensor
    """(t,) int64, with masks."""
    labels: Tensor
    """(t,) int64, what is to be guessed, IGNORED elsewhere."""
    packing: Packing
    counts: Mapping[str, float]

    @property
    def tokens(self) -> int:
        """Of all documents together."""
        return self.packing.tokens


def masked_batch(
    files: TokenFiles,
    documents: Sequence[int],
    masking: Masking,
    *,
    generator: torch.Generator,
    device: str,
) -> MaskedBatch:
    """The numbered documents of `files`, with masks."""
    lengths = files.lengths_of(torch.tensor(documents).numpy()).tolist()
    ids, labels = masking(torch.from_numpy(files.row(documents)), generator)
    return MaskedBatch(
        sent(ids, device),
        sent(labels, device),
        packing_from_lengths(lengths, device=device),
        {"mlm": float((labels != IGNORED).sum())},
    )


class MaskedLanguageObjective(Objective):
    """The cross entropy of the masked tokens."""

    def __init__(self, model: Model, files: TokenFiles, masking: Masking) -> None:
        super().__init__()
        self.model = model
        self.files = files
        self.masking = masking
        self.weights = {"mlm": 1.0}

    def batch(
        self, documents: Sequence[int], *, generator: torch.Generator, device: str
    ) -> MaskedBatch:
        """As `masked_batch` makes it."""
        return masked_batch(self.files, documents, self.masking, generator=generator, device=device)

    def forward(self, batch: MaskedBatch) -> dict[str, Tensor]:
        """The sum over the masked tokens, in nats."""
        mean = self.model(batch.ids, batch.packing, labels=batch.labels)
        return {"mlm": mean * batch.counts["mlm"]}

    def flops(self, lengths: Sequence[int]) -> float:
        """With the decoder's for the share of tokens that is masked."""
        config = self.model.encoder.config
        guessed = sum(lengths) * self.masking.config.share
        forward = encoder_flops(config, lengths) + language_head_flops(config, guessed)
        return (1 + BACKWARD) * forward

    def after_training(self) -> None:
        """Longformer's global projections, which no mask trains, are copied from the others."""
        if isinstance(self.model.encoder.config.attention[0], LongformerAttention):
            copy_to_global(self.model.encoder)
