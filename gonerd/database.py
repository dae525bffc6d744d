"""What is too much for memory, in SQLite databases without a name: temporary files that go by themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

__all__ = ["Names", "nameless_database", "sorted_lines"]

CACHE_KIB = 512
"""The system keeps more of the file, where it has the room."""


def nameless_database() -> sqlite3.Connection:
    """An empty database of which memory holds what was used last, `CACHE_KIB` of it."""
    # Whoever reads a stream of documents may do so from any thread, one at a time.
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False, factory=_Nameless)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return database


class _Nameless(sqlite3.Connection):
    """Closed with the last that holds it: nobody else can open it."""

    def __del__(self) -> None:
        self.close()


class Names:
    """A set of strings, on disk where there are many."""

    def __init__(self) -> None:
        self._database = nameless_database()
        self._database.execute("CREATE TABLE name (name TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, name: str) -> bool:
        """Whether the name is new to the set."""
        done = self._database.execute("INSERT OR IGNORE INTO name VALUES (?)", (name,))
        return done.rowcount == 1

    def __contains__(self, name: str) -> bool:
        found = self._database.execute("SELECT 1 FROM name WHERE name = ?", (name,))
        return found.fetchone() is not None


def sorted_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines in the order of their bytes, however many."""
    with closing(nameless_database()) as database:
        database.execute("CREATE TABLE line (line BLOB)")
        database.executemany("INSERT INTO line VALUES (?)", ((line,) for line in lines))
        for (line,) in database.execute("SELECT line FROM line ORDER BY line"):
            yield line
