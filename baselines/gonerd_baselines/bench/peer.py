"""A row as a class of transformers, with random weights: what people run today."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from gonerd_baselines.bench.row import Row

__all__ = ["HEADS", "LABELS", "peer_config", "peer_model", "peer_parameters"]

HEADS = ("token", "mlm")
"""Token classification, which NER needs, and the masked language model's head, which the paper timed."""

LABELS = 9
"""The tags of the dataset."""


def peer_config(row: Row, *, family: str = "", length: int = 0, attention: str = "") -> Any:
    """The configuration in transformers; `family` where another class than the row's own is to run it.

    Args:
        row: its positions are taken as they are.
        family: a class with full attention in the row's sizes.
        length: of the documents; Nystromformer's landmarks are means over so many tokens.
        attention: `sdpa` or `eager`.
    """
    from transformers import AutoConfig

    from gonerd_baselines.bench.row import FAMILIES

    kind = FAMILIES[family or row.family]
    fields: dict[str, Any] = {
        "vocab_size": row.vocabulary,
        "hidden_size": row.width,
        "num_hidden_layers": row.layers,
        "num_attention_heads": row.heads,
        "intermediate_size": row.feed_forward,
        "max_position_embeddings": row.positions
        + (kind.first_position if kind.counts_first else 0),
        "num_labels": LABELS,
    }
    if kind.model_type == "distilbert":
        fields |= {
            "dim": row.width,
            "n_layers": row.layers,
            "n_heads": row.heads,
            "hidden_dim": row.feed_forward,
            "activation": row.activation,
        }
        for name in (
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
        ):
            del fields[name]
    elif kind.model_type == "modernbert":
        padding = min(50283, row.vocabulary - 1)  # the published one, but for smaller tables
        fields |= {"hidden_activation": row.activation, "norm_eps": row.norm_eps}
        fields["pad_token_id"] = padding
    else:
        fields |= {
            "type_vocab_size": row.token_types,
            "hidden_act": row.activation,
            "layer_norm_eps": row.norm_eps,
        }
    if row.embedding:
        fields["embedding_size"] = row.embedding
    if kind.model_type == "mobilebert":
        # As google/mobilebert-uncased: its pooler is the first token as it is.
        fields |= {"intra_bottleneck_size": row.embedding, "classifier_activation": False}
    if kind.model_type == "longformer":
        fields["attention_window"] = [512] * row.layers
    if kind.model_type == "big_bird":
        fields |= {"attention_type": "block_sparse", "block_size": 64, "num_random_blocks": 3}
    if kind.model_type == "nystromformer":
        means = 64 if row.published_full else length or row.positions
        fields |= {"num_landmarks": 64, "segment_means_seq_len": means}
    config = AutoConfig.for_model(kind.model_type, **fields)
    if attention:
        config._attn_implementation = attention
    return config


def peer_model(config: Any, head: str) -> nn.Module:
    """The model with its head, in evaluation, where torch's default device says."""
    from transformers import AutoModelForMaskedLM, AutoModelForTokenClassification

    classes = {"token": AutoModelForTokenClassification, "mlm": AutoModelForMaskedLM}
    auto: Any = classes[head]
    model: nn.Module = auto.from_config(config, attn_implementation=config._attn_implementation)
    return model.eval()


def peer_parameters(row: Row) -> int | None:
    """Parameters without a head and with a pooler where the class has one, as the paper counts them.

    None for LSG, which has no class; no memory is taken for it.
    """
    from transformers import AutoModel

    if row.attention == "lsg":
        return None
    auto: Any = AutoModel
    with torch.device("meta"):
        model: nn.Module = auto.from_config(peer_config(row))
    return sum(parameter.numel() for parameter in model.parameters())
