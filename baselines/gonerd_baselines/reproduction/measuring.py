"""What a fine-tuned model did on its held-out data, document by document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gonerd.errors import InputError
from gonerd.files import read_json
from gonerd.records import read_json_lines
from gonerd.scoring.confidence import Floats
from gonerd_baselines.reproduction.cell import RunScores
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.runs import NER
from gonerd_baselines.reproduction.step import Step

__all__ = ["scores_of_step"]

TEST, VALIDATION = "test", "validation"


def scores_of_step(step: Step, places: Places) -> RunScores:
    """Of a step that fine-tuned: names on the test split, all else on validation, as the paper has it.

    Metrics of further splits are called METRIC@SPLIT: MNLI has two.

    Raises:
        InputError: its folder is not as it was written.
    """
    from gonerd_baselines.tasks.finetuning import PREDICTIONS, RECORD

    out = places.out(step.name)
    record = read_json(out / RECORD)
    metrics: Mapping[str, Mapping[str, float]] = record["metrics"]
    named = step.settings["task"] in NER
    split = TEST if named and metrics.get(TEST) else VALIDATION
    values = dict(metrics[split])
    for other, found in metrics.items():
        values |= {f"{metric}@{other}": value for metric, value in found.items() if other != split}
    predictions = out / PREDICTIONS / f"{split}.jsonl"
    task = str(step.settings["task"])
    if named and "task" in step.inputs:
        prepared = places.out(step.inputs["task"])
        units, counts = _entity_counts(prepared, split, predictions)
        return RunScores(values, units, counts, split)
    if named:
        return RunScores(values, split=split)
    lines = [line for _, line in read_json_lines(predictions)]
    units = tuple(str(line["id"]) for line in lines)
    counts = _class_counts(task, lines) if "/" in task else _answer_counts(lines)
    kept = {name: counts[name] for name in counts if name in values}
    return RunScores(values, units, kept, split)


def _answer_counts(lines: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    """Each question's exact match and F1, of one."""
    ones = np.ones(len(lines))
    return {
        name: np.stack([np.array([float(line[name]) for line in lines]), ones], axis=1)
        for name in ("exact_match", "f1")
    }


def _class_counts(task: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    """Accuracy, and F1 of the second class: correlations are no ratios of sums over examples."""
    from gonerd_baselines.tasks.glue_layouts import GLUE_LAYOUTS

    layout = GLUE_LAYOUTS[task.partition("/")[2]]
    if layout.is_regression:
        return {}
    said, right = (np.array([str(line[key]) for line in lines]) for key in ("label", "gold"))
    wanted = layout.labels[1]
    both = 2.0 * ((said == wanted) & (right == wanted))
    either = (said == wanted).astype(np.float64) + (right == wanted)
    return {
        "accuracy": np.stack([said == right, np.ones(len(lines))], axis=1).astype(np.float64),
        "f1": np.stack([both, either], axis=1),
    }


def _entity_counts(
    prepared: Path, split: str, predictions: Path
) -> tuple[tuple[str, ...], dict[str, Floats]]:
    """F1 of all entities and of each label as (documents, 2): twice what is right, what is gold or said."""
    from gonerd_baselines.tasks.ner.prepared import read_prepared

    held = read_prepared(prepared)
    features, labels = held.splits[split], held.labels
    said: dict[str, set[tuple[int, int, str]]] = {}
    for _, line in read_json_lines(predictions):
        said[line["doc_id"]] = {(start, end, label) for start, end, label, *_ in line["entities"]}
    units = tuple(map(str, features.names.tolist()))
    if set(units) != set(said):
        raise InputError(f"{predictions} answers other documents than {prepared} holds")
    table = np.zeros((len(units), len(labels), 2))
    for number, name in enumerate(units):
        words = features.words_of(number)
        gold = {
            (int(words[first, 0]), int(words[stop - 1, 1]), labels[label])
            for first, stop, label in features.entities_of(number).tolist()
        }
        for place, label in enumerate(labels):
            wanted = {e for e in gold if e[2] == label}
            found = {e for e in said[name] if e[2] == label}
            table[number, place] = 2 * len(wanted & found), len(wanted) + len(found)
    counts: dict[str, Any] = {f"f1_{label}": table[:, n] for n, label in enumerate(labels)}
    return units, {"f1": table.sum(axis=1), **counts}
