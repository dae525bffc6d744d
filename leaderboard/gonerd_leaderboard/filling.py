"""What a page leaves out because it may not be passed on, answered from a dataset on one's own machine."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import read_json
from gonerd_leaderboard.gold import Gold, GoldShelf
from gonerd_leaderboard.gold_script import gold_script
from gonerd_leaderboard.page import DATA, GOLD, LOCAL, TEXTS
from gonerd_leaderboard.result import DatasetRef
from gonerd_leaderboard.script import script

__all__ = ["Filling"]

SCRIPT = re.compile(rf"/({GOLD}|{TEXTS})/([a-z0-9._-]+)\.js")


class Filling:
    """Gold and texts of the boards of pages, from memory; nothing is written."""

    def __init__(self, datasets: tuple[str, ...]) -> None:
        """Take what `GoldShelf` takes.

        Raises:
            InputError: a dataset is missing, or has no texts.
        """
        self._shelf = GoldShelf(datasets)
        self._lock = threading.Lock()
        self._page: tuple[Path, int] | None = None
        self._golds: dict[str, Gold] = {}
        """By board."""
        self._texts: dict[str, str] = {}
        """By SHA-256."""

    def answer(self, page: Path, path: str) -> str | None:
        """The script at `path` of an address; None where the folder of the page answers.

        Raises:
            InputError: the page has no boards that can be read.
        """
        found = SCRIPT.fullmatch(path)
        if path != f"/{LOCAL}" and found is None:
            return None
        with self._lock:
            self._take(page)
        if found is None:
            boards = list(self._golds)
            return script("local", {"gold": boards, "texts": boards})
        kind, name = found.groups()
        if kind == GOLD:
            return gold_script(name, self._golds[name]) if name in self._golds else None
        return script("text", name, self._texts[name]) if name in self._texts else None

    def _take(self, page: Path) -> None:
        """Find the gold of the page's boards, once for each page."""
        state = page, (page / DATA).stat().st_mtime_ns  # it may be built again in its place
        if state == self._page:
            return
        golds = {
            board: gold
            for board, dataset in _boards_of(page).items()
            if (gold := self._shelf.of(dataset)) is not None
        }
        self._golds = golds
        self._texts = {
            digest: document.text
            for gold in golds.values()
            for digest, document in zip(gold.hashes, gold.documents, strict=True)
        }
        self._page = state


def _boards_of(page: Path) -> Mapping[str, DatasetRef]:
    where = page / DATA
    record = read_json(where)
    try:
        return {board["id"]: _dataset(board["dataset"]) for board in record["boards"]}
    except (KeyError, TypeError):
        raise InputError(
            f"{where} is no leaderboard's; gonerd leaderboard build writes one"
        ) from None


def _dataset(record: Mapping[str, Any]) -> DatasetRef:
    return DatasetRef(**{**record, "notice": ""})
