"""What a model says of examples, in their order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.packing import batches_by_tokens
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.objective import task_batch

__all__ = ["BATCH_TOKENS", "logits_of"]

BATCH_TOKENS = {"cpu": 2048, "cuda": 65536}
"""Tokens that are computed together, unless one example alone has more."""


def logits_of(
    model: Model,
    examples: Examples,
    *,
    head: str,
    precision: str = "fp32",
    batch_tokens: int | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Yield the logits of each: sequence (labels,), token (t, labels), qa (t, 2).

    Computed where the model is, without dropout; the model is left as it was. `precision` is one of
    `PRECISIONS`, as in training.
    """
    device = next(model.parameters()).device
    limit = batch_tokens or BATCH_TOKENS.get(device.type, BATCH_TOKENS["cuda"])
    trained = model.training
    model.eval()
    try:
        for batch in batches_by_tokens(examples.lengths, range(len(examples)), limit):
            row = task_batch(examples, batch, device=str(device))
            half = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
            with torch.inference_mode(), half:
                logits = model(row.ids, row.packing, token_types=row.types)
            found = logits.float().cpu().numpy()
            if head == "sequence":
                yield from found
            else:
                yield from np.split(found, np.cumsum(row.packing.lengths)[:-1])
    finally:
        model.train(trained)
