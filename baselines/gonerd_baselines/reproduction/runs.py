"""Fine-tunings and benchmarks of models: the steps that fill a table's cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gonerd.dataset.places import dataset_id
from gonerd.errors import ConfigError
from gonerd_baselines.reproduction.columns import GLUE_TASKS
from gonerd_baselines.reproduction.models import Model, Models, Ref, suffix_of
from gonerd_baselines.reproduction.rows import Row
from gonerd_baselines.reproduction.scale import Scale, TaskRow, tokens_of

__all__ = ["NER", "QA", "Runs"]

NER = ("conll2003", "gonerd")
QA = ("squad", "hotpotqa", "triviaqa")


class Runs:
    """Adds steps to those of `models`; what several tables need is made once."""

    def __init__(
        self,
        scale: Scale,
        *,
        texts: Mapping[str, Sequence[str]] | None = None,
        data: Mapping[str, str] | None = None,
        device: str | None = None,
    ) -> None:
        """`texts` by role and `data` by task take the place of the scale's own.

        Raises:
            ConfigError: there is no such role or task.
        """
        self.scale = scale
        self.device = device or scale.device
        given = dict(data or {})
        for task in given:
            if task not in scale.tasks:
                raise ConfigError(f"--data {task}: expected one of {', '.join(scale.tasks)}")
        for role in texts or {}:
            if role not in scale.texts:
                raise ConfigError(f"--texts {role}: expected one of {', '.join(scale.texts)}")
        self.titles = {
            name: _dataset_title(given[name])
            if name in given and name in NER and not scale.teacher
            else row.title
            for name, row in scale.tasks.items()
        }
        """Of tasks: a dataset of one's own is called by its own name."""
        self.places = {name: given.get(name, row.place) for name, row in scale.tasks.items()}
        self.models = Models(scale, texts or {})

    def there(self, names: Sequence[str]) -> dict[str, TaskRow]:
        """Those of these tasks whose data was named."""
        return {
            name: replace(self.scale.tasks[name], title=self.titles[name])
            for name in names
            if self.places.get(name)
        }

    def glue(self) -> dict[str, TaskRow]:
        """Those of GLUE's tasks that are there."""
        return self.there(tuple(GLUE_TASKS))

    def runs(
        self, model: Model, tasks: Mapping[str, TaskRow], *, windows: bool = False
    ) -> dict[str, tuple[str, ...]]:
        """A fine-tuning for each task that the model is long enough for, and each seed."""
        return {
            task: tuple(self._finetune(model, task, row, seed) for seed in self.scale.seeds)
            for task, row in tasks.items()
            if windows or not row.long or model.length > self.scale.short
        }

    def _finetune(self, model: Model, task: str, row: TaskRow, seed: int) -> str:
        name = f"finetune-{task.replace('/', '.')}-{model.key}-s{seed}"
        settings = {
            "task": task,
            "set": {**self.scale.finetuning, **row.settings, "training.seed": seed},
        }
        refs = {"model": model.ref, "task": self._data(model, task)}
        operations = model.operations(row.tokens)
        self.models.step(name, "finetune", settings, refs, tokens=row.tokens, operations=operations)
        return name

    def _data(self, model: Model, task: str) -> Ref:
        """Annotated documents are cut once for all models with one tokenizer."""
        place = Ref(place=self.places[task])
        if task not in NER:
            return place
        name = f"prepare-{task}{suffix_of(model.tokenizer)}"
        return self.models.step(name, "prepare", {}, {"data": place, "tokenizer": model.tokenizer})

    def task_distilled(self, teacher: Model, student: Model, task: str) -> tuple[str, ...]:
        """A student that learns from a fine-tuned teacher's answers first, once for each seed."""
        row = self.scale.tasks[task]
        roles = self.scale.mixtures[self.scale.mixture].roles
        budget = tokens_of(self.scale.task_distillation)
        names = []
        for seed in self.scale.seeds:
            taught = Ref(step=self._finetune(teacher, task, row, seed))
            key = f"{student.key}.{task.replace('/', '.')}-s{seed}"
            settings = {
                "recipe": "task",
                "set": {**self.scale.task_distillation, "training.seed": seed},
            }
            refs = {
                "teacher": taught,
                "student": student.ref,
                "tokens": self.models.tokens(teacher.tokenizer, teacher.length, roles),
            }
            operations = student.operations(budget)
            operations += teacher.operations(budget, times=1.0)
            ref = self.models.step(
                f"distill-{key}", "distill", settings, refs, tokens=budget, operations=operations
            )
            told = replace(student, key=f"{student.key}.task", ref=ref)
            names.append(self._finetune(told, task, row, seed))
        return tuple(names)

    def row(
        self,
        name: str,
        title: str,
        block: str,
        model: Model,
        tasks: Mapping[str, TaskRow],
        *,
        paper: str = "",
        teachers: tuple[str, ...] = (),
        control: bool = False,
        against: str = "",
        more: int = 0,
        windows: bool = False,
    ) -> Row:
        """A model fine-tuned on tasks; with `windows` also on documents that it has to read in windows."""
        return Row(
            name=name,
            title=title,
            block=block,
            runs=self.runs(model, tasks, windows=windows),
            paper=paper,
            teachers=teachers,
            control=control,
            against=against,
            more=more,
        )

    def times(self, rows: Iterable[str]) -> bool:
        """Whether the benchmark has all these rows, at 512 tokens."""
        from gonerd_baselines.bench import rows_named

        named = {row.name for row in rows_named(tuple(self.scale.bench.get("rows", ())))}
        return set(rows) <= named and 512 in self.scale.bench.get("lengths", (512,))

    def bench(self, name: str, *, lengths: Sequence[int] = ()) -> str:
        """A step of `gonerd bench`."""
        settings = {**self.scale.bench, "device": self.device}
        if lengths:
            settings["lengths"] = list(lengths)
        self.models.step(name, "bench", settings, {})
        return name


def _dataset_title(place: str) -> str:
    """The name of a file or folder without its endings."""
    return dataset_id(place).partition(".")[0].replace("_", " ")
