"""Figures that somebody reported elsewhere, from files of the board's maintainers: shown, never ranked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd_leaderboard.fields import LONGEST_TEXT, Fields
from gonerd_leaderboard.plain_file import read_plain_file

__all__ = ["ReportedTable", "reported_tables"]

MOST_BYTES = 1 << 20
FIGURE = r"\d{1,3}(\.\d{1,3})?"


@dataclass(frozen=True, slots=True)
class ReportedTable:
    """A table as it is printed; a cell without a figure is empty."""

    title: str
    source: str
    url: str
    note: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def as_json(self) -> dict[str, Any]:
        """For leaderboard.json, figures as numbers."""
        return {
            "title": self.title,
            "source": self.source,
            "url": self.url,
            "note": self.note,
            "rows": {
                name: {
                    column: float(cell)
                    for column, cell in zip(self.columns, cells, strict=True)
                    if cell
                }
                for name, cells in self.rows.items()
            },
        }


def reported_tables(folder: Path) -> list[ReportedTable]:
    """The tables in the TOML files of a folder, in the files' order.

    Raises:
        InputError: there is no such folder, or no table in it.
        SchemaError: a file has the wrong form; the message names file and field.
    """
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not files:
        raise InputError(f"{folder} holds no reported table; expected a folder of TOML files")
    return [_table(path) for path in files]


def _table(path: Path) -> ReportedTable:
    text = read_plain_file(path, most=MOST_BYTES).decode("utf-8", "replace")
    try:
        record = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise SchemaError(f"{path}: not TOML ({problem})") from None
    fields = Fields(record, str(path))
    columns = fields.texts("columns")
    inner = fields.inner("rows")
    rows = {name: inner.texts(name) for name in inner.names()}
    for name, cells in rows.items():
        if len(cells) != len(columns):
            raise SchemaError(
                f"{path}: row {name!r} has {len(cells)} cells, expected {len(columns)}"
            )
        for cell in filter(None, cells):
            fields.group("rows", {name: cell}).text(name, pattern=FIGURE)
    table = ReportedTable(
        title=fields.text("title"),
        source=fields.text("source"),
        url=fields.text("url", pattern=r"https?://[^\s\"<>]+"),
        note=fields.text("note", longest=LONGEST_TEXT),
        columns=columns,
        rows=rows,
    )
    fields.end()
    return table
