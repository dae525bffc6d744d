"""The shape of an encoder: a frozen record, saved beside every model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gonerd.errors import ConfigError
from gonerd_baselines.attention import (
    AttentionPattern,
    FullAttention,
    LayerShape,
    extra_tokens,
    pools_extra_tokens,
)

__all__ = ["ACTIVATIONS", "EncoderConfig"]

ACTIVATIONS = ("gelu", "gelu_new", "relu")
"""gelu_new is the approximation by tanh, with which BigBird and Nystromformer were trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """Names and defaults are those of RoBERTa base in transformers."""

    attention: tuple[AttentionPattern, ...] = (FullAttention(),) * 12
    """The pattern of each layer, the first layer's first; so many layers there are."""
    vocab_size: int = 50265
    hidden_size: int = 768
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    """Activation of the feed-forward part, one of ACTIVATIONS."""
    max_position_embeddings: int = 514
    """Rows of the table of positions; the longest document has `max_length` tokens."""
    first_position: int = 2
    """Row of a document's first token: pad_token_id + 1 for RoBERTa and Longformer, 2 for Nystromformer."""
    type_vocab_size: int = 1
    pad_token_id: int = 1
    layer_norm_eps: float = 1e-5
    hidden_dropout_prob: float = 0.1
    """Share of the hidden numbers set to 0 in training."""
    attention_probs_dropout_prob: float = 0.1
    """Share of the attention weights set to 0 in training; the backends flex and varlen refuse any but 0."""
    initializer_range: float = 0.02
    """Standard deviation of the first weights of what is trained from scratch."""

    def __post_init__(self) -> None:
        for name in (
            "vocab_size",
            "hidden_size",
            "num_attention_heads",
            "intermediate_size",
            "type_vocab_size",
        ):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 1 or more")
        if not self.attention:
            raise ConfigError("an encoder without layers can't be; expected one pattern or more")
        if self.hidden_size % self.num_attention_heads:
            raise ConfigError(
                f"hidden_size {self.hidden_size} can't be divided among {self.num_attention_heads} heads"
            )
        if self.hidden_act not in ACTIVATIONS:
            raise ConfigError(
                f"hidden_act {self.hidden_act!r} is unknown; expected one of {', '.join(ACTIVATIONS)}"
            )
        if len({(extra_tokens(each), pools_extra_tokens(each)) for each in self.attention}) > 1:
            raise ConfigError(
                "the layers differ in their learned global tokens; expected the same for all"
            )
        if self.max_length < 1:
            raise ConfigError(
                f"max_position_embeddings is {self.max_position_embeddings}, "
                f"expected more than {self.first_position}, where positions begin"
            )

    @property
    def kind(self) -> str:
        """The attention's name; all layers have the same."""
        return self.attention[0].kind

    @property
    def num_hidden_layers(self) -> int:
        """One for each pattern."""
        return len(self.attention)

    @property
    def max_length(self) -> int:
        """The tokens of the longest document that has positions."""
        return self.max_position_embeddings - self.first_position

    @property
    def extra_tokens(self) -> int:
        """Learned tokens that stand before each document in all layers; not counted in its length."""
        return extra_tokens(self.attention[0])

    @property
    def pools_extra_tokens(self) -> bool:
        """Whether a document's first token is given the first extra one's numbers at the end."""
        return pools_extra_tokens(self.attention[0])

    @property
    def layer_shape(self) -> LayerShape:
        """What an attention has to know."""
        return LayerShape(
            self.hidden_size, self.num_attention_heads, self.attention_probs_dropout_prob
        )

    def with_attention(self, *patterns: AttentionPattern) -> EncoderConfig:
        """The same shape with other patterns: one for all layers, or one for each."""
        each = patterns if len(patterns) > 1 else patterns * self.num_hidden_layers
        return replace(self, attention=each)
