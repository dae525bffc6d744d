"""GLUE (arXiv 1804.07461): a label for a sentence or a pair of them, each task by numbers of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.dataset.hub import is_hub_name
from gonerd.errors import InputError
from gonerd_baselines.tasks.examples import Example, Examples, examples_from
from gonerd_baselines.tasks.glue_hub import GLUE_ON_HUB, has_copy, read_copy, read_hub
from gonerd_baselines.tasks.glue_layouts import GLUE_LAYOUTS, GlueLayout
from gonerd_baselines.tasks.glue_originals import has_originals, read_originals
from gonerd_baselines.tasks.glue_rows import GlueData, GlueSplit
from gonerd_baselines.tasks.reader import Reader
from gonerd_baselines.tasks.scores import accuracy, f1, matthews, pearson, spearman
from gonerd_baselines.tasks.task import EncodedTask, Evaluation, Task

__all__ = ["MEAN", "GlueTask", "glue_task"]

MEAN = "mean"
"""The average of a task's two numbers, as GLUE itself ranks by."""

_SCORES: Mapping[str, Callable[[Any, Any], float]] = {
    "accuracy": accuracy,
    "f1": f1,
    "matthews": matthews,
    "pearson": pearson,
    "spearman": spearman,
}


def glue_task(name: str, data: str | None = None) -> GlueTask:
    """The task `name`, glue/cola or another, from a folder or a Hub id; None is the Hub's own copy.

    A folder holds the task's original files (as DATA/RTE/train.tsv or DATA/train.tsv, compressed or not), or
    those of the Hub (as DATA/rte/train-00000-of-00001.parquet).

    Raises:
        InputError: a file is missing, or is not as it should be.
    """
    layout = GLUE_LAYOUTS[name.removeprefix("glue/")]
    return GlueTask(name, layout, _read(name, layout, data or GLUE_ON_HUB))


def _read(name: str, layout: GlueLayout, data: str) -> GlueData:
    folder = Path(data)
    if not folder.is_dir():
        if not is_hub_name(data) or folder.exists():
            raise InputError(
                f"{data} is no folder; {name} reads {layout.folder}/train.tsv in one, or a Hub id "
                f"like {GLUE_ON_HUB}"
            )
        return read_hub(data, layout)
    for place in (folder / layout.folder, folder):
        if has_originals(place, layout):
            return read_originals(place, layout)
    for place in (folder / layout.config, folder):
        if has_copy(place):
            return read_copy(place, layout)
    raise InputError(
        f"{data} has no {layout.folder}/train.tsv, which {name} reads (nor train.tsv, nor "
        f"{layout.config}/train-*.parquet)"
    )


class GlueTask(Task):
    """Rows that have been read."""

    head = "sequence"

    def __init__(self, name: str, layout: GlueLayout, data: GlueData) -> None:
        self.name = name
        self.layout = layout
        self.data = data
        self.labels = layout.labels
        self.problem = "regression" if layout.is_regression else "single_label_classification"
        self.metric = MEAN if len(layout.numbers) > 1 else layout.numbers[0]

    def encoded(self, reader: Reader) -> EncodedGlue:
        """Pairs as the tokenizer joins them, the longer one cut first."""
        held_out = {
            name: self._examples(name, split, reader) for name, split in self.data.held_out.items()
        }
        return EncodedGlue(self.layout, self._examples("train", self.data.train, reader), held_out)

    def record(self) -> Mapping[str, Any]:
        """Files, rows and SHA-256 by split."""
        return self.data.record()

    def _examples(self, name: str, split: GlueSplit, reader: Reader) -> Examples:
        inputs = (row.texts[0] if len(row.texts) == 1 else row.texts[:2] for row in split.rows)
        read = reader.encoded(inputs)  # type: ignore[arg-type]  # two texts are a pair
        made = (
            Example(ids, types, row.label)
            for (ids, types), row in zip(read, split.rows, strict=True)
        )
        return examples_from(
            f"{self.name} {name}", made, head=self.head, numbers=self.layout.is_regression
        )


@dataclass(frozen=True)
class EncodedGlue(EncodedTask):
    """Examples, and the scores of the task."""

    layout: GlueLayout
    train: Examples
    held_out: Mapping[str, Examples]

    def evaluate(self, split: str, logits: Iterable[NDArray[np.float32]]) -> Evaluation:
        """The task's numbers, their mean where there are two, and a guess for each row."""
        found = np.stack(list(logits))
        right = self.held_out[split].labels
        assert right is not None  # splits without labels are not read
        guessed = found[:, 0] if self.layout.is_regression else found.argmax(axis=1)
        metrics = {name: _SCORES[name](guessed, right) for name in self.layout.numbers}
        if len(metrics) > 1:
            metrics[MEAN] = sum(metrics.values()) / len(metrics)
        rows = [
            {"id": number, "label": self._said(guess), "gold": self._said(label)}
            for number, (guess, label) in enumerate(zip(guessed, right, strict=True))
        ]
        return Evaluation(metrics, rows)

    def _said(self, label: Any) -> str | float:
        """A class by its name, a score to five digits."""
        if self.layout.is_regression:
            return round(float(label), 5)
        return self.layout.labels[int(label)]
