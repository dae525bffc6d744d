"""One number for all of GLUE: the two averages that the tables of arXiv 2311.13657 mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gonerd.errors import InputError
from gonerd_baselines.paper.score_tables import GLUE
from gonerd_baselines.tasks.glue_layouts import GLUE_LAYOUTS

__all__ = ["glue_averages", "glue_numbers"]


def glue_numbers(record: Mapping[str, Any]) -> tuple[float, ...]:
    """What Table 3 prints of a task, from its finetune.json: one number, at most 1, or two.

    Two are the accuracies of MNLI, matched and mismatched, accuracy and F1 of MRPC and QQP, and the
    correlations of STS-B, Pearson's and Spearman's, both on its validation split.

    Raises:
        InputError: the record is of another task.
    """
    name = str(record["task"])
    layout = GLUE_LAYOUTS.get(name.removeprefix("glue/"))
    if layout is None or not name.startswith("glue/"):
        raise InputError(f"a record of {name!r} has no numbers of GLUE")
    metrics = record["metrics"]
    return tuple(metrics[split][key] for split in layout.held_out for key in layout.numbers)


def glue_averages(numbers: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Over the eight tasks of Table 3, by name (CoLA, MNLI, ...): "by_number" and "by_task".

    By number a task with two counts twice, as in Table 3; by task each is the average of its numbers first,
    as in Tables 8 and 11 and on GLUE's own board. WNLI is in neither.

    Raises:
        InputError: a task is missing or has no number: averages over fewer could not be compared.
    """
    missing = [task for task in GLUE if not numbers.get(task)]
    if missing:
        raise InputError(f"GLUE's average is over eight tasks; {', '.join(missing)} is missing")
    flat = [number for task in GLUE for number in numbers[task]]
    tasks = [sum(numbers[task]) / len(numbers[task]) for task in GLUE]
    return {"by_number": sum(flat) / len(flat), "by_task": sum(tasks) / len(tasks)}
