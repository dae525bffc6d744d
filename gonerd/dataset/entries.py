"""What a build keeps of a document when its text is written down: names in memory, the rest on disk."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from sys import intern
from tempfile import TemporaryFile
from typing import Self

from gonerd.dataset.provenance import Traits, traits_of
from gonerd.dataset.splits import SplitKey
from gonerd.records import record_from_document
from gonerd.redaction import REDACTED
from gonerd.schema import Document, text_sha256

__all__ = ["Entries", "Entry", "entry_of", "gold_hash"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document without its text."""

    key: SplitKey
    gold: str
    entities: Mapping[str, int]
    fictional: bool
    redacted: bool
    clustered: bool
    given_tokens: bool
    traits: Traits


class Entries:
    """Entries in a nameless file of `folder`, of which memory holds what the splits are decided by."""

    def __init__(self, folder: Path) -> None:
        self.keys: list[SplitKey] = []
        self.entities = 0
        """Of all documents together."""
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._file.close()

    def add(self, entry: Entry) -> None:
        """Keep an entry."""
        key = entry.key
        self.keys.append(SplitKey(key.id, key.cluster, intern(key.source), key.words))
        self.entities += sum(entry.entities.values())
        pickle.dump(entry, self._file, pickle.HIGHEST_PROTOCOL)

    def among(self, ids: Collection[str]) -> Iterator[Entry]:
        """Yield the entries of the documents `ids`, as they came."""
        self._file.seek(0)
        for key in self.keys:
            entry = pickle.load(self._file)  # noqa: S301 - of a file that this object wrote and holds open
            if key.id in ids:
                yield replace(entry, key=key)  # one copy of each name


def entry_of(document: Document, fitted: Document) -> Entry:
    """The entry of a document as it came and as it was fitted to its tokens."""
    cluster = fitted.meta.get("cluster")
    source = str(fitted.meta.get("source", ""))
    words = len(fitted.tokens or ())
    return Entry(
        key=SplitKey(fitted.id, str(cluster or text_sha256(fitted.text)), source, words),
        gold=gold_hash(fitted),
        entities=Counter(entity.label for entity in fitted.entities),
        fictional=str(document.meta.get("domain", "")).endswith(".example"),
        redacted=isinstance(document.meta.get(REDACTED), dict),
        clustered=bool(cluster),
        given_tokens=document.tokens is not None,
        traits=traits_of(fitted),
    )


def gold_hash(document: Document) -> str:
    """A hash of all that scoring looks at: text, entities, tokens."""
    record = record_from_document(document)
    return text_sha256(repr((record["text"], record["entities"], record.get("tokens"))))
