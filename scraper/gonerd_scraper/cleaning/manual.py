"""The manual list: what reviewers decided about single documents, as a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gonerd.errors import InputError
from gonerd.files import read_lines
from gonerd.schema import Document, text_sha256

__all__ = ["COLUMNS", "DROP", "KEEP", "Decision", "ManualList", "inert_cell", "plain_cell"]

COLUMNS = ("id", "url", "decision", "reviewer", "note", "text_sha256")
"""The columns that are read, in the order in which they are written; others may stand beside them."""

KEEP, DROP = "keep", "drop"
NAMED = "id", "url"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell begins with that spreadsheets take for a formula; the last four are the wide forms."""


def inert_cell(text: str) -> str:
    """`text` with a quote before what a spreadsheet would take for a formula; `plain_cell` takes it off."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def plain_cell(cell: str) -> str:
    """What `inert_cell` was given."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(FORMULA) else cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of a manual list; `where` says file and line. Without an id the address names the document."""

    decision: str
    where: str
    id: str = ""
    url: str = ""
    reviewer: str = ""
    note: str = ""
    text_sha256: str = ""

    @property
    def name(self) -> str:
        """What the document is found by: its id, else its address."""
        return self.id or self.url

    @property
    def said(self) -> str:
        """The decision in words: who, and why."""
        who = f" by {self.reviewer}" if self.reviewer else ""
        why = f": {self.note}" if self.note else ""
        return f"{self.decision}{who}{why} ({self.where})"


@dataclass(frozen=True, slots=True)
class ManualList:
    """Decisions by id and by address; `decision` asks them.

    A decision that carries a `text_sha256` is about that text: where the text has changed since, it
    says nothing, and `changed` tells it.
    """

    by_id: dict[str, Decision] = field(default_factory=dict)
    by_url: dict[str, Decision] = field(default_factory=dict)

    @classmethod
    def read(cls, paths: Sequence[str | Path] = ()) -> Self:
        """The decisions of all `paths` as one list; rows without a decision are passed over.

        Raises:
            InputError: a column is missing, a decision is neither keep nor drop, a row names no
                document, or two rows decide differently about one; the message says where.
        """
        found = cls()
        for path in paths:
            for decision in _decisions(path):
                known = found.by_id if decision.id else found.by_url
                other = known.setdefault(decision.name, decision)
                if other.decision != decision.decision:
                    raise InputError(
                        f"{decision.where}: {decision.decision} for {decision.name}, "
                        f"but {other.where} says {other.decision}; one of them must go"
                    )
        return found

    def __len__(self) -> int:
        return len(self.by_id) + len(self.by_url)

    def decision(self, document: Document) -> Decision | None:
        """What is decided about this very text of `document`, None where nothing is."""
        found = self._about(document)
        return None if found is None or _differs(found, document) else found

    def changed(self, document: Document) -> Decision | None:
        """The decision about `document` that was made on another text, None where there is none."""
        found = self._about(document)
        return found if found is not None and _differs(found, document) else None

    def unknown(self, names: Collection[str]) -> list[Decision]:
        """The decisions about documents that are not there; `names` are the ids and addresses that are."""
        decisions = [*self.by_id.values(), *self.by_url.values()]
        return [decision for decision in decisions if decision.name not in names]

    def _about(self, document: Document) -> Decision | None:
        found = self.by_id.get(document.id)
        if found is not None or not self.by_url:
            return found
        urls = document.meta.get("url"), document.meta.get("final_url")
        return next((self.by_url[url] for url in urls if url in self.by_url), None)


def _differs(decision: Decision, document: Document) -> bool:
    return bool(decision.text_sha256) and decision.text_sha256 != text_sha256(document.text)


def _decisions(path: str | Path) -> Iterable[Decision]:
    lines = (line + "\n" for _, line in read_lines(path))
    reader = csv.DictReader(_without_mark(lines), strict=True)
    try:
        columns = reader.fieldnames or ()
        if "decision" not in columns or not any(name in columns for name in NAMED):
            hint = "; they are parted by semicolons" if any(";" in name for name in columns) else ""
            raise InputError(
                f"{path}:1: the columns are {', '.join(columns) or 'none'}{hint}, "
                f"expected decision and id or url, parted by commas"
            )
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row:
                raise InputError(
                    f"{where}: {len(columns) + len(row[None])} cells in {len(columns)} columns"
                )
            values = {name: plain_cell((row.get(name) or "").strip()) for name in COLUMNS}
            values["decision"] = values["decision"].lower()
            if not values["decision"]:
                continue
            if values["decision"] not in (KEEP, DROP):
                raise InputError(
                    f"{where}: decision is {values['decision']!r}, expected keep, drop or nothing"
                )
            if not (values["id"] or values["url"]):
                raise InputError(f"{where}: neither id nor url says which document is meant")
            yield Decision(where=where, **values)
    except csv.Error as problem:
        raise InputError(f"{path}:{reader.reader.line_num}: not CSV: {problem}") from None


def _without_mark(lines: Iterable[str]) -> Iterable[str]:
    """The lines without the byte order mark that spreadsheets begin a file with."""
    for number, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if number == 0 else line
