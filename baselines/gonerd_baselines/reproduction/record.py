"""A table as a record: every cell with ours, its interval, what a student kept, and the paper's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from gonerd_baselines.paper import TABLES as PRINTED
from gonerd_baselines.paper.printed_table import PrintedTable
from gonerd_baselines.reproduction.cell import (
    Estimate,
    RunScores,
    difference,
    mean_of_runs,
    of_values,
    quotient_of_values,
    retention,
)
from gonerd_baselines.reproduction.rows import Column, Row, TableSpec

__all__ = ["NOT_RUN", "table_record"]

NOT_RUN = "not run"
"""Of a cell whose step waits."""

Scores = Mapping[str, RunScores]
"""Of evaluated models by the step that made them."""


def table_record(
    table: TableSpec, scores: Scores, *, said: Mapping[str, Any], why: Mapping[str, str]
) -> dict[str, Any]:
    """The table as JSON values.

    Args:
        table: its rows and columns.
        scores: of the steps that are done.
        said: of the scale, the machine and the data, for whoever reads the record alone.
        why: by step that is not done, what went wrong.
    """
    rows = {row.name: row for row in table.rows}
    paper = PRINTED.get(table.paper)
    made = [
        {
            "name": row.name,
            "title": row.title,
            "block": row.block,
            "teachers": list(row.teachers),
            "control": row.control,
            "more": row.more,
            "paper_row": row.paper or None,
            "cells": {
                column.name: _cell(table, row, column, rows, scores, why, paper)
                for column in table.columns
                if column.shown
            },
        }
        for row in table.rows
    ]
    return {
        "table": table.name,
        "title": table.title,
        "reproduction_of": "arXiv 2310.08797" if table.name == "companion" else "arXiv 2311.13657",
        **said,
        "columns": [
            {
                "name": each.name,
                "title": each.title,
                "group": each.group,
                "paper_group": each.paper_group,
                "leads": each.leads,
            }
            for each in table.columns
            if each.shown
        ],
        "rows": made,
        "splits": _splits(table, scores),
        "findings": _findings(table, scores),
        "notes": list(table.notes),
    }


def _splits(table: TableSpec, scores: Scores) -> dict[str, list[str]]:
    """By task that was measured, on which part of its data: a dataset may have no test split."""
    found: dict[str, list[str]] = {}
    for row in table.rows:
        for task, names in row.runs.items():
            for name in names:
                split = scores[name].split if name in scores else ""
                if split and split not in found.setdefault(task, []):
                    found[task].append(split)
    return found


def _cell(
    table: TableSpec,
    row: Row,
    column: Column,
    rows: Mapping[str, Row],
    scores: Scores,
    why: Mapping[str, str],
    paper: PrintedTable | None,
) -> dict[str, Any]:
    cell: dict[str, Any] = {"ours": None, "kept": None, "missing": None}
    found = _estimate(table, row, column, scores)
    if found is not None:
        cell["ours"] = found.as_json()
        teacher, kept = _kept(table, row, column, rows, scores)
        cell["kept"] = None if kept is None else {"of": teacher, **kept.as_json()}
    else:
        cell["missing"] = _missing(table, row, column, scores, why)
    cell["paper"] = _printed(row, column, rows, paper)
    return cell


def _runs(row: Row, task: str, scores: Scores) -> list[RunScores] | None:
    """None where there is no run, or one of them is not done."""
    names = row.runs.get(task, ())
    if not names or any(name not in scores for name in names):
        return None
    return [scores[name] for name in names]


def _estimate(table: TableSpec, row: Row, column: Column, scores: Scores) -> Estimate | None:
    if not column.average_of:
        runs = _runs(row, column.task, scores)
        if runs is None or any(column.metric not in run.values for run in runs):
            return None
        return mean_of_runs(runs, column.metric)
    values = _averages(table, row, column, scores)
    return None if values is None else of_values(values)


def _averages(
    table: TableSpec, row: Row, column: Column, scores: Scores
) -> tuple[float, ...] | None:
    """Of each seed: the mean over tasks, or over numbers, of what is averaged."""
    by_name = {each.name: each for each in table.columns}
    parts = []
    for names in column.average_of:
        found = []
        for name in names:
            runs = _runs(row, by_name[name].task, scores)
            if runs is None or any(by_name[name].metric not in run.values for run in runs):
                return None
            found.append([run.values[by_name[name].metric] for run in runs])
        parts.append([fmean(seed) for seed in zip(*found, strict=True)])
    return tuple(fmean(seed) for seed in zip(*parts, strict=True))


def _kept(
    table: TableSpec, row: Row, column: Column, rows: Mapping[str, Row], scores: Scores
) -> tuple[str, Estimate | None]:
    for name in row.teachers:
        teacher = rows[name]
        if column.average_of:
            ours, theirs = (_averages(table, each, column, scores) for each in (row, teacher))
            if ours is None or theirs is None or not fmean(theirs):
                continue
            return name, quotient_of_values(ours, theirs)
        students, teachers = (_runs(each, column.task, scores) for each in (row, teacher))
        if students is None or teachers is None:
            continue
        return name, retention(students, teachers, column.metric)
    return "", None


def _missing(
    table: TableSpec, row: Row, column: Column, scores: Scores, why: Mapping[str, str]
) -> str | None:
    """What went wrong; None where nothing was asked for."""
    by_name = {each.name: each for each in table.columns}
    names = [name for part in column.average_of for name in part] or [column.name]
    for name in names:
        for step in row.runs.get(by_name[name].task, ()):
            if step not in scores:
                return why.get(step, NOT_RUN)
    return None


def _printed(
    row: Row, column: Column, rows: Mapping[str, Row], paper: PrintedTable | None
) -> dict[str, Any] | None:
    """The paper's number as printed, and what it is of its own teacher's."""
    text = _printed_text(row, column, paper)
    if text is None:
        return None
    cell: dict[str, Any] = {"text": text, "kept": None}
    if text[-1] == "%":
        return cell
    for name in row.teachers:
        below = _printed_text(rows[name], column, paper)
        if below is not None and below[-1] != "%":
            return cell | {"kept": float(text) / float(below)}
    return cell


def _printed_text(row: Row, column: Column, paper: PrintedTable | None) -> str | None:
    if paper is None or row.paper not in paper.cells or column.paper not in paper.columns:
        return None
    if not paper.has(row.paper, column.paper):
        return None
    numbers = paper.text(row.paper, column.paper).split("/")
    # Where one number is printed for two, nobody says which it is.
    return numbers[column.place] if column.place < len(numbers) else None


def _findings(table: TableSpec, scores: Scores) -> list[dict[str, Any]]:
    """What the issue of such a table is: what the best student keeps, and what a teacher adds."""
    rows = {row.name: row for row in table.rows}
    found = []
    for column in table.columns:
        if not column.leads or column.average_of:
            continue
        students = [row for row in table.rows if row.teachers and not row.control]
        kept = [
            (row, name, share)
            for row in students
            for name, share in [_kept(table, row, column, rows, scores)]
            if share is not None
        ]
        if kept:
            row, name, share = max(kept, key=lambda each: each[2].value)
            found.append(
                {
                    "what": "most kept",
                    "column": column.name,
                    "row": row.name,
                    "of": name,
                    "chosen_from": len(kept),
                    **share.as_json(),
                }
            )
        found += _over_controls(column, table.rows, scores)
        found += _by_a_teacher(column, rows, scores)
    return found


def _by_a_teacher(column: Column, rows: Mapping[str, Row], scores: Scores) -> list[dict[str, Any]]:
    """Two rows that differ by a teacher alone."""
    found = []
    for row in (row for row in rows.values() if row.against):
        runs, below = (_runs(each, column.task, scores) for each in (row, rows[row.against]))
        if runs is not None and below is not None:
            found.append(
                {
                    "what": "by its teacher",
                    "column": column.name,
                    "row": row.name,
                    "of": row.against,
                    **difference(runs, below, column.metric).as_json(),
                }
            )
    return found


def _over_controls(column: Column, rows: Sequence[Row], scores: Scores) -> list[dict[str, Any]]:
    """Each control against the best student of the same teacher that read as many tokens."""
    found = []
    for control in (row for row in rows if row.control):
        below = _runs(control, column.task, scores)
        students = [
            (row, runs)
            for row in rows
            if (row.teachers, row.more) == (control.teachers, control.more) and not row.control
            if (runs := _runs(row, column.task, scores)) is not None
        ]
        if below is None or not students:
            continue
        best, runs = max(
            students, key=lambda each: fmean(run.values[column.metric] for run in each[1])
        )
        found.append(
            {
                "what": "over the control",
                "column": column.name,
                "row": best.name,
                "of": control.name,
                "chosen_from": len(students),
                **difference(runs, below, column.metric).as_json(),
            }
        )
    return found
