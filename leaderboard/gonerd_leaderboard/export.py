"""The boards as JSON and as CSV, for programs and spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gonerd.evaluation.exports import cell
from gonerd_leaderboard.board import Board, Row
from gonerd_leaderboard.column import COLUMNS
from gonerd_leaderboard.reported import ReportedTable

__all__ = ["csv_from_boards", "json_from_boards", "record_from_board"]


def record_from_board(board: Board) -> dict[str, Any]:
    """A board with its ranked entries, as JSON values."""
    dataset = asdict(board.dataset)
    dataset.pop("notice")
    return {
        "id": board.id,
        "notice": board.notice or None,
        "dataset": dataset,
        "entries": [_record_from_row(row) for row in board.rows],
    }


def json_from_boards(boards: Sequence[Board], reported: Sequence[ReportedTable] = ()) -> str:
    """The text of leaderboard.json."""
    record = {
        "schema_version": 1,
        "boards": [record_from_board(board) for board in boards],
        "reported": [table.as_json() for table in reported],
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def csv_from_boards(boards: Sequence[Board]) -> str:
    """The text of leaderboard.csv: one line an entry, scores from 0 to 1, empty where not stated.

    A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["board", "dataset", "revision", "split", "synthetic"]
    head += ["rank", "rank_best", "rank_worst", "tie_group", "model", "model_revision", "policy"]
    head += ["f1", "f1_low", "f1_high", *(column.key for column in COLUMNS)]
    head += ["hardware", "verification", "exposure", "license", "date", "entry"]
    writer.writerow(head)
    for board in boards:
        for row in board.rows:
            writer.writerow([cell(value) for value in _values(board, row)])
    return out.getvalue()


def _values(board: Board, row: Row) -> list[Any]:
    dataset, result, card = board.dataset, row.entry.result, row.entry.card
    rank, full = row.rank, result.full
    return [
        *(board.id, dataset.id, dataset.revision, dataset.split, dataset.synthetic),
        *(rank.place, rank.best, rank.worst, rank.group),
        *(card.name, result.model.revision, result.policy.mode),
        *(full.total.f1, full.interval.low, full.interval.high),
        *(column.value(row) for column in COLUMNS),
        *(result.efficiency.hardware, row.entry.tier, card.exposure, card.license),
        *(f"{result.created:%Y-%m-%d}", row.entry.id),
    ]


def _record_from_row(row: Row) -> dict[str, Any]:
    result, card = row.entry.result, row.entry.card
    total, interval = result.full.total, result.full.interval
    return {
        "entry": row.entry.id,
        "rank": asdict(row.rank),
        "name": card.name,
        "license": card.license or None,
        "model": {"kind": result.model.kind, "id": result.model.id}
        | {"revision": result.model.revision, "params": result.model.params},
        "policy": {"mode": result.policy.mode, "max_len": result.policy.max_len},
        "f1": total.f1,
        "f1_interval": {"low": interval.low, "high": interval.high, "level": interval.level},
        **{column.key: column.value(row) for column in COLUMNS},
        "hardware": result.efficiency.hardware,
        "verification": row.entry.tier,
        "exposure": card.exposure or None,
        "date": f"{result.created:%Y-%m-%d}",
    }
