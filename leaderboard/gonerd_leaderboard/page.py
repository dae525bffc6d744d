"""The leaderboard as a folder of static files that open from disk and from any web server."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from gonerd.errors import OutputError
from gonerd.files import folder_to_write
from gonerd.machine import gonerd_version
from gonerd_leaderboard.board import Board, boards_from_entries
from gonerd_leaderboard.card import EXPOSURES
from gonerd_leaderboard.column import GROUPS, columns_of
from gonerd_leaderboard.entry import entries
from gonerd_leaderboard.export import csv_from_boards, json_from_boards
from gonerd_leaderboard.figure import MOST_NAMED, f1_axis, pareto, points_of
from gonerd_leaderboard.number import percent, rounded, short_count
from gonerd_leaderboard.reported import ReportedTable, reported_tables
from gonerd_leaderboard.verified import RERUN, RESCORED, SELF_REPORTED, read_proofs

__all__ = ["DATA", "PageSummary", "build_page", "html_from_boards"]

ASSETS = ("board.js", "style.css")

DATA = "leaderboard.json"

TIER_MEANINGS = {
    SELF_REPORTED: "The submitter’s figures; files and counts agree, nobody has scored the predictions again",
    RESCORED: "Every score was computed again from the predictions and the gold",
    RERUN: "The model was run again and gave this F1; every score was computed again from the predictions",
}
"""What the badge of an entry says."""

MOST_IN_FIGURE = 25
"""Entries that the figures name; the table has them all."""


@dataclass(frozen=True, slots=True)
class PageSummary:
    """What was built."""

    path: Path
    boards: int
    entries: int


def build_page(
    submissions: Path,
    out: Path,
    *,
    verified: Path | None = None,
    reported: Path | None = None,
    overwrite: bool = False,
) -> PageSummary:
    """Check every submission and write the page into `out`, whole or not at all.

    `verified` is what `gonerd verify --record` wrote; without it every entry is self-reported.
    `reported` is a folder of tables from elsewhere, see `gonerd_leaderboard.reported`.

    Raises:
        InputError: there is no submission.
        OutputError: `out` exists and `overwrite` is off, or it holds something other than a page.
        GonerdError: a submission is broken; see `gonerd_leaderboard.entries`.
    """
    if overwrite and out.is_dir() and any(out.iterdir()) and not (out / DATA).is_file():
        raise OutputError(f"{out} holds no leaderboard page, --force will not replace it")
    proofs = read_proofs(verified) if verified is not None else {}
    tables = reported_tables(reported) if reported is not None else []
    boards = boards_from_entries(entries(submissions, proofs))
    with folder_to_write(out, overwrite=overwrite) as folder:
        (folder / "index.html").write_text(html_from_boards(boards, tables), encoding="utf-8")
        (folder / DATA).write_text(json_from_boards(boards, tables), encoding="utf-8")
        (folder / "leaderboard.csv").write_text(csv_from_boards(boards), encoding="utf-8")
        for name in ASSETS:
            (folder / name).write_bytes(_source("assets", name).read_bytes())
    return PageSummary(out, len(boards), sum(len(board.rows) for board in boards))


def html_from_boards(boards: Sequence[Board], reported: Sequence[ReportedTable] = ()) -> str:
    """The text of index.html; the same boards give the same text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gonerd_leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "command": _command,
        "counted": _counted,
        "percent": percent,
        "rounded": rounded,
        "short_count": short_count,
    }
    template = environment.get_template("page.html.jinja")
    return template.render(
        views=[_view(board) for board in boards],
        reported=reported,
        groups=GROUPS,
        tiers=TIER_MEANINGS,
        exposures=EXPOSURES,
        latest=max(row.entry.result.created for board in boards for row in board.rows),
        version=gonerd_version(),
    )


def _view(board: Board) -> dict[str, Any]:
    """What the template shows of a board besides the board itself."""
    columns = columns_of(board)
    axis = f1_axis(board)
    points, speed, hardware = points_of(board, axis)
    return {
        "board": board,
        "columns": columns,
        "spans": [(g, n) for g in GROUPS if (n := sum(column.group == g for column in columns))],
        "axis": axis,
        "in_figure": board.rows[:MOST_IN_FIGURE],
        "points": points,
        "speed": speed,
        "hardware": hardware,
        "front": pareto(points),
        "named": len(points) <= MOST_NAMED,
        "most": MOST_IN_FIGURE,
        "level": board.rows[0].entry.result.full.interval.level,
    }


def _command(arguments: Sequence[str]) -> str:
    return shlex.join(arguments) or "not stated"


def _counted(tally: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in tally.items())


def _source(*path: str) -> Any:
    return files("gonerd_leaderboard").joinpath(*path)
