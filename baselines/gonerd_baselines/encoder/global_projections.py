"""Longformer's global projections, which a training without global tokens leaves behind."""

from __future__ import annotations

import torch

from gonerd.errors import ConfigError
from gonerd_baselines.attention import LongformerSelfAttention
from gonerd_baselines.encoder.model import Encoder

__all__ = ["copy_to_global"]


def copy_to_global(encoder: Encoder) -> None:
    """Give the global projections the numbers that query, key and value have now.

    Masked language modelling and distillation have no global tokens and never train them, so that they are
    to be copied again before a task that has some (arXiv 2004.05150, section 5).

    Raises:
        ConfigError: the encoder has none.
    """
    layers = [module for module in encoder.modules() if isinstance(module, LongformerSelfAttention)]
    if not layers:
        raise ConfigError(
            f"{encoder.config.kind} attention has no global projections; expected longformer"
        )
    with torch.no_grad():
        for layer in layers:
            for name in ("query", "key", "value"):
                for part in ("weight", "bias"):
                    trained = layer.get_parameter(f"{name}.{part}")
                    layer.get_parameter(f"{name}_global.{part}").copy_(trained)
