"""What a tagger is and how it is trained: two frozen records, saved beside every model."""

from __future__ import annotations

from dataclasses import dataclass

from gonerd.errors import ConfigError
from gonerd.labels import TAGS

__all__ = ["TaggerConfig", "TrainingConfig"]

PATTERNS = ("local", "full")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerConfig:
    """The shape of a tagger. Nothing in it limits a document's length."""

    attention: str = "local"
    """Pattern of the attention: local (a window, linear cost) or full (quadratic)."""
    window: int = 32
    """Tokens that local attention sees on each side, in every layer."""
    layers: int = 2
    """Transformer blocks, each with attention, a convolution and a feed-forward part."""
    width: int = 96
    """Numbers that stand for a token between the blocks."""
    heads: int = 4
    """Attention heads; `width` is divided among them, and each share must be even (rotary positions)."""
    hidden: int = 192
    """Width inside the feed-forward part."""
    word_width: int = 96
    """Width of the embedding of a known word."""
    affix_width: int = 96
    """Width of the embeddings of prefixes and suffixes, which are added up."""
    char_width: int = 64
    """Channels of the character convolution; 0 leaves it out."""
    mentions: bool = True
    """Whether a token also reads the mean and the maximum over all places of its word in the document."""
    dropout: float = 0.25
    """Share of numbers set to 0 in training, from 0 to below 1."""
    tags: tuple[str, ...] = TAGS
    """IOB2 tags by id."""

    def __post_init__(self) -> None:
        for name in ("window", "layers", "width", "heads", "hidden", "word_width", "affix_width"):
            _require_positive(name, getattr(self, name))
        _require_share("dropout", self.dropout)
        if self.attention not in PATTERNS:
            raise ConfigError(
                f"attention {self.attention!r} is unknown; expected one of {', '.join(PATTERNS)}"
            )
        if self.char_width < 0:
            raise ConfigError(f"char_width is {self.char_width}, expected 0 or more")
        if self.width % (2 * self.heads):
            raise ConfigError(
                f"width {self.width} does not give each of {self.heads} heads an even share"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How a tagger is trained."""

    epochs: int = 20
    """Passes over the training split; fewer where `max_seconds` allows no more."""
    max_seconds: float | None = None
    """Wall-clock limit in seconds for the whole training, validation included; None for no limit."""
    seed: int = 0
    """Decides initial weights, order and dropout."""
    batch_tokens: int = 1024
    """Tokens a step; a longer document makes a step of its own."""
    learning_rate: float = 4e-3
    """Highest learning rate of AdamW, reached after the warm-up."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises from 0; then it falls to 0 in a straight line."""
    weight_decay: float = 0.01
    """AdamW's weight decay, on matrices only."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    word_dropout: float = 0.25
    """A known word becomes the unknown word with probability word_dropout / (word_dropout + its count)."""
    min_count: int = 2
    """How often a word must stand in the training split to be known."""
    average: float = 0.998
    """Decay a step of the running mean of the weights that is validated and saved; 0 for the last weights."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_tokens", "learning_rate", "clip", "min_count"):
            _require_positive(name, getattr(self, name))
        if self.max_seconds is not None:
            _require_positive("max_seconds", self.max_seconds)
        _require_share("warmup", self.warmup)
        _require_share("average", self.average)
        for name in ("word_dropout", "weight_decay"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ConfigError(f"{name} is {value}, expected more than 0")


def _require_share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ConfigError(f"{name} is {value}, expected 0 or more and less than 1")
