"""A model with random first weights, of RoBERTa's shape and any attention."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch

from gonerd.errors import ConfigError
from gonerd_baselines.attention import FullAttention
from gonerd_baselines.encoder.attention_options import AttentionOptions
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.converting import TARGETS, convert
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.model import Encoder

__all__ = ["ModelShape", "checkpoint_from_shape"]

LAYOUTS = ("roberta", "xlm-roberta")
DROPOUTS = ("dropout", "attention_dropout")
POSITIONS = ("normal", "sinusoidal")
USUAL = 0.1
"""BERT's dropout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape(AttentionOptions):
    """Of a model from scratch; the defaults are RoBERTa base (arXiv 1907.11692)."""

    attention: str = "full"
    """full, longformer, bigbird, lsg or nystromformer."""
    layout: str = "roberta"
    """roberta or xlm-roberta: what transformers calls it; the mathematics is the same."""
    layers: int = 12
    """Attention with a feed-forward part, each."""
    hidden_size: int = 768
    """Numbers that stand for a token between the layers."""
    heads: int = 12
    """Attention heads."""
    intermediate_size: int = 3072
    """Width inside the feed-forward part."""
    max_length: int = 512
    """Tokens of the longest document."""
    dropout: float | None = None
    """Share of the hidden numbers set to 0 in training; none: 0.1, or what a checkpoint has."""
    attention_dropout: float | None = None
    """The same of the attention weights; on a GPU 0, for the quick backends have none."""
    initializer_range: float = 0.02
    """Standard deviation of the first weights."""
    positions: str = "normal"
    """First position embeddings, learned from there on: normal (BERT's), or sinusoidal (arXiv 1706.03762)."""

    def __post_init__(self) -> None:
        if self.attention not in TARGETS:
            raise ConfigError(
                f"attention {self.attention!r} is unknown; expected one of {', '.join(TARGETS)}"
            )
        if self.layout not in LAYOUTS:
            raise ConfigError(
                f"layout {self.layout!r} is unknown; expected one of {', '.join(LAYOUTS)}"
            )
        if self.positions not in POSITIONS:
            raise ConfigError(
                f"positions is {self.positions!r}, expected one of {', '.join(POSITIONS)}"
            )
        for name in DROPOUTS:
            value = getattr(self, name)
            if value is not None and not 0 <= value < 1:
                raise ConfigError(f"{name} is {value}, expected 0 or more and less than 1")
        if self.layers < 1:
            raise ConfigError(f"layers is {self.layers}, expected 1 or more")
        if not self.initializer_range > 0:
            raise ConfigError(
                f"initializer_range is {self.initializer_range}, expected more than 0"
            )

    @property
    def of_new(self) -> list[str]:
        """What is set that a checkpoint decides itself."""
        return [
            field.name
            for field in fields(self)
            if field.name not in DROPOUTS and getattr(self, field.name) != field.default
        ]


def checkpoint_from_shape(
    shape: ModelShape, *, vocabulary: int, pad: int, special: dict[str, int], seed: int
) -> Checkpoint:
    """A masked language model in transformers' layout of its attention; `seed` decides all weights.

    `special` has the keys of config.json: bos_token_id, eos_token_id, sep_token_id, mask_token_id.

    Raises:
        ConfigError: the sizes don't fit together, or the attention has no such option.
    """
    config = EncoderConfig(
        attention=(FullAttention(),) * shape.layers,
        vocab_size=vocabulary,
        hidden_size=shape.hidden_size,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.max_length + pad + 1,
        first_position=pad + 1,
        pad_token_id=pad,
        hidden_dropout_prob=USUAL if shape.dropout is None else shape.dropout,
        attention_probs_dropout_prob=(
            USUAL if shape.attention_dropout is None else shape.attention_dropout
        ),
        initializer_range=shape.initializer_range,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = Encoder(config)
        model = Model(encoder, build_head(shape.layout, "mlm", config))
    if shape.positions == "sinusoidal":
        _set_sinusoidal_positions(encoder)
    full = Checkpoint(model=model.eval(), layout=shape.layout, head="mlm", kept=special)
    if shape.attention == "full" and not shape.options:
        return full
    made = convert(
        full, to=shape.attention, max_len=shape.max_length, options=shape.options, seed=seed
    )
    return made.checkpoint


@torch.no_grad()
def _set_sinusoidal_positions(encoder: Encoder) -> None:
    """Sines and cosines of arXiv 1706.03762, 3.5, as large as the random ones are in the mean.

    Neighbours are alike from the start, so that attention finds them with far fewer tokens.
    """
    embeddings = encoder.embeddings
    table = embeddings.position_embeddings.weight[embeddings.first_position :]
    length, width = table.shape
    rate = 10_000 ** (-torch.arange(0, width, 2) / width)
    angle = torch.arange(length)[:, None] * rate
    table[:, 0::2] = angle.sin()
    table[:, 1::2] = angle.cos()[:, : width // 2]
    table *= encoder.config.initializer_range * 2**0.5
