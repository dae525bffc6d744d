"""Classification of tokens, and of whole documents by their first token."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd.adapters.onednn import OneDnnLinear
from gonerd.errors import ConfigError
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.head import Head, exact
from gonerd_baselines.encoder.vocabulary_loss import IGNORED
from gonerd_baselines.packing import Packing

__all__ = [
    "PROBLEMS",
    "PooledSequenceHead",
    "SequenceHead",
    "TokenHead",
]

PROBLEMS = ("regression", "single_label_classification", "multi_label_classification")
"""What a sequence's labels are, in transformers' words."""


class TokenHead(Head):
    """One label a token."""

    def __init__(self, config: EncoderConfig, labels: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.classifier = OneDnnLinear(config.hidden_size, labels)

    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """(t, labels)."""
        del packing, ids
        return self.classifier(self.dropout(x))  # type: ignore[no-any-return]  # torch types a module's call as Any

    def loss(self, x: Tensor, packing: Packing, ids: Tensor, labels: Tensor) -> Tensor:
        """Cross entropy; `labels` (t,) int64 with -100 where none counts. 0 where none does."""
        total = functional.cross_entropy(
            exact(self(x, packing, ids)), labels, ignore_index=IGNORED, reduction="sum"
        )
        return total / (labels != IGNORED).sum().clamp(min=1)


class _OneLabelADocument(Head):
    """The loss of a document's labels: which one is `problem`, or what the labels themselves tell."""

    def __init__(self, labels: int, problem: str | None) -> None:
        super().__init__()
        if problem is not None and problem not in PROBLEMS:
            raise ConfigError(
                f"problem type {problem!r} is unknown; expected one of {', '.join(PROBLEMS)}"
            )
        self.labels = labels
        self.problem = problem

    def global_tokens(self, ids: Tensor, packing: Packing) -> Tensor:
        """The first token of each document, from which its label is read."""
        del ids
        return packing.first

    def loss(self, x: Tensor, packing: Packing, ids: Tensor, labels: Tensor) -> Tensor:
        """`labels` (b,) int64 for one class, (b, labels) for several at once, (b,) numbers for regression.

        Without a `problem`, one label is a regression, and whole numbers are classes.
        """
        logits = exact(self(x, packing, ids))
        whole = not labels.dtype.is_floating_point
        problem = self.problem or (
            PROBLEMS[0] if self.labels == 1 else PROBLEMS[1] if whole else PROBLEMS[2]
        )
        if problem == "regression":
            return functional.mse_loss(logits.view(-1), labels.view(-1).to(logits.dtype))
        if problem == "single_label_classification":
            return functional.cross_entropy(logits, labels)
        return functional.binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


class SequenceHead(_OneLabelADocument):
    """A dense layer between: tanh in RoBERTa and Longformer, the encoder's activation in others."""

    def __init__(
        self,
        config: EncoderConfig,
        labels: int,
        dropout: float,
        *,
        activation: Callable[[Tensor], Tensor] = torch.tanh,
        problem: str | None = None,
    ) -> None:
        super().__init__(labels, problem)
        self.classifier = _Classifier(config.hidden_size, labels)
        self.dropout = nn.Dropout(dropout)
        self.activation = activation

    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """(b, labels), from the first token of each document."""
        del ids
        first = self.dropout(x[packing.first])
        hidden = self.dropout(self.activation(self.classifier.dense(first)))
        return self.classifier.out_proj(hidden)  # type: ignore[no-any-return]  # as above


class _Classifier(nn.Module):
    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.dense = OneDnnLinear(width, width)
        self.out_proj = OneDnnLinear(width, labels)


class PooledSequenceHead(_OneLabelADocument):
    """BERT's: its pooler, which transformers counts to the encoder, then one layer."""

    within_base: ClassVar[tuple[str, ...]] = ("pooler",)

    def __init__(
        self, config: EncoderConfig, labels: int, dropout: float, *, problem: str | None = None
    ) -> None:
        super().__init__(labels, problem)
        self.pooler = _Pooler(config.hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.classifier = OneDnnLinear(config.hidden_size, labels)

    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """(b, labels), from the first token of each document."""
        del ids
        pooled = torch.tanh(self.pooler.dense(x[packing.first]))
        return self.classifier(self.dropout(pooled))  # type: ignore[no-any-return]  # as above


class _Pooler(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = OneDnnLinear(width, width)
