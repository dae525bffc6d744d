"""One step of a training: the gradient, the optimiser and the random numbers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gonerd_baselines.tagger.config import TrainingConfig
from gonerd_baselines.tagger.features import Batch
from gonerd_baselines.tagger.model import WORD_COLUMN, Tagger

__all__ = ["adamw", "backward", "seeded"]


def backward(tagger: Tagger, batch: Batch, forget: Tensor) -> float:
    """Add the gradient of a batch to the tagger's, and return the loss a token.

    `forget` (known words + 1,) is the chance of each known word to be taken as an unknown one.
    """
    chance = forget[batch.rows[:, WORD_COLUMN]][batch.word]
    drawn = torch.rand(batch.packing.tokens).to(
        chance.device
    )  # drawn on the CPU: the same on any device
    loss = tagger.loss(batch, drawn < chance)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
    return float(loss.detach())


def adamw(tagger: Tagger, config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW that decays matrices and leaves biases, norms and scores of the CRF alone."""
    matrices = [p for name, p in tagger.named_parameters() if p.ndim > 1 and "crf" not in name]
    others = [p for name, p in tagger.named_parameters() if p.ndim <= 1 or "crf" in name]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": config.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.98),
        fused=True,
    )


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's random numbers from `seed` inside the block, and as they were after it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
