"""Models compared on the same documents: is a difference more than chance, and where does it come from?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from gonerd.console import track
from gonerd.corpora import Format
from gonerd.dataset.card import SYNTHETIC_NOTICE
from gonerd.dataset.places import SAMPLE, dataset_or_default
from gonerd.errors import ConfigError, InputError
from gonerd.evaluation.answers import Answers, answers_in, gold_in, is_synthetic
from gonerd.files import read_json
from gonerd.labels import LABELS
from gonerd.schema import Document, Entity
from gonerd.schemes import Scheme, TagRepairs
from gonerd.scoring.confidence import (
    LEVEL,
    METHOD,
    Bootstrap,
    Difference,
    Figure,
    Quotient,
    intervals,
)
from gonerd.scoring.counts import Counts
from gonerd.scoring.document_counts import (
    Counted,
    DocumentCounts,
    f1_figure,
    in_any_order,
    piece_sizes,
    total_counts,
)
from gonerd.scoring.matching import exact_hits
from gonerd.scoring.permutation import holm, permutation_p
from gonerd.scoring.spans import Labels, batch_from_documents

__all__ = ["compare_files", "names_apart", "place_of_gold"]

AT_ONCE = 64
ALL = "all types"


@dataclass(frozen=True, slots=True)
class _Tables:
    """The counts of several models on the same documents."""

    documents: list[str]
    columns: list[str]
    """All types together, then each label."""
    counts: list[Counted]
    """By model (documents, columns, 3)."""
    synthetic: bool


def compare_files(
    gold: str,
    models: Sequence[str],
    *,
    split: str | None = None,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    repairs: TagRepairs | None = None,
    teacher: str | None = None,
    permutations: int = 10_000,
    replicates: int = 2000,
    seed: int = 0,
    top: int = 10,
) -> dict[str, Any]:
    """Compare runs, or files of predictions, pair by pair; see docs/scoring.md for what is given.

    Raises:
        ConfigError: fewer than two models, or a teacher that is none of them.
        SchemaError: a model answers other documents than gold holds, or other texts.
    """
    if len(models) < 2:
        raise ConfigError(f"found {len(models)} to compare, expected two or more")
    names = names_apart(models)
    if teacher is not None and teacher not in (*models, *names):
        raise ConfigError(f"--teacher {teacher} is none of {', '.join(models)}")
    reference = 0 if teacher is None else [*models, *names].index(teacher) % len(models)
    answers = [
        answers_in(model, split=split, form=form, scheme=scheme, repairs=repairs, gold=gold)
        for model in models
    ]
    tables = _tables(gold_in(gold, split=split, form=form, scheme=scheme, window=False), answers)
    pairs = list(combinations(range(len(models)), 2))
    students = [place for place in range(len(models)) if place != reference]
    figures = _figures(tables, pairs, reference, students)
    found = iter(intervals(list(figures), replicates=replicates, seed=seed))
    scores = [_alone(tables, table, replicates, seed) for table in tables.counts]
    differences = [
        _by_column(tables, found, _f1_of(tables.counts[a]) - _f1_of(tables.counts[b]))
        for a, b in pairs
    ]
    retentions = [
        _by_column(tables, found, _quotient(tables.counts[s], tables.counts[reference]))
        for s in students
    ]
    p = _p_values(tables, pairs, permutations, seed)
    return {
        "documents": len(tables.documents),
        "gold_total": _gold_of(tables),
        "models": [
            {
                "name": name,
                "failed_documents": answer.failures,
                **total_counts(table[:, 0]).as_json(),
                "ci": list(score[ALL]),
                "by_type": {
                    label: {**total_counts(table[:, place]).as_json(), "ci": list(score[label])}
                    for place, label in enumerate(tables.columns)
                    if place
                },
            }
            for name, answer, table, score in zip(
                names, answers, tables.counts, scores, strict=True
            )
        ],
        "pairs": [
            {
                "a": names[a],
                "b": names[b],
                **_pair(difference, p_values, ALL),
                "by_type": {
                    label: _pair(difference, p_values, label) for label in tables.columns[1:]
                },
                "differ_most": _differ_most(tables, a, b, top),
            }
            for (a, b), difference, p_values in zip(pairs, differences, p, strict=True)
        ],
        "retention": {
            "teacher": names[reference],
            "students": [
                {
                    "name": names[student],
                    **_retained(retention[ALL]),
                    "by_type": {label: _retained(retention[label]) for label in tables.columns[1:]},
                }
                for student, retention in zip(students, retentions, strict=True)
            ],
        },
        "test": {
            "method": "paired permutation of documents, Holm over the pairs",
            "unit": "document",
            "permutations": permutations,
            "seed": seed,
        },
        "interval": {
            "method": METHOD,
            "unit": "document",
            "B": replicates,
            "seed": seed,
            "level": LEVEL,
        },
        "notice": SYNTHETIC_NOTICE if tables.synthetic else None,
    }


def place_of_gold(
    dataset: str | None, split: str | None, models: Sequence[str]
) -> tuple[str, str | None]:
    """Dataset and split: as named, else as the runs' results say of the split and of the sample.

    Raises:
        InputError: the runs are of different splits, or no dataset is to be had.
    """
    said: set[tuple[str, str, str]] = set()
    for model in models:
        path = Path(model) / "result.json"
        if path.is_file():
            record = read_json(path)
            try:
                of = record["dataset"]
                said.add((str(of["id"]), str(of["split"]), str(of["split_sha256"])))
            except (KeyError, TypeError):
                raise InputError(f"{path} is no result of 'gonerd eval'") from None
    if len(said) > 1:
        shown = ", ".join(f"{name} {part} ({digest[:12]})" for name, part, digest in sorted(said))
        raise InputError(f"the runs are not of the same split: {shown}")
    for name, part, _ in said:
        split = split or part
        dataset = SAMPLE if dataset is None and name == SAMPLE else dataset
    return dataset_or_default(dataset), split


def names_apart(models: Sequence[str]) -> list[str]:
    """Short names of runs and files, no two alike."""
    short = [
        path.parent.name if path.name.startswith("predictions.") and path.parent.name else path.name
        for path in map(Path, models)
    ]
    apart = len(set(models)) == len(models) > len(set(short))
    names = [str(model) for model in models] if apart else short
    return [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]


def _tables(gold: Iterator[Document], answers: Sequence[Answers]) -> _Tables:
    labels = Labels()
    counts = [DocumentCounts() for _ in answers]
    documents: list[str] = []
    synthetic = False
    waiting: list[tuple[Document, list[tuple[Entity, ...]]]] = []

    def count() -> None:
        texts = [document for document, _ in waiting]
        for place, counter in enumerate(counts):
            batch = batch_from_documents(texts, [found[place] for _, found in waiting], labels)
            counter.add(batch, len(labels), exact_hits(batch.gold, batch.found))
        waiting.clear()

    for document in track(gold, "comparing"):
        documents.append(document.id)
        synthetic = synthetic or is_synthetic(document)
        waiting.append((document, [answer.of(document) for answer in answers]))
        if len(waiting) == AT_ONCE:
            count()
    count()
    for answer in answers:
        answer.require_no_more()
    names = [label for label in LABELS if label in labels] + sorted(labels.keys() - set(LABELS))
    tables = [counter.table([labels[name] for name in names]) for counter in counts]
    whole = [np.concatenate([t.sum(axis=1, keepdims=True), t], axis=1) for t in tables]
    return _in_any_order(_Tables(documents, [ALL, *names], whole, synthetic))


def _in_any_order(tables: _Tables) -> _Tables:
    """Documents sorted by id, so that their order plays no part in what is drawn from them."""
    order = sorted(range(len(tables.documents)), key=lambda place: tables.documents[place])
    return _Tables(
        [tables.documents[place] for place in order],
        tables.columns,
        [table[order] for table in tables.counts],
        tables.synthetic,
    )


def _alone(
    tables: _Tables, table: Counted, replicates: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Intervals of F1 by column, drawn as `Scorer` draws them: a run's result says the same."""
    ordered = in_any_order(table)
    sizes = piece_sizes(len(ordered))
    bootstrap = Bootstrap(sizes, replicates=replicates, seed=seed)
    for piece in np.split(ordered, np.cumsum(sizes[:-1], dtype=np.int64)):
        bootstrap.add([f1_figure(piece[:, place]) for place in range(len(tables.columns))])
    return dict(zip(tables.columns, bootstrap.intervals(), strict=True))


