"""Parameters of a row as the paper counts them: without a head, with a pooler where the class has one."""

from __future__ import annotations

import torch

from gonerd_baselines.bench.our_model import encoder_config
from gonerd_baselines.bench.peer import peer_parameters
from gonerd_baselines.bench.row import Row
from gonerd_baselines.encoder import Encoder

__all__ = ["parameters_of"]


def parameters_of(row: Row) -> int:
    """Counted on transformers' class, or on our encoder and a pooler for LSG; no memory is taken."""
    found = peer_parameters(row)
    if found is not None:
        return found
    with torch.device("meta"):
        encoder = Encoder(encoder_config(row))
    pooler = row.width * (row.width + 1)
    return sum(parameter.numel() for parameter in encoder.parameters()) + pooler
