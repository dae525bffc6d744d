"""What stands on an encoder for a task: one interface for every head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from gonerd_baselines.packing import Packing

__all__ = ["Head", "exact"]


class Head(nn.Module, ABC):
    """Hidden states to logits, and to a loss.

    Its parameters have the names that transformers gives them outside the encoder's prefix; those of
    `within_base` alone stand behind the prefix there.
    """

    within_base: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def forward(self, x: Tensor, packing: Packing, ids: Tensor) -> Tensor:
        """`x` (t, hidden_size) to logits; `ids` (t,) int64 are the tokens that `x` was made of."""

    @abstractmethod
    def loss(self, x: Tensor, packing: Packing, ids: Tensor, labels: Tensor) -> Tensor:
        """The mean loss, as the class of transformers that has this head computes it."""

    def token_types(self, ids: Tensor, packing: Packing) -> Tensor | None:
        """(t,) int64: what the head's family reads where nobody gives token types; None is 0 for all."""
        del ids, packing
        return None

    def global_tokens(self, ids: Tensor, packing: Packing) -> Tensor | None:
        """(t,) bool: what a Longformer with this head makes global where nobody says; None is no token."""
        del ids, packing
        return None

    def initialize(self, std: float) -> None:
        """BERT's first weights; a decoder that waits for the encoder's embeddings is left alone."""
        for module in self.modules():
            if isinstance(module, nn.Linear) and not module.weight.is_meta:
                nn.init.normal_(module.weight, std=std)
                nn.init.zeros_(module.bias)


def exact(logits: Tensor) -> Tensor:
    """In single precision at least, as a loss reads them: its gradient is a difference of near numbers."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))
