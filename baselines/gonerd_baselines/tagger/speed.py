"""How long a step and a validation take on this machine, found out without touching the training."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence

from torch import Tensor

from gonerd_baselines.packing import batches_by_tokens
from gonerd_baselines.tagger.config import TrainingConfig
from gonerd_baselines.tagger.data import SplitFeatures
from gonerd_baselines.tagger.features import batch_from_features
from gonerd_baselines.tagger.model import Tagger
from gonerd_baselines.tagger.optimizing import adamw, backward, seeded
from gonerd_baselines.tagger.prediction import BATCH_TOKENS, validation_counts

__all__ = ["seconds_per_step", "seconds_per_validation"]

PROBE_STEPS = 5


def seconds_per_step(
    tagger: Tagger,
    train: SplitFeatures,
    batches: Sequence[Sequence[int]],
    forget: Tensor,
    config: TrainingConfig,
) -> float:
    """Seconds that a step of average size takes, measured on a copy of `tagger` over a few `batches`."""
    trial = copy.deepcopy(tagger).train()
    optimizer = adamw(trial, config)
    tokens, seconds = 0, 0.0
    with seeded(0):
        for number, indexes in enumerate(batches[: PROBE_STEPS + 1]):
            began = time.monotonic()
            batch = batch_from_features(
                [train.features[index] for index in indexes], trial.lexicon, device=trial.device
            )
            backward(trial, batch, forget)
            optimizer.step()
            optimizer.zero_grad()
            if number == 1:  # the first is slow, since memory is being taken: it counts when alone
                tokens, seconds = 0, 0.0
            tokens += batch.packing.tokens
            seconds += time.monotonic() - began
    return seconds / tokens * train.tokens / len(batches)


def seconds_per_validation(tagger: Tagger, validation: SplitFeatures) -> float:
    """Seconds that a validation takes, measured on as much of it as one batch holds."""
    lengths = validation.lengths
    first = batches_by_tokens(lengths, range(len(lengths)), BATCH_TOKENS)[0]
    some = SplitFeatures(
        tuple(validation.documents[index] for index in first),
        tuple(validation.features[index] for index in first),
    )
    began = time.monotonic()
    validation_counts(tagger, some)
    return (time.monotonic() - began) * validation.tokens / some.tokens
