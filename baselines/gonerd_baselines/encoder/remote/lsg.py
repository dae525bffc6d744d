"""What a checkpoint with LSG attention holds beside RoBERTa's: fields of config.json, and a file of code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib.resources import files
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.attention.lsg import LsgAttention

__all__ = ["is_lsg_config", "lsg_config_values", "lsg_pattern_from_config", "remote_files"]

MODEL_TYPE = "lsg-roberta"
"""Of the checkpoints written here. lsg-converter's say "roberta", which transformers opens as that."""
MODULE = "modeling_lsg_roberta"
HEADS = (
    "Model",
    "ForMaskedLM",
    "ForMultipleChoice",
    "ForQuestionAnswering",
    "ForSequenceClassification",
    "ForTokenClassification",
)


def remote_files() -> dict[str, str]:
    """Names and texts of the files that stand beside the checkpoint."""
    name = f"{MODULE}.py"
    return {name: (files(__package__) / name).read_text(encoding="utf-8")}


def lsg_config_values(pattern: LsgAttention) -> dict[str, Any]:
    """The fields of config.json beside the shape: all of the pattern, the type, and where the code is.

    `architectures` is left to the caller: "LSGRoberta" with one of HEADS.
    """
    heads = {f"Auto{head}" if head == "Model" else f"AutoModel{head}": head for head in HEADS}
    auto_map = {name: f"{MODULE}.LSGRoberta{head}" for name, head in heads.items()}
    return {
        "model_type": MODEL_TYPE,
        "auto_map": {"AutoConfig": f"{MODULE}.LSGRobertaConfig", **auto_map},
        **asdict(pattern),
    }


def is_lsg_config(values: Mapping[str, Any]) -> bool:
    """Whether config.json is of a checkpoint with LSG attention, ours or lsg-converter's."""
    return values.get("model_type") == MODEL_TYPE or values.get("base_model_prefix") == "lsg"


def lsg_pattern_from_config(values: Mapping[str, Any]) -> LsgAttention:
    """The pattern that `values` of a config.json describe; what they leave out is as in lsg-converter.

    Raises:
        ConfigError: they are not of LSG attention, or hold what it can't be.
    """
    if not is_lsg_config(values):
        raise ConfigError(
            f"config.json has model_type {values.get('model_type')!r}, "
            f"expected {MODEL_TYPE!r}, or base_model_prefix 'lsg'"
        )
    known = {field.name for field in fields(LsgAttention)}
    chosen = {name: value for name, value in values.items() if name in known}
    if "sparsity_type" in chosen and chosen["sparsity_type"] is None:
        chosen["sparsity_type"] = "none"
    if chosen.get("mask_first_token"):
        chosen["pool_with_global"] = True  # lsg-converter's own correction
    return LsgAttention(**chosen)
