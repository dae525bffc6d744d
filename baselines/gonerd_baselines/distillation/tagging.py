"""A task of tagging for teacher and student: what both read, and how well either does."""

from __future__ import annotations

from collections.abc import Mapping

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.tasks.examples import Examples
from gonerd_baselines.tasks.logits import logits_of
from gonerd_baselines.tasks.reader import reader_of
from gonerd_baselines.tasks.task import DEVELOPMENT, Evaluation, Task

__all__ = ["Tagging"]


class Tagging:
    """The examples of a task by the teacher's tokenizer."""

    def __init__(self, task: Task, teacher: Checkpoint, *, precision: str) -> None:
        """Read the task as `teacher` does, and evaluate in `precision`.

        Raises:
            ConfigError: the task is no tagging.
            InputError: the teacher has other labels, or another tokenizer than the data was prepared by.
        """
        if task.head != "token":
            raise ConfigError(f"task {task.name} has a head {task.head}, expected one for tokens")
        if task.labels != teacher.labels:
            raise InputError(
                f"teacher {teacher.id} has the labels {', '.join(teacher.labels)}, the data of task "
                f"{task.name} {', '.join(task.labels)}; expected the same"
            )
        self.task = task
        self.precision = precision
        self.encoded = task.encoded(reader_of(teacher))

    @property
    def examples(self) -> Examples:
        """Those to learn from, with labels."""
        return self.encoded.train

    @property
    def splits(self) -> tuple[str, ...]:
        """What is held out."""
        return tuple(self.encoded.held_out)

    def evaluated(self, model: Model, split: str) -> Evaluation:
        """Of a model with the task's labels."""
        examples = self.encoded.held_out[split]
        logits = logits_of(model, examples, head="token", precision=self.precision)
        return self.encoded.evaluate(split, logits)

    def development(self, model: Model) -> Mapping[str, float]:
        """Metrics on the split that decides which weights are the best."""
        return self.evaluated(model, DEVELOPMENT).metrics
