"""The leaderboard as a folder of static files that open from disk and from any web server."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from gonerd.errors import OutputError
from gonerd.files import folder_to_write, require_folder_to_write
from gonerd_leaderboard.board import boards_from_entries
from gonerd_leaderboard.board_script import board_script
from gonerd_leaderboard.export import csv_from_boards, json_from_boards
from gonerd_leaderboard.gathering import Plan, gathered
from gonerd_leaderboard.reported import reported_tables
from gonerd_leaderboard.script import script
from gonerd_leaderboard.template import plain_html, shell_html
from gonerd_leaderboard.verified import read_proofs

__all__ = ["DATA", "ENTRIES", "PageSummary", "build_page"]

DATA = "leaderboard.json"
BOARDS, ENTRIES = "boards", "entries"
LOCAL = "local.js"
LIBRARIES = "libraries.js"
"""What the other scripts are written with, and so is loaded before them."""


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
    before: Path | None = None,
    processes: int | None = None,
) -> PageSummary:
    """Check every submission and write the page into `out`, whole or not at all.

    Args:
        submissions: a folder that `gonerd submit --to` has filled.
        out: the page's folder.
        verified: what `gonerd verify --record` wrote; without it every entry is self-reported.
        reported: a folder of tables from elsewhere, see `gonerd_leaderboard.reported`.
        overwrite: replace a page that stands in `out`.
        before: an earlier page whose entries are taken over where nothing of them has changed; without
            it what stands in `out`.
        processes: how many check submissions; None takes all cores.

    Raises:
        InputError: there is no submission.
        OutputError: `out` exists and `overwrite` is off, or it holds something other than a page.
        GonerdError: a submission is broken; see `gonerd_leaderboard.gathering`.
    """
    if overwrite and out.is_dir() and any(out.iterdir()) and not (out / DATA).is_file():
        raise OutputError(f"{out} holds no leaderboard page, --force will not replace it")
    require_folder_to_write(out, overwrite=overwrite)
    proofs = read_proofs(verified) if verified is not None else {}
    tables = reported_tables(reported) if reported is not None else []
    with folder_to_write(out, overwrite=overwrite) as folder:
        for name in (BOARDS, ENTRIES):
            (folder / name).mkdir()
        plan = Plan(folder / ENTRIES, proofs=proofs, before=(before or out) / ENTRIES)
        boards = boards_from_entries(gathered(submissions, plan, processes=processes))
        for board in boards:
            _write(folder / BOARDS / f"{board.id}.js", board_script(board))
        assets = _copy_assets(folder)
        _write(folder / "index.html", shell_html(boards, _in_order(assets), tables))
        _write(folder / "plain.html", plain_html(boards, tables))
        _write(folder / LOCAL, script("local", {}))
        _write(folder / DATA, json_from_boards(boards, tables))
        _write(folder / "leaderboard.csv", csv_from_boards(boards))
    return PageSummary(out, len(boards), sum(len(board.rows) for board in boards))


def _copy_assets(folder: Path) -> list[str]:
    """Copy what the page needs and no submission decides; its names."""
    names = []
    for asset in sorted(files("gonerd_leaderboard").joinpath("assets").iterdir(), key=str):
        if asset.is_file():
            (folder / asset.name).write_bytes(asset.read_bytes())
            names.append(asset.name)
    return names


def _in_order(names: list[str]) -> list[str]:
    """The scripts among `names`."""
    return sorted(
        (n for n in names if n.endswith(".js")), key=lambda name: (name != LIBRARIES, name)
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
