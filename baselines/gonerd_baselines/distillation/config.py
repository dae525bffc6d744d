"""What a student learns from its teacher, and what it is: the tables of a recipe for `gonerd distill`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.distillation.hidden_states import DISTANCES
from gonerd_baselines.distillation.layer_mapping import layer_pairs
from gonerd_baselines.encoder.attention_options import AttentionOptions
from gonerd_baselines.encoder.converting import TARGETS
from gonerd_baselines.pretraining.masking import MaskingConfig
from gonerd_baselines.training.config import TrainingConfig

__all__ = [
    "DISTILL_SECTIONS",
    "LAYER_PARTS",
    "ORDERS",
    "TAG_PARTS",
    "VOCABULARY_PARTS",
    "ConversionConfig",
    "DistillationConfig",
    "StudentConfig",
]

VOCABULARY_PARTS = ("mlm", "od")
TAG_PARTS = ("tags", "gold")
LAYER_PARTS = ("hs", "cosine", "mha", "local_mha")

ORDERS = ("convert-then-distill", "distill-then-convert")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentConfig:
    """Whose weights it begins with."""

    choice: str = "every-other"
    """every-other, distilbert, first, last, layers (0,3,6), a shape (layers=3,hidden_size=96), random,
    random:CHOICE, or the folder of a model of the teacher's tokenizer."""
    dropout: float | None = None
    """Share of the hidden numbers set to 0 in training; none is as in the teacher."""
    attention_dropout: float | None = None
    """The same of the attention weights; on a GPU 0, for the quick backends have none."""

    def __post_init__(self) -> None:
        for name in ("dropout", "attention_dropout"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 1:
                raise ConfigError(f"{name} is {value}, expected 0 or more and less than 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationConfig:
    """The loss is the sum of its parts, each a mean, by their weights; a weight of 0 leaves a part out."""

    mlm: float = 0.0
    """Weight of the cross entropy of the masked tokens."""
    od: float = 0.0
    """Output distribution: T^2 KL(teacher || student) over the vocabulary (arXiv 1503.02531)."""
    hs: float = 0.0
    """Hidden states: `distance` over the layers of `mapping`."""
    cosine: float = 0.0
    """1 - cosine of the last hidden states, as DistilBERT's script and arXiv 2311.13657 have it."""
    mha: float = 0.0
    """Relations of queries, keys and values over all of a document (MiniLMv2, arXiv 2012.15828)."""
    local_mha: float = 0.0
    """The same among tokens at most `reach` apart."""
    tags: float = 0.0
    """T^2 KL(teacher || student) over the labels of a fine-tuned teacher, of all tokens."""
    gold: float = 0.0
    """The cross entropy of the labels that documents have, beside `tags`."""
    temperature: float = 2.0
    """T of `od` and `tags`."""
    standardize: bool = False
    """Whether logits are first brought to mean 0 and deviation 1 (arXiv 2403.01427)."""
    masked_only: bool = False
    """Whether `od` counts the masked tokens alone."""
    masked_input: bool = True
    """Whether both models read the masks, as in DistilBERT's script; MiniLMv2's read the text as it is."""
    mapping: str | tuple[tuple[int, ...], ...] = "uniform"
    """last, uniform, uniform+last, consecutive, or pairs [student's layer, teacher's layer] from 0."""
    distance: str = "mse"
    """mse or cosine."""
    relation_heads: int | None = None
    """Into so many heads the width is split anew; none is the teacher's attention heads."""
    teacher_layer: int | None = None
    """Whose relations the student's last layer learns, from 0; none is the last."""
    reach: int | None = None
    """Tokens on either side; none is what the student's attention sees."""

    def __post_init__(self) -> None:
        for name in (*VOCABULARY_PARTS, *TAG_PARTS, *LAYER_PARTS):
            if getattr(self, name) < 0:
                raise ConfigError(
                    f"{name} is {getattr(self, name)}, expected a weight of 0 or more"
                )
        if not self.temperature > 0:
            raise ConfigError(f"temperature is {self.temperature}, expected more than 0")
        if self.distance not in DISTANCES:
            raise ConfigError(
                f"distance {self.distance!r} is unknown; expected one of {', '.join(DISTANCES)}"
            )
        if isinstance(self.mapping, str):
            layer_pairs(self.mapping, student=1, teacher=1)
        for name, least in (("relation_heads", 1), ("teacher_layer", 0), ("reach", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"{name} is {value}, expected {least} or more")
        vocabulary = [name for name in VOCABULARY_PARTS if getattr(self, name)]
        tags = [name for name in TAG_PARTS if getattr(self, name)]
        if vocabulary and tags:
            raise ConfigError(
                f"{vocabulary[0]} is of a masked language model and {tags[0]} of a tagger; "
                "expected one of them to be 0"
            )
        if not self.masked_input and (self.mlm or self.masked_only):
            name = "mlm" if self.mlm else "masked_only"
            raise ConfigError(f"{name} needs masks; expected masked_input = true")

    @property
    def weights(self) -> dict[str, float]:
        """Of the parts that count."""
        names = (*VOCABULARY_PARTS, *TAG_PARTS, *LAYER_PARTS)
        return {name: weight for name in names if (weight := getattr(self, name))}

    @property
    def head(self) -> str:
        """The head that both models have."""
        return "token" if self.tags or self.gold else "mlm"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionConfig(AttentionOptions):
    """An efficient attention for teacher and student, or for the student alone."""

    order: str = ORDERS[0]
    """convert-then-distill or distill-then-convert; without effect where `to` is none."""
    to: str | None = None
    """longformer, bigbird, lsg, nystromformer or full."""
    max_len: int = 4096
    """Tokens of the longest document."""

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise ConfigError(f"order {self.order!r} is unknown; expected {' or '.join(ORDERS)}")
        if self.to is not None and self.to not in TARGETS:
            raise ConfigError(f"to is {self.to!r}, expected one of {', '.join(TARGETS)}, or none")


DISTILL_SECTIONS: Mapping[str, Any] = {
    "student": StudentConfig(),
    "distillation": DistillationConfig(),
    "conversion": ConversionConfig(),
    "masking": MaskingConfig(),
    "training": TrainingConfig(),
}
