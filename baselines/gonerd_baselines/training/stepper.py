"""Steps: batches drawn in order, their gradients over all processes, and the update.

What chance decides depends on (seed, batch) alone: nothing but the sampler's place need be remembered of it,
and a step comes to the same in one process or several.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gonerd_baselines.tokens.documents import Documents
from gonerd_baselines.tokens.sampler import PackingSampler
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.objective import Objective, TrainingBatch
from gonerd_baselines.training.optimizers import SCALE, load_optimizer, optimizers_of
from gonerd_baselines.training.processes import Processes

__all__ = ["Drawn", "Gradients", "Stepper"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The batches of a step, those of all processes."""

    batches: list[tuple[int, list[int]]]
    """(number of the batch since the beginning, its documents)."""
    lengths: list[int]
    """Tokens of each document."""

    @property
    def tokens(self) -> int:
        """Of all documents."""
        return sum(self.lengths)


@dataclass(frozen=True, slots=True)
class Gradients:
    """What a step's gradients came to."""

    loss: float
    means: Mapping[str, float]
    """The loss by part."""
    norm: float
    """Before it was clipped."""

    @property
    def finite(self) -> bool:
        """Whether an update by them makes sense."""
        return math.isfinite(self.loss) and math.isfinite(self.norm)


class Stepper:
    """An objective with its place among the documents and its optimisers; parameters are on the device."""

    def __init__(
        self,
        objective: Objective,
        documents: Documents,
        config: TrainingConfig,
        processes: Processes,
    ) -> None:
        self.objective, self.documents = objective, documents
        self.config, self.processes = config, processes
        self.batches = config.batches_a_step(processes.count)
        self.sampler = PackingSampler(documents, batch_tokens=config.batch_tokens, seed=config.seed)
        # Before anything is wrapped: the optimisers hold the parameters themselves.
        self.optimizers = optimizers_of(objective, config)
        self.model = processes.shared(objective)

    @property
    def epoch(self) -> int:
        """Passes over the documents that are over."""
        return self.sampler.epoch

    def draw(self) -> Drawn:
        """The next batches; no step reaches into the next pass."""
        batches: list[tuple[int, list[int]]] = []
        epoch = self.epoch
        while len(batches) < self.batches and self.epoch == epoch:
            batches.append((self.sampler.batches, next(self.sampler)))
        documents = np.array([document for _, batch in batches for document in batch])
        return Drawn(batches, self.documents.lengths_of(documents).tolist())

    def gradients(self, drawn: Drawn) -> Gradients:
        """Those of all batches, clipped, in the parameters."""
        mine = drawn.batches[self.processes.number :: self.processes.count]
        # A process without a batch of its own computes another's for nothing, so that all take part.
        share = float(bool(mine))
        mine = mine or drawn.batches[:1]
        batches = [self._batch(*each) for each in mine]
        weights = self.objective.weights
        place = torch.device(self.processes.device)
        counts = torch.tensor(
            [share * sum(batch.counts[name] for batch in batches) for name in weights],
            dtype=torch.float64,
        ).to(place)
        counts = self.processes.total(counts).clamp(min=1e-9)
        factors = counts.new_tensor(list(weights.values())) / counts
        sums = torch.zeros_like(counts)
        for (number, _), batch in zip(mine, batches, strict=True):
            torch.manual_seed(_seed_of(self.config.seed, number, "dropout"))
            last = batch is batches[-1]
            with nullcontext() if last else self.processes.apart(self.model):
                parts = self._losses(batch)
                found = share * torch.stack([parts[name].to(counts) for name in weights])
                # Gradients are means over processes, and are to be sums.
                total = (found * factors).sum() * self.processes.count
                total.backward()  # type: ignore[no-untyped-call]  # torch types it not
            sums += found.detach()
        means = dict(zip(weights, (self.processes.total(sums) / counts).tolist(), strict=True))
        norm = torch.nn.utils.clip_grad_norm_(
            self.objective.parameters(), self.config.clip or math.inf
        )
        loss = sum(weights[name] * mean for name, mean in means.items())
        return Gradients(loss, means, float(norm))

    def update(self, learning_rate: float) -> None:
        """Change the weights by the gradients, and forget these."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * group[SCALE]
            optimizer.step()
            optimizer.zero_grad()

    def state(self) -> dict[str, Any]:
        """What `restore` takes: tensors and plain values."""
        return {
            "sampler": json.dumps(self.sampler.state.as_json()),
            "model": self.objective.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where `state` was taken."""
        self.sampler.resume(json.loads(state["sampler"]))
        self.objective.load_state_dict(state["model"])
        for optimizer, held in zip(self.optimizers, state["optimizers"], strict=True):
            load_optimizer(optimizer, held)

    def _batch(self, number: int, documents: list[int]) -> TrainingBatch:
        generator = torch.Generator()
        generator.manual_seed(_seed_of(self.config.seed, number, "batch"))
        return self.objective.batch(documents, generator=generator, device=self.processes.device)

    def _losses(self, batch: TrainingBatch) -> dict[str, Tensor]:
        kind = torch.device(self.processes.device).type
        with torch.autocast(kind, torch.bfloat16, enabled=self.config.precision == "bf16"):
            found: dict[str, Tensor] = self.model(batch)
        return found


def _seed_of(seed: int, batch: int, what: str) -> int:
    """Of torch's generators: a hash, since near seeds give near streams nowhere."""
    digest = hashlib.sha256(f"{seed} {batch} {what}".encode()).digest()
    return int.from_bytes(digest[:7], "little")
