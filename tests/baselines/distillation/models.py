"""Tiny checkpoints of each attention, as `from_pretrained` gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from gonerd_baselines.attention import (
    AttentionPattern,
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.transformers_config import first_position

VOCABULARY = 60
LONGEST = 64

PATTERNS: dict[str, tuple[str, AttentionPattern]] = {
    "full": ("roberta", FullAttention()),
    "bert": ("bert", FullAttention()),
    "longformer": ("longformer", LongformerAttention(8)),
    "bigbird": ("big_bird", BigBirdAttention(block_size=4, num_random_blocks=1, mode="hf-eval")),
    "lsg": (
        "lsg-roberta",
        LsgAttention(
            block_size=8, sparse_block_size=8, sparsity_type="pooling", num_global_tokens=3
        ),
    ),
    "nystromformer": ("nystromformer", NystromformerAttention(num_landmarks=4, conv_kernel_size=5)),
}
"""By name: layout and pattern."""


def checkpoint(
    kind: str = "full",
    *,
    layers: int = 4,
    head: str | None = "mlm",
    labels: tuple[str, ...] = (),
    hidden_size: int = 24,
    seed: int = 0,
    folder: Path | None = None,
    tied: bool = True,
    **more: Any,
) -> Checkpoint:
    """Random in every parameter, in evaluation mode, without dropout."""
    layout, pattern = PATTERNS[kind]
    begins = first_position(layout, 1)
    config = EncoderConfig(
        **{
            "attention": (pattern,) * layers,
            "vocab_size": VOCABULARY,
            "hidden_size": hidden_size,
            "num_attention_heads": 3,
            "intermediate_size": 32,
            "first_position": begins,
            "max_position_embeddings": begins + LONGEST,
            "type_vocab_size": 2 if layout == "big_bird" else 1,
            "initializer_range": 0.3,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            **more,
        }
    )
    torch.manual_seed(seed)
    model: Encoder | Model = Encoder(config)
    if head is not None:
        model = Model(model, build_head(layout, head, config, len(labels) or 2), tied=tied)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            nn.init.normal_(parameter, mean=0.5, std=0.3)
    return Checkpoint(
        model=model.eval(), layout=layout, head=head, labels=labels, folder=folder, id="teacher"
    )
