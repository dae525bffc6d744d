"""A member of the population as Ray Tune's trial: a process that trains a slice at a time.

Imported only where Ray is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ray import tune

from gonerd_baselines.search.population import SCORE, TOLD, score_of
from gonerd_baselines.search.slices import begun_slice, train_slice
from gonerd_baselines.search.space import with_hyperparameters
from gonerd_baselines.tasks.task import EncodedTask, Task
from gonerd_baselines.tasks.task_training import task_training

__all__ = ["Asked", "Member"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What all members have in common."""

    task: Task
    start: str
    encoded: EncodedTask
    recipe: Mapping[str, Any]
    space: tuple[str, ...]
    work: Path
    evaluations: int
    """Of a slice."""
    slices: int
    attention_backend: str
    device: str
    tensorboard: Path | None
    threads: int
    """Of a process on a processor."""


class Member(tune.Trainable):
    """Whose it is stands in its configuration, and its state in the search's own folder.

    So a process can take up any member's slice after any other's, and what Ray keeps as a checkpoint is the
    name of a slice.
    """

    def setup(self, config: dict[str, Any], asked: Asked | None = None) -> None:
        """Nothing is read yet: a process that was made may never train."""
        assert asked is not None  # Ray's with_parameters gives it
        self.place = config
        self.asked = asked
        if asked.device == "cpu":
            torch.set_num_threads(asked.threads)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Another slice, perhaps of another member, in this process."""
        self.place = new_config
        return True

    def step(self) -> dict[str, Any]:
        """A slice: open the model anew, take the state and go on to the next turn."""
        asked, member, number = self.asked, self.place["member"], self.place["slice"]
        values = {key: self.place[key] for key in asked.space}
        tuned = task_training(
            asked.task,
            asked.start,
            recipe=with_hyperparameters(asked.recipe, values),
            attention_backend=asked.attention_backend,
            device=asked.device,
            encoded=asked.encoded,
        )
        folder = begun_slice(asked.work, member=member, number=number, source=self.place["source"])
        board = asked.tensorboard
        found = train_slice(
            tuned,
            folder,
            evaluations=(number + 1) * asked.evaluations,
            tensorboard=None if board is None else board / f"member-{member:03d}",
        )
        line = {"slice": number, "member": member, **found}
        return {
            SCORE: score_of(found["metrics"], asked.task.metric),
            TOLD: json.dumps(line),
            "done": number + 1 == asked.slices,
        }

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Its name; the state itself lies in the search's folder already."""
        Path(checkpoint_dir, "slice.json").write_text(json.dumps(self.place))

    def load_checkpoint(self, checkpoint: Any) -> None:
        """The configuration has said it all."""
