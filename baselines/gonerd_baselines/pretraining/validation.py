"""The loss on texts that are not trained on, by masks that are always the same."""

from __future__ import annotations

import math
from itertools import islice

import torch

from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.pretraining.masking import Masking
from gonerd_baselines.pretraining.objective import masked_batch
from gonerd_baselines.tokens.sampler import PackingSampler
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.training.config import TrainingConfig

__all__ = ["MOST_TOKENS", "validation_loss"]

MOST_TOKENS = 2**18
"""Of the texts, so that a look costs little beside the training."""


@torch.no_grad()
def validation_loss(
    model: Encoder | Model, files: TokenFiles, masking: Masking, config: TrainingConfig
) -> dict[str, float]:
    """Mean negative log-likelihood of a masked token (nats) over MOST_TOKENS, and its exponential."""
    device = str(next(model.parameters()).device)
    sampler = PackingSampler(files, batch_tokens=config.batch_tokens, seed=0)
    generator = torch.Generator().manual_seed(0)
    total = count = 0.0
    for documents in islice(sampler, max(1, MOST_TOKENS // config.batch_tokens)):
        batch = masked_batch(files, documents, masking, generator=generator, device=device)
        total += float(model(batch.ids, batch.packing, labels=batch.labels)) * batch.counts["mlm"]
        count += batch.counts["mlm"]
        if sampler.epoch:
            break
    loss = total / max(count, 1.0)
    return {"validation_loss": loss, "validation_perplexity": math.exp(min(loss, 50.0))}