def _figures(
    tables: _Tables, pairs: Sequence[tuple[int, int]], teacher: int, students: Sequence[int]
) -> Iterator[Figure]:
    """Differences of pairs, retention of students: each by column."""
    columns = range(len(tables.columns))
    for a, b in pairs:
        yield from (Difference(_side_by_side(tables, a, b, place)) for place in columns)
    for student in students:
        yield from (Quotient(_side_by_side(tables, student, teacher, place)) for place in columns)


def _side_by_side(tables: _Tables, one: int, other: int, place: int) -> Any:
    return np.concatenate(
        [f1_figure(tables.counts[model][:, place]).columns for model in (one, other)], axis=1
    )


def _by_column(
    tables: _Tables, found: Iterator[tuple[float, float]], values: Any
) -> dict[str, tuple[float, tuple[float, float]]]:
    return {
        column: (float(value), next(found))
        for column, value in zip(tables.columns, values, strict=True)
    }


def _f1_of(table: Counted) -> Any:
    return np.array([total_counts(table[:, place]).f1 for place in range(table.shape[1])])


def _quotient(student: Counted, teacher: Counted) -> list[float]:
    return [
        one / other if other else math.nan
        for one, other in zip(_f1_of(student), _f1_of(teacher), strict=True)
    ]


def _retained(found: tuple[float, tuple[float, float]]) -> dict[str, Any]:
    """A retention as JSON: null where the teacher's F1 is 0, and for the end of an interval that has none."""
    value, (low, high) = found
    if math.isnan(value):
        return {"retention": None, "ci": None}
    return {"retention": value, "ci": [low, high if math.isfinite(high) else None]}


