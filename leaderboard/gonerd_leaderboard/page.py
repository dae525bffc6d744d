"""The leaderboard as a folder of static files that open from disk and from any web server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from gonerd.dataset.places import SAMPLE
from gonerd.errors import OutputError
from gonerd.files import folder_to_write, require_folder_to_write
from gonerd.scoring.document_counts import Counted
from gonerd_leaderboard.board import Board, boards_from_entries, with_comparisons
from gonerd_leaderboard.board_script import board_script
from gonerd_leaderboard.drawer import counts_by_document
from gonerd_leaderboard.export import csv_from_boards, json_from_boards
from gonerd_leaderboard.gathering import Plan, gathered
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.gold_script import gold_script, text_scripts
from gonerd_leaderboard.reported import reported_tables
from gonerd_leaderboard.script import script
from gonerd_leaderboard.template import plain_html, shell_html
from gonerd_leaderboard.verified import read_proofs

__all__ = ["DATA", "GOLD", "LOCAL", "TEXTS", "PageSummary", "at_hand", "build_page"]

DATA = "leaderboard.json"
BOARDS, ENTRIES, GOLD, TEXTS = "boards", "entries", "gold", "texts"
LOCAL = "local.js"


@dataclass(frozen=True, slots=True)
class PageSummary:
    """What was built."""

    path: Path
    boards: int
    entries: int
    with_gold: int
    """Boards."""


def build_page(
    submissions: Path,
    out: Path,
    *,
    datasets: Sequence[str] = (),
    texts: bool = False,
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
        datasets: where the gold of boards may be found, as `GoldShelf` takes them; the sample always is.
        texts: write the texts of `datasets` into the page, too: invented ones always are.
        verified: what `gonerd verify --record` wrote; without it every entry is self-reported.
        reported: a folder of tables from elsewhere, see `gonerd_leaderboard.reported`.
        overwrite: replace a page that stands in `out`.
        before: an earlier page whose entries are taken over where nothing of them has changed; without
            it what stands in `out`.
        processes: how many check submissions; None takes all cores.

    Raises:
        InputError: there is no submission, or no such dataset.
        OutputError: `out` exists and `overwrite` is off, or it holds something other than a page, or lies
            among the submissions.
        GonerdError: a submission is broken; see `gonerd_leaderboard.gathering`.
    """
    if overwrite and out.is_dir() and any(out.iterdir()) and not (out / DATA).is_file():
        raise OutputError(f"{out} holds no leaderboard page, --force will not replace it")
    if out.resolve().is_relative_to(submissions.resolve()):
        raise OutputError(
            f"{out} lies among the submissions; expected a folder outside {submissions}"
        )
    require_folder_to_write(out, overwrite=overwrite)
    proofs = read_proofs(verified) if verified is not None else {}
    tables = reported_tables(reported) if reported is not None else []
    shelf = GoldShelf(at_hand(datasets))
    with folder_to_write(out, overwrite=overwrite) as folder:
        (folder / ENTRIES).mkdir()
        plan = Plan(folder / ENTRIES, shelf, proofs, (before or out) / ENTRIES)
        boards = boards_from_entries(gathered(submissions, plan, processes=processes))
        boards = [_with_gold(board, shelf, folder, texts=texts) for board in boards]
        for board in boards:
            _write(folder / BOARDS / f"{board.id}.js", board_script(board))
        _copy_assets(folder)
        _write(folder / "index.html", shell_html(boards, tables))
        _write(folder / "plain.html", plain_html(boards, tables))
        _write(folder / LOCAL, script("local", {}))
        _write(folder / DATA, json_from_boards(boards, tables))
        _write(folder / "leaderboard.csv", csv_from_boards(boards))
    return PageSummary(
        path=out,
        boards=len(boards),
        entries=sum(len(board.rows) for board in boards),
        with_gold=sum(board.gold for board in boards),
    )


def at_hand(datasets: Sequence[str]) -> tuple[str, ...]:
    """What is named, and the sample, which is part of the package."""
    return (*datasets, SAMPLE)


def _with_gold(board: Board, shelf: GoldShelf, folder: Path, *, texts: bool) -> Board:
    """Write the gold of a board where it is at hand, and its texts where they may be passed on."""
    gold = shelf.of(board.dataset)
    if gold is None:
        return board
    _write(folder / GOLD / f"{board.id}.js", gold_script(board.id, gold))
    shown = texts or gold.free
    for digest, text in text_scripts(gold) if shown else ():
        _write(folder / TEXTS / f"{digest}.js", text)

    ids = [document.id for document in gold.documents]
    order = sorted(range(len(ids)), key=ids.__getitem__)  # the draws of gonerd compare are of these

    @cache  # many students may have one teacher
    def counts_of(key: str) -> Counted:
        return counts_by_document(folder / ENTRIES / f"{key}.js")[order]

    board = replace(board, gold=True, texts=shown)
    return with_comparisons(board, lambda entry: counts_of(entry.key))


def _copy_assets(folder: Path) -> None:
    """Copy what the page needs and no submission decides."""
    for asset in files("gonerd_leaderboard").joinpath("assets").iterdir():
        if asset.is_file():
            (folder / asset.name).write_bytes(asset.read_bytes())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
