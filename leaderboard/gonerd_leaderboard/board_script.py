"""A board as the script that the page's table and figures are made of: about a kilobyte an entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonerd.labels import LABELS
from gonerd.scoring.buckets import PLACES
from gonerd_leaderboard.board import Board, Row
from gonerd_leaderboard.card import EXPOSURES
from gonerd_leaderboard.column import GROUPS, Column, columns_of
from gonerd_leaderboard.result import Counts
from gonerd_leaderboard.script import script
from gonerd_leaderboard.verified import TIER_MEANINGS

__all__ = ["board_script"]


def board_script(board: Board) -> str:
    """The text of boards/<id>.js."""
    columns = columns_of(board)
    return script(
        "board", _heading(board, columns) | {"rows": [_row(r, columns) for r in board.rows]}
    )


def _heading(board: Board, columns: tuple[Column, ...]) -> dict[str, Any]:
    dataset = board.dataset
    return {
        "id": board.id,
        "dataset": {
            "id": dataset.id,
            "revision": dataset.revision,
            "split": dataset.split,
            "split_sha256": dataset.split_sha256,
            "n_docs": dataset.n_docs,
            "gold_total": dataset.gold_total,
            "gold_by_type": {label: dataset.gold_by_type.get(label, 0) for label in LABELS},
            "synthetic": dataset.synthetic,
        },
        "notice": board.notice,
        "level": board.rows[0].entry.result.full.interval.level,
        "gold": board.gold,
        "texts": board.texts,
        "groups": GROUPS,
        "columns": [
            {
                "key": column.key,
                "title": column.title,
                "meaning": column.meaning,
                "group": column.group,
                "descending": column.descending,
                "unit": column.unit,
                "small": column.small or None,
                "suffix": column.suffix,
                "shown": column.in_table,
            }
            for column in columns
        ],
        "tiers": TIER_MEANINGS,
        "exposures": EXPOSURES,
        "places": PLACES,
        "significance": board.significance.as_json() if board.significance else None,
    }


def _row(row: Row, columns: tuple[Column, ...]) -> dict[str, Any]:
    entry, rank = row.entry, row.rank
    result, card = entry.result, entry.card
    full, parts = result.full, result.breakdown
    errors, kept = parts.errors, row.retention
    return {
        "key": entry.key,
        "entry": entry.id,
        "name": card.name,
        "kind": result.model.kind,
        "model": result.model.id,
        "revision": result.model.revision,
        "mode": result.policy.mode,
        "max_len": result.policy.max_len,
        "license": card.license,
        "tier": entry.tier,
        "exposure": card.exposure,
        "hardware": result.efficiency.hardware,
        "date": f"{result.created:%Y-%m-%d}",
        "rank": [rank.place, rank.best, rank.worst, rank.group],
        "f1": full.total.f1,
        "low": full.interval.low,
        "high": full.interval.high,
        "values": [column.value(row) for column in columns],
        "types": {
            label: [counts.f1, full.type_ranges[label].low, full.type_ranges[label].high]
            for label, counts in full.by_type.items()
            if counts.gold
        },
        "errors": [
            *(errors.exact, errors.boundary, errors.type),
            *(errors.both, errors.missed, errors.spurious),
        ],
        "by_length": _buckets(parts.buckets["by_length"]),
        "by_position": _buckets(parts.buckets["by_position"]),
        "teacher": row.teacher,
        "teacher_id": result.model.teacher_id,
        "retention": [kept.share, kept.low, kept.high] if kept else None,
    }


def _buckets(buckets: Mapping[str, Counts]) -> list[list[int]]:
    return [
        [PLACES.index(name), counts.tp, counts.fp, counts.fn] for name, counts in buckets.items()
    ]
