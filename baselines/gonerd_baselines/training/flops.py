"""Operations of an encoder's pass, forward; backward takes twice as many."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd_baselines.encoder.config import EncoderConfig

__all__ = ["BACKWARD", "encoder_flops", "language_head_flops"]

BACKWARD = 2
"""Times the operations of the forward pass: the gradient of what comes in, and of the weights."""


def encoder_flops(config: EncoderConfig, lengths: Sequence[int]) -> float:
    """Linear layers and attention of all layers, for documents of `lengths` tokens, forward."""
    h, f = config.hidden_size, config.intermediate_size
    linear = 2 * sum(lengths) * config.num_hidden_layers * (4 * h * h + 2 * h * f)
    return linear + sum(pattern.flops(lengths, width=h) for pattern in config.attention)


def language_head_flops(config: EncoderConfig, tokens: float) -> float:
    """The transform and the decoder for `tokens` that are to be guessed, forward."""
    return 2 * tokens * config.hidden_size * (config.hidden_size + config.vocab_size)
