"""The columns of the table and of the CSV file: one list for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from gonerd.labels import LABELS
from gonerd.scoring.buckets import SEEN
from gonerd_leaderboard.board import Board, Row
from gonerd_leaderboard.comparison import Retention
from gonerd_leaderboard.result import Timing

__all__ = ["COLUMNS", "GROUPS", "Column", "columns_of"]

Value = float | int | None

Unit = Literal["percent", "points", "count", "number"]
"""Shares are shown in per cent, differences of shares in points, counts shortened."""

GROUPS = {
    "overall": "Overall",
    "types": "F1 by type",
    "sources": "F1 by source",
    "counts": "Counted otherwise",
    "cost": "Cost",
}
"""Columns that are shown together; on a narrow screen one group at a time."""


@dataclass(frozen=True, slots=True)
class Column:
    """One number per entry. `descending` says which way a first click sorts."""

    key: str
    title: str
    meaning: str
    group: str
    value: Callable[[Row], Value]
    unit: Unit
    descending: bool = True
    small: str = ""
    """The key of the column whose number stands below in small print."""
    suffix: str = ""
    """What stands behind the number."""
    in_table: bool = True
    """Whether it has a column of its own on the page; the files have all."""


def _type_f1(label: str) -> Callable[[Row], Value]:
    def value(row: Row) -> Value:
        counts = row.entry.result.full.by_type.get(label)
        return counts.f1 if counts and counts.gold else None

    return value


def _source_f1(source: str) -> Callable[[Row], Value]:
    def value(row: Row) -> Value:
        counts = row.entry.result.full.by_source.get(source)
        return counts.f1 if counts and counts.gold else None

    return value


def _seen_f1(bucket: str) -> Callable[[Row], Value]:
    def value(row: Row) -> Value:
        counts = row.entry.result.breakdown.buckets["by_seen"].get(bucket)
        return counts.f1 if counts and counts.gold else None

    return value


def _seen_gap(row: Row) -> Value:
    seen, unseen = (_seen_f1(bucket)(row) for bucket in SEEN)
    return None if seen is None or unseen is None else seen - unseen


def _reachable(row: Row) -> Value:
    gold = row.entry.result.dataset.gold_total
    return row.entry.result.coverage.gold_reachable / gold if gold else None


def _timing(row: Row, length: int) -> Timing | None:
    """One document at a time: what every model can do, and so what compares."""
    timings = row.entry.result.efficiency.by_length
    fitting = (t for t in timings if (t.length, t.batch) == (length, 1) and not t.out_of_memory)
    return next(fitting, None)


def _latency(length: int) -> Callable[[Row], Value]:
    def value(row: Row) -> Value:
        timing = _timing(row, length)
        return timing.p50_ms if timing else None

    return value


def _memory(length: int) -> Callable[[Row], Value]:
    def value(row: Row) -> Value:
        timing = _timing(row, length)
        mib = timing.memory_mib if timing else None
        return None if mib is None else mib / 1024

    return value


def _cost_columns(length: int) -> Iterator[Column]:
    documents = f"one document of {length:,} tokens at a time"
    yield Column(
        f"ms_{length}",
        f"ms {length}",
        f"Median time and peak memory, {documents}; comparable on the same hardware only",
        "cost",
        _latency(length),
        "number",
        descending=False,
        small=f"gib_{length}",
    )
    yield Column(
        f"gib_{length}",
        f"GiB {length}",
        f"Peak memory, {documents}: reserved on the accelerator, else of the whole process",
        "cost",
        _memory(length),
        "number",
        descending=False,
        suffix="GiB",
        in_table=False,
    )


def _retention_columns() -> Iterator[Column]:
    meaning = "F1 over that of the model it was distilled from, where that stands on the board"
    parts: dict[str, tuple[str, Callable[[Retention], Value]]] = {
        "retention": (meaning, lambda kept: kept.share),
        "retention_low": (f"Where the paired interval begins of: {meaning}", lambda kept: kept.low),
        "retention_high": (f"Where the paired interval ends of: {meaning}", lambda kept: kept.high),
    }
    for key, (text, part) in parts.items():
        yield Column(
            key,
            key.replace("_", " ").capitalize(),
            text,
            "cost",
            _retained(part),
            "percent",
            in_table=key == "retention",
        )


def _retained(part: Callable[[Retention], Value]) -> Callable[[Row], Value]:
    return lambda row: part(row.retention) if row.retention is not None else None


COLUMNS = (
    Column(
        "precision",
        "P",
        "Precision: the share of what was found that is right",
        "overall",
        lambda row: row.entry.result.full.total.precision,
        "percent",
    ),
    Column(
        "recall",
        "R",
        "Recall: the share of all gold entities that was found",
        "overall",
        lambda row: row.entry.result.full.total.recall,
        "percent",
    ),
    *(
        Column(
            f"f1_{label.lower()}",
            label,
            f"F1 on {label} alone",
            "types",
            _type_f1(label),
            "percent",
        )
        for label in LABELS
    ),
    Column("f1_news", "News", "F1 on news sites", "sources", _source_f1("news"), "percent"),
    Column(
        "f1_justice",
        "Justice",
        "F1 on press releases of the justice department",
        "sources",
        _source_f1("justice"),
        "percent",
    ),
    Column(
        "f1_unseen",
        "Unseen",
        "F1 on names that the train split does not have with their label: what is not learned by heart",
        "counts",
        _seen_f1(SEEN[1]),
        "percent",
        in_table=False,
    ),
    Column(
        "seen_gap",
        "Gap",
        "F1 on names that the train split has less F1 on those that it has not, in points",
        "counts",
        _seen_gap,
        "points",
        descending=False,
        in_table=False,
    ),
    Column(
        "f1_common_window",
        "Window",
        "F1 within a common window: the first 4,096 tokens of each document, the same for all",
        "counts",
        lambda row: row.entry.result.common_window.total.f1,
        "percent",
    ),
    Column(
        "f1_paper_compat",
        "Paper",
        "F1 as arXiv 2311.13657 took it: seqeval on cut sequences; gold beyond the cut is not counted",
        "counts",
        lambda row: row.entry.result.paper.f1,
        "percent",
    ),
    Column(
        "gold_reachable",
        "Reach",
        "Share of the gold entities that the model could see at all",
        "counts",
        _reachable,
        "percent",
    ),
    Column(
        "params",
        "Params",
        "Parameters of the model",
        "cost",
        lambda row: row.entry.result.model.params,
        "count",
        descending=False,
    ),
    Column(
        "documents_per_s",
        "Docs/s",
        "Documents per second; comparable on the same hardware only",
        "cost",
        lambda row: row.entry.result.efficiency.documents_per_s,
        "number",
    ),
    *_retention_columns(),
    *_cost_columns(512),
    *_cost_columns(4096),
)


def columns_of(board: Board) -> tuple[Column, ...]:
    """The columns for which some entry of `board` has a number."""
    return tuple(
        column for column in COLUMNS if any(column.value(row) is not None for row in board.rows)
    )
