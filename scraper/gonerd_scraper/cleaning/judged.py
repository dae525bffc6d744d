"""Judged documents, found again by their place in the shards that hold them."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from gonerd.errors import InputError
from gonerd.records import document_from_record
from gonerd.schema import Document
from gonerd.takedown import TAKEN_DOWN
from gonerd_scraper.cleaning.manual import DROP, KEEP
from gonerd_scraper.cleaning.signatures import Banding, Signatures

__all__ = ["JudgedDocuments"]

OUTCOMES = ("changed", TAKEN_DOWN, DROP, KEEP)
"""Of a decision that several documents with its address meet, the last of these counts."""
OPEN = 64
"""Shards open at once."""


class JudgedDocuments:
    """The rows of the shards of `JudgeDocuments`; a position is the place of a row in the shards' order.

    Memory holds the id of each and 16 bytes, and of each that passed the rules its signature and 24 bytes.

    Raises:
        InputError: an id stands there twice.
    """

    def __init__(self, shards: Sequence[Path], banding: Banding) -> None:
        self._shards = shards
        self._files: dict[int, BinaryIO] = {}
        self._places = array("q")
        self.ids: list[str] = []
        self.passed = array("q")
        """Positions of the documents that passed the rules."""
        self.digests = bytearray()
        """16 bytes for each of them, the same for the same text."""
        self.manual: dict[str, str] = {}
        """What came of the decisions of the manual list, by the name of the decision."""
        self.kept_by_hand: set[str] = set()
        """Ids of the documents that stay by the manual list, duplicates too."""
        self.signatures = Signatures(banding)
        """The signature of each of them."""
        for number, path in enumerate(shards):
            end = 0
            with path.open("rb") as file:
                for line in file:
                    self._take(json.loads(line))
                    self._places.extend((number, end))
                    end += len(line)
        self.order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        """All positions, by id."""
        for first, second in pairwise(self.order):
            if self.ids[first] == self.ids[second]:
                one, other = sorted((self.row(first)["at"], self.row(second)["at"]))
                self.close()
                raise InputError(
                    f"{other}: id {self.ids[first]!r} stands there twice, also at {one}"
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the shards."""
        for file in self._files.values():
            file.close()

    def row(self, position: int) -> dict[str, Any]:
        """The row at a position."""
        shard, start = self._places[2 * position : 2 * position + 2]
        file = self._files.get(shard)
        if file is None:
            if len(self._files) == OPEN:
                self._files.pop(next(iter(self._files))).close()
            file = self._files[shard] = self._shards[shard].open("rb")
        file.seek(start)
        return dict(json.loads(file.readline()))

    def document(self, position: int) -> Document:
        """The document at a position, one that passed."""
        return document_from_record(self.row(position)["document"])

    def _take(self, row: dict[str, Any]) -> None:
        if "document" in row:
            self.passed.append(len(self.ids))
            self.digests += bytes.fromhex(row["digest"])
            self.signatures.load(b64decode(row["signature"]))
        if "manual" in row:
            name, outcome = row["manual"]
            known = self.manual.get(name, outcome)
            self.manual[name] = max(known, outcome, key=OUTCOMES.index)
            if outcome == KEEP:
                self.kept_by_hand.add(row["id"])
        self.ids.append(row["id"])