def _p_values(
    tables: _Tables, pairs: Sequence[tuple[int, int]], permutations: int, seed: int
) -> list[dict[str, tuple[float, float]]]:
    """By pair and column p, and p corrected for the number of pairs."""
    plain = [
        permutation_p(tables.counts[a], tables.counts[b], permutations=permutations, seed=seed)
        for a, b in pairs
    ]
    corrected = [holm([float(p[place]) for p in plain]) for place in range(len(tables.columns))]
    return [
        {
            column: (float(plain[pair][place]), corrected[place][pair])
            for place, column in enumerate(tables.columns)
        }
        for pair in range(len(pairs))
    ]


def _pair(
    difference: dict[str, tuple[float, tuple[float, float]]],
    p_values: dict[str, tuple[float, float]],
    column: str,
) -> dict[str, Any]:
    value, interval = difference[column]
    p, corrected = p_values[column]
    return {"difference": value, "ci": list(interval), "p": p, "p_holm": corrected}


def _differ_most(tables: _Tables, a: int, b: int, top: int) -> list[dict[str, Any]]:
    """The documents in which one makes the most errors (fp + fn) more than the other."""
    one, other = (tables.counts[model][:, 0] for model in (a, b))
    more = one[:, 1:].sum(axis=1) - other[:, 1:].sum(axis=1)
    order = sorted(range(len(more)), key=lambda place: (-abs(int(more[place])), place))
    return [
        {
            "id": tables.documents[place],
            "a": _counts(one[place]),
            "b": _counts(other[place]),
        }
        for place in order[:top]
        if more[place]
    ]


def _counts(row: Counted) -> dict[str, float]:
    tp, fp, fn = row.tolist()
    return Counts(tp, fp, fn).as_json()


def _gold_of(tables: _Tables) -> int:
    total = total_counts(tables.counts[0][:, 0])
    return total.tp + total.fn
