"""A training small enough for tests: a classifier of numbers, with dropout and two losses."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.objective import Objective
from gonerd_baselines.training.trainer import Trainer

__all__ = [
    "CONFIG",
    "StoppedError",
    "ToyDocuments",
    "ToyObjective",
    "losses",
    "process_environment",
    "trained",
    "weights",
]


CONFIG = TrainingConfig(
    epochs=4,
    step_tokens=80,
    batch_tokens=40,
    learning_rate=0.02,
    log_steps=1,
    save_seconds=0,
)


class ToyDocuments:
    """Documents of 3 to 20 numbers below 12."""

    name = "toy"

    def __init__(self, count: int = 40, seed: int = 0) -> None:
        lots = np.random.default_rng(seed)
        self.rows = [lots.integers(0, 12, lots.integers(3, 21)) for _ in range(count)]
        self.fingerprint = f"toy {count} {seed}"

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def longest(self) -> int:
        return max(len(row) for row in self.rows)

    def lengths_of(self, documents: Any) -> Any:
        return np.array([len(self.rows[int(number)]) for number in documents], dtype=np.int64)


@dataclass(frozen=True)
class ToyBatch:
    ids: Tensor
    noise: Tensor
    counts: Mapping[str, float]

    @property
    def tokens(self) -> int:
        return len(self.ids)


class ToyObjective(Objective):
    """Says of each number whether it is odd, and (counted by documents) how large the noise was."""

    def __init__(self, documents: ToyDocuments, *, seed: int = 0, dropout: float = 0.2) -> None:
        super().__init__()
        self.documents = documents
        self.weights = {"odd": 1.0, "noise": 0.5}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.table = nn.Embedding(12, 8)
            self.hidden = nn.Linear(8, 8)
            self.out = nn.Linear(8, 2)
            self.unused = nn.Linear(3, 3)  # as Longformer's global projections are
        self.dropout = nn.Dropout(dropout)
        self.poison: set[int] = set()
        """Documents whose loss is no number."""
        self.after = 0

    def batch(
        self, documents: Sequence[int], *, generator: torch.Generator, device: str
    ) -> ToyBatch:
        rows = np.concatenate([self.documents.rows[number] for number in documents])
        ids = torch.from_numpy(rows)
        noise = torch.randn(len(documents), generator=generator)
        if self.poison & set(documents):
            noise = noise * torch.nan
        counts = {"odd": float(len(ids)), "noise": float(len(documents))}
        return ToyBatch(ids.to(device), noise.to(device), counts)

    def forward(self, batch: ToyBatch) -> dict[str, Tensor]:
        x = self.dropout(torch.tanh(self.hidden(self.table(batch.ids))))
        logits = self.out(x).float()
        level = self.hidden.bias.sum()
        return {
            "odd": functional.cross_entropy(logits, batch.ids % 2, reduction="sum"),
            "noise": (batch.noise - level).square().sum(),
        }

    def flops(self, lengths: Sequence[int]) -> float:
        return 1e5 * sum(
            lengths
        )  # more than it is, so that its share of the machine is no rounding

    def after_training(self) -> None:
        self.after += 1

    def accuracy(self) -> dict[str, float]:
        ids = torch.arange(12)
        found = self.out(torch.tanh(self.hidden(self.table(ids)))).argmax(-1)
        return {"accuracy": float((found == ids % 2).float().mean())}


class StoppedError(Exception):
    """What stands for a kill inside a process."""


def trained(
    documents: ToyDocuments, work: Path, config: TrainingConfig = CONFIG, **more: Any
) -> tuple[ToyObjective, dict[str, Any]]:
    objective = ToyObjective(documents)
    return objective, Trainer(objective, documents, config, work, **more).run()


def weights(objective: ToyObjective) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in objective.parameters()])


def losses(report: dict[str, Any]) -> list[float]:
    return [line["loss"] for line in report["log"] if "loss" in line]


def process_environment() -> dict[str, str]:
    root = Path(__file__).parents[3]
    paths = [
        str(root),
        *(str(root / name) for name in ("scraper", "annotation", "baselines", "leaderboard")),
    ]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
