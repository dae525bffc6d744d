"""What a build keeps of a document when its text is written down, on disk, and where the document goes."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Self

from gonerd.database import nameless_database
from gonerd.dataset.provenance import Traits, traits_of
from gonerd.dataset.splits import Assignment, Cluster
from gonerd.errors import InputError, SchemaError
from gonerd.records import record_from_document
from gonerd.redaction import REDACTED
from gonerd.schema import Document, text_sha256

__all__ = ["Entries", "Entry", "entry_of", "gold_hash"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document without its text."""

    id: str
    cluster: str
    source: str
    words: int
    gold: str
    entities: Mapping[str, int]
    fictional: bool
    redacted: bool
    clustered: bool
    given_tokens: bool
    traits: Traits


class Entries:
    """Entries in a database, numbered as they come; of known documents also the splits that they have."""

    def __init__(self) -> None:
        self.documents = 0
        self.entities = 0
        """Of all documents together."""
        self._database = nameless_database()
        self._database.execute(
            "CREATE TABLE document (number INTEGER PRIMARY KEY, id TEXT UNIQUE, cluster TEXT, "
            "gold TEXT, entry BLOB)"
        )
        self._database.execute("CREATE TABLE known (id TEXT PRIMARY KEY, split TEXT) WITHOUT ROWID")
        self._database.execute(
            "CREATE TABLE home (number INTEGER PRIMARY KEY, split TEXT, places TEXT)"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._database.close()

    def know(self, homes: Iterable[tuple[str, str]]) -> None:
        """Note splits by document id."""
        self._database.executemany("INSERT OR REPLACE INTO known VALUES (?, ?)", homes)

    def add(self, entry: Entry) -> None:
        """Keep an entry.

        Raises:
            SchemaError: its document came before.
        """
        self.documents += 1
        self.entities += sum(entry.entities.values())
        row = (
            self.documents,
            entry.id,
            entry.cluster,
            entry.gold,
            pickle.dumps(entry, pickle.HIGHEST_PROTOCOL),
        )
        done = self._database.execute("INSERT OR IGNORE INTO document VALUES (?, ?, ?, ?, ?)", row)
        if not done.rowcount:
            raise SchemaError(f"document {entry.id!r} comes twice, an id may come once")

    def clusters(self) -> Iterator[Cluster]:
        """Yield the clusters of all documents, by name."""
        for name, documents in self._by_cluster():
            yield Cluster(name, [split for _, split in documents])

    def settle(self, assignment: Assignment) -> None:
        """Give each document the split that it is assigned to."""
        with closing(self._database.cursor()) as writing:
            for name, documents in self._by_cluster():
                cluster = Cluster(name, [split for _, split in documents])
                places = " ".join(cluster.places)
                homes = (
                    (number, split, places)
                    for (number, _), split in zip(
                        documents, assignment.splits(cluster), strict=True
                    )
                )
                writing.executemany("INSERT INTO home VALUES (?, ?, ?)", homes)

    def settle_as_known(self) -> None:
        """Give each document the split that it is known to have.

        Raises:
            InputError: there is one without.
        """
        done = self._database.execute(
            "INSERT INTO home SELECT number, split, split FROM document JOIN known USING (id)"
        )
        if done.rowcount < self.documents:
            (name,) = self._database.execute(
                "SELECT id FROM document LEFT JOIN known USING (id) WHERE split IS NULL LIMIT 1"
            ).fetchone()
            raise InputError(f"document {name!r} has no split, where all are settled already")

    def homes(self, begin: int, end: int) -> dict[str, str]:
        """Splits by id of those that have one among the documents from number `begin`, from 0, to `end`."""
        found = self._database.execute(
            "SELECT id, split FROM document JOIN home USING (number) "
            "WHERE number > ? AND number <= ? AND split IS NOT NULL",
            (begin, end),
        )
        return dict(found.fetchall())

    def placed(self) -> Iterator[tuple[str, Entry]]:
        """Yield split and entry of the documents that have a place, as they came."""
        for split, entry in self._database.execute(
            "SELECT split, entry FROM document JOIN home USING (number) "
            "WHERE split IS NOT NULL ORDER BY number"
        ):
            yield split, pickle.loads(entry)  # noqa: S301 - this object wrote it

    def golds(self) -> Iterator[tuple[str, str, str]]:
        """Yield split, id and hash of the gold of the documents that have a place."""
        yield from self._database.execute(
            "SELECT split, id, gold FROM document JOIN home USING (number) WHERE split IS NOT NULL"
        )

    def left_out(self) -> Iterator[tuple[str, str, list[str]]]:
        """Yield id, cluster and the cluster's splits of the documents without a place, as they came."""
        for name, cluster, places in self._database.execute(
            "SELECT id, cluster, places FROM document JOIN home USING (number) "
            "WHERE split IS NULL ORDER BY number"
        ):
            yield name, cluster, places.split()

    def _by_cluster(self) -> Iterator[tuple[str, list[tuple[int, str | None]]]]:
        """Each cluster with number and known split of its documents."""
        rows = self._database.execute(
            "SELECT cluster, number, split FROM document LEFT JOIN known USING (id) ORDER BY cluster, number"
        )
        for name, documents in groupby(rows, key=itemgetter(0)):
            yield name, [(number, split) for _, number, split in documents]


def entry_of(document: Document, fitted: Document) -> Entry:
    """The entry of a document as it came and as it was fitted to its tokens."""
    cluster = fitted.meta.get("cluster")
    return Entry(
        id=fitted.id,
        cluster=str(cluster or text_sha256(fitted.text)),
        source=str(fitted.meta.get("source", "")),
        words=len(fitted.tokens or ()),
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
