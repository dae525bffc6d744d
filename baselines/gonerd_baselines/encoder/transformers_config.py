"""An encoder's shape from transformers' config.json, and back.

Where the position of a document's first token stands in the table differs by family: row pad_token_id + 1
in RoBERTa, its kin and Longformer (their `max_position_embeddings` counts the rows before it), row 0 in BERT
and BigBird, row 2 in Nystromformer (whose `max_position_embeddings` does not count the two before it).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.layouts import LAYOUTS, Layout, layout_of
from gonerd_baselines.encoder.remote import is_lsg_config
from gonerd_baselines.encoder.transformers_patterns import (
    patterns_from_values,
    values_from_patterns,
)

__all__ = [
    "SHAPE_KEYS",
    "config_from_transformers",
    "first_position",
    "layout_from_values",
    "values_from_config",
]

_SAME = (
    "vocab_size",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "type_vocab_size",
    "pad_token_id",
    "layer_norm_eps",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "initializer_range",
)
"""Keys that mean the same in config.json and in EncoderConfig."""

SHAPE_KEYS = frozenset({"model_type", "num_hidden_layers", "max_position_embeddings", *_SAME})
"""What config.json says of the shape; the patterns have keys beside."""

_BERT = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "roberta": _BERT | {"vocab_size": 50265, "pad_token_id": 1},
    "xlm-roberta": _BERT | {"pad_token_id": 1},
    "camembert": _BERT | {"pad_token_id": 1},
    "lsg-roberta": _BERT | {"vocab_size": 50265, "pad_token_id": 1},
    "longformer": _BERT | {"pad_token_id": 1},
    "bert": _BERT,
    "big_bird": _BERT
    | {"vocab_size": 50358, "hidden_act": "gelu_new", "max_position_embeddings": 4096},
    "nystromformer": _BERT
    | {
        "vocab_size": 30000,
        "hidden_act": "gelu_new",
        "max_position_embeddings": 510,
        "layer_norm_eps": 1e-5,
        "pad_token_id": 1,
    },
}
"""What transformers takes for a key that config.json lacks."""

_COMPUTED: dict[str, Any] = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "use_bias": True,
    "rescale_embeddings": False,
    "quantization_config": None,
}
"""Keys that change what a model computes, and the one value that is computed here."""


def config_from_transformers(values: Mapping[str, Any]) -> EncoderConfig:
    """The shape and patterns that a config.json of one of `LAYOUTS` describes; a missing key has its default.

    Raises:
        ConfigError: it is of another family, a value has the wrong type or makes no sense, or asks for
            what is not computed here (a decoder, relative positions, ...).
    """
    model_type = values.get("model_type")
    if not isinstance(model_type, str) or model_type not in LAYOUTS:
        raise ConfigError(
            f"model_type {model_type!r} is not known here; expected one of {', '.join(LAYOUTS)}"
        )
    for key, wanted in _COMPUTED.items():
        if values.get(key, wanted) not in (wanted, None):
            raise ConfigError(f"{key} {values[key]!r} is not computed here; expected {wanted!r}")
    taken = {key: _checked(key, values, default) for key, default in _DEFAULTS[model_type].items()}
    layers = taken.pop("num_hidden_layers")
    if layers < 1:
        raise ConfigError(f"num_hidden_layers is {layers}, expected 1 or more")
    taken["max_position_embeddings"] += _uncounted(model_type)
    return EncoderConfig(
        **taken,
        first_position=first_position(model_type, taken["pad_token_id"]),
        attention=patterns_from_values(model_type, values, layers),
    )


def values_from_config(config: EncoderConfig, model_type: str) -> dict[str, Any]:
    """The inverse: what config.json says of shape and patterns where `model_type` is the layout.

    A RoBERTa with LSG attention is written as what it is, "lsg-roberta".

    Raises:
        ConfigError: a model of this layout has no such attention, or begins its positions in another row.
    """
    layout_of(model_type)
    begins = first_position(model_type, config.pad_token_id)
    if config.first_position != begins:
        raise ConfigError(
            f"a model of layout {model_type} begins its positions in row {begins} of their table, "
            f"this encoder in row {config.first_position}"
        )
    return {
        "model_type": model_type,
        **{key: getattr(config, key) for key in _SAME},
        "num_hidden_layers": config.num_hidden_layers,
        "max_position_embeddings": config.max_position_embeddings - _uncounted(model_type),
        # Behind `model_type`: LSG's patterns have one of their own.
        **values_from_patterns(model_type, config.attention, max_length=config.max_length),
    }


def first_position(model_type: str, pad_token_id: int) -> int:
    """The row of a document's first token in the table of positions."""
    if model_type in ("bert", "big_bird"):
        return 0
    return 2 if model_type == "nystromformer" else pad_token_id + 1


def layout_from_values(values: Mapping[str, Any]) -> Layout:
    """The layout of a checkpoint whose config.json is known to make sense.

    lsg-converter's RoBERTa, XLM-R and CamemBERT are one here; its BERT has no layout to be saved in.
    """
    model_type = values["model_type"]
    if is_lsg_config(values) and model_type != "bert":
        model_type = "lsg-roberta"
    return layout_of(model_type)


def _uncounted(model_type: str) -> int:
    """Rows of the table that `max_position_embeddings` does not count."""
    return 2 if model_type == "nystromformer" else 0


def _checked(key: str, values: Mapping[str, Any], default: Any) -> Any:
    """The value of `key`, with the type of its default."""
    value = values.get(key, default)
    right = isinstance(value, int | float) if isinstance(default, float) else None
    right = isinstance(value, type(default)) if right is None else right
    if not right or isinstance(value, bool):
        kind = {int: "a whole number", float: "a number", str: "a name"}[type(default)]
        raise ConfigError(f"{key} is {value!r}, expected {kind}")
    if isinstance(default, float) and not 0 <= value <= (1 if key.endswith("_prob") else math.inf):
        raise ConfigError(
            f"{key} is {value}, expected 0 or more"
            + (", at most 1" if key.endswith("_prob") else "")
        )
    return value
