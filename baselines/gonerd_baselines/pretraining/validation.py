"""The loss on texts that are not trained on, by masks that are always the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import torch

from gonerd.errors import InputError
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.pretraining.masking import Masking
from gonerd_baselines.pretraining.objective import masked_batch
from gonerd_baselines.pretraining.texts import require_readable
from gonerd_baselines.tokens.sampler import PackingSampler
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.training.config import TrainingConfig

__all__ = ["MOST_TOKENS", "judge_of", "validation_loss"]

MOST_TOKENS = 2**18
"""Of the texts, so that a look costs little beside the training."""


def judge_of(
    folder: Path,
    checkpoint: Checkpoint,
    tokens: TokenFiles,
    masking: Masking,
    config: TrainingConfig,
) -> Callable[[], Mapping[str, float]]:
    """The `validation_loss` of the checkpoint's model on `folder`, of which all is checked now.

    Raises:
        InputError: the folder is none, is empty, was made by another tokenizer than `tokens`, or is more than
            the model can read.
    """
    files = TokenFiles(folder)
    if files.manifest.tokenizer_sha256 != tokens.manifest.tokenizer_sha256:
        raise InputError(f"{folder} and {tokens.name} were tokenized by different tokenizers")
    require_readable(files, checkpoint)
    if not len(files):
        raise InputError(f"{folder} has no document")
    return partial(validation_loss, checkpoint.model, files, masking, config)


@torch.no_grad()
def validation_loss(
    model: Encoder | Model, files: TokenFiles, masking: Masking, config: TrainingConfig
) -> dict[str, float]:
    """Mean negative log-likelihood of a masked token (nats) over MOST_TOKENS, and its exponential.

    In the precision of the training.
    """
    device = str(next(model.parameters()).device)
    kind = torch.device(device).type
    room = max(config.batch_tokens, files.longest)
    sampler = PackingSampler(files, batch_tokens=room, seed=0)
    generator = torch.Generator().manual_seed(0)
    total = count = 0.0
    for documents in islice(sampler, max(1, MOST_TOKENS // room)):
        batch = masked_batch(files, documents, masking, generator=generator, device=device)
        with torch.autocast(kind, torch.bfloat16, enabled=config.precision == "bf16"):
            mean = model(batch.ids, batch.packing, labels=batch.labels)
        total += float(mean) * batch.counts["mlm"]
        count += batch.counts["mlm"]
        if sampler.epoch:
            break
    loss = total / max(count, 1.0)
    return {"validation_loss": loss, "validation_perplexity": math.exp(min(loss, 50.0))}
