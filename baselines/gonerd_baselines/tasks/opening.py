"""The model that a task is learned on: a checkpoint's encoder, with its own head or a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch

from gonerd.errors import ConfigError
from gonerd.files import read_json
from gonerd_baselines.attention import AUTO
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.layouts import layout_of
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.tasks.task import Task

__all__ = ["TaskModel", "open_model"]


@dataclass(frozen=True, slots=True)
class TaskModel:
    """A checkpoint with the head of a task."""

    checkpoint: Checkpoint
    new_head: bool
    """Whether the head has first weights: the checkpoint has none of this kind, or one of other labels."""

    @property
    def model(self) -> Model:
        """The encoder and its head."""
        assert isinstance(self.checkpoint.model, Model)  # it was asked for with a head
        return self.checkpoint.model


def open_model(
    task: Task,
    start: str,
    *,
    seed: int = 0,
    new_head: bool = False,
    attention_backend: str = AUTO,
) -> TaskModel:
    """The checkpoint `start`, a folder or NAMESPACE/NAME[@REVISION] on the Hub, ready for `task`.

    A head of the task's kind with the task's labels, in their order, is kept. One of another kind gives way
    to a new one, whose first weights `seed` decides; with `new_head` so does any.

    Raises:
        InputError: there is no such checkpoint, or it is broken or of an unknown family.
        ConfigError: the attention backend is unknown, or the head has other labels and no new one is asked
            for.
    """
    labels = task.labels or None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = from_pretrained(
            start, head=task.head, labels=labels, new_head=True, attention_backend=attention_backend
        )
    if not new_head and _has_head(found, task):
        found = from_pretrained(
            start, head=task.head, labels=labels, attention_backend=attention_backend
        )
    kept = {key: value for key, value in found.kept.items() if key != "problem_type"}
    if task.problem is not None:
        kept["problem_type"] = task.problem
    kept.update(task.config)
    return TaskModel(replace(found, kept=kept), new_head=bool(found.report.new))


def _has_head(checkpoint: Checkpoint, task: Task) -> bool:
    """By config.json alone: in some families heads of two kinds have tensors of the same names."""
    assert checkpoint.folder is not None  # it was loaded
    values = read_json(checkpoint.folder / "config.json")
    if values.get("architectures") != [layout_of(checkpoint.layout).architecture(task.head)]:
        return False
    said = values.get("id2label")
    names = {str(number): label for number, label in enumerate(task.labels)}
    if task.labels and said != names:
        raise ConfigError(
            f"{checkpoint.id or checkpoint.folder} has a head for other labels "
            f"({_list(said.values() if isinstance(said, dict) else ())}) than {task.name} "
            f"({_list(task.labels)}); --set new_head=true puts a new one in its place"
        )
    return True


def _list(labels: Iterable[object]) -> str:
    """The first few of them."""
    names = list(map(str, labels))
    return ", ".join([*names[:9], *(["..."] if len(names) > 9 else [])]) or "none are named"
