"""How much of a model is left out in training, where that is not to be what its checkpoint says."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from gonerd_baselines.attention.layer import SelfAttention

__all__ = ["set_dropout"]


def set_dropout(
    model: nn.Module, *, hidden: float | None = None, attention: float | None = None
) -> None:
    """Give all layers other shares of hidden numbers and attention weights; None leaves them.

    The configuration that is saved with the model stays.
    """
    for module in model.modules():
        if hidden is not None and isinstance(module, nn.Dropout):
            module.p = hidden
        if attention is not None and isinstance(module, SelfAttention):
            module.shape = replace(module.shape, attention_dropout=attention)
