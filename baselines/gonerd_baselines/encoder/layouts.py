"""The names under which transformers keeps each family's checkpoints: prefix, classes, keys of heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gonerd.errors import ConfigError

__all__ = ["HEADS", "LAYOUTS", "Layout", "layout_of"]

HEADS = ("mlm", "token", "sequence", "qa")
"""Masked language model, token classification, sequence classification, extractive question answering."""

_TASKS = {
    "mlm": "ForMaskedLM",
    "token": "ForTokenClassification",
    "sequence": "ForSequenceClassification",
    "qa": "ForQuestionAnswering",
}

_ROBERTA = {
    "mlm": ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias"),
    "token": ("classifier",),
    "sequence": ("classifier.dense", "classifier.out_proj"),
    "qa": ("qa_outputs",),
}
_NYSTROMFORMER = _ROBERTA | {
    "mlm": (
        "cls.predictions.transform.dense",
        "cls.predictions.transform.LayerNorm",
        "cls.predictions.bias",
    ),
}
_BERT = _NYSTROMFORMER | {"sequence": ("pooler.dense", "classifier")}
_BIG_BIRD = _NYSTROMFORMER | {
    "qa": (
        "qa_classifier.intermediate.dense",
        "qa_classifier.output.dense",
        "qa_classifier.output.LayerNorm",
        "qa_classifier.qa_outputs",
    ),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How one family of transformers names what it holds."""

    model_type: str
    prefix: str
    """What stands before the encoder's keys in a model with a head; without the dot."""
    stem: str
    """The beginning of the classes' names."""
    heads: Mapping[str, tuple[str, ...]] = field(hash=False)
    """Modules and parameters of each head, outside the prefix; `pooler.` alone stands within it."""

    def architecture(self, head: str | None) -> str:
        """The class that opens a model with this head, or with none."""
        return f"{self.stem}{_TASKS[head] if head else 'Model'}"

    @property
    def tied(self) -> Mapping[str, str]:
        """Keys that repeat others in older checkpoints, and what they repeat."""
        stem = self.heads["mlm"][-1].removesuffix(".bias")
        return {
            f"{stem}.decoder.weight": f"{self.prefix}.embeddings.word_embeddings.weight",
            f"{stem}.decoder.bias": f"{stem}.bias",
        }


LAYOUTS: Mapping[str, Layout] = {
    layout.model_type: layout
    for layout in (
        Layout("roberta", "roberta", "Roberta", _ROBERTA),
        Layout("xlm-roberta", "roberta", "XLMRoberta", _ROBERTA),
        Layout("camembert", "roberta", "Camembert", _ROBERTA),
        Layout("lsg-roberta", "roberta", "LSGRoberta", _ROBERTA),
        Layout("longformer", "longformer", "Longformer", _ROBERTA),
        Layout("bert", "bert", "Bert", _BERT),
        Layout("big_bird", "bert", "BigBird", _BIG_BIRD),
        Layout("nystromformer", "nystromformer", "Nystromformer", _NYSTROMFORMER),
    )
}
"""By transformers' `model_type`; that of LSG is the one that its code beside a checkpoint registers."""


def layout_of(model_type: str) -> Layout:
    """The layout of a `model_type`.

    Raises:
        ConfigError: it is none of `LAYOUTS`.
    """
    if model_type not in LAYOUTS:
        raise ConfigError(f"layout {model_type!r} is unknown; expected one of {', '.join(LAYOUTS)}")
    return LAYOUTS[model_type]
