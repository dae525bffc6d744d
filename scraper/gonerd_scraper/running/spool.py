"""Documents one line each: read, put aside on disk while only ids are in memory, and found again."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from gonerd.errors import InputError, SchemaError
from gonerd.files import read_lines, text_to_write
from gonerd.records import (
    document_from_record,
    json_from_line,
    read_documents,
    record_from_document,
)
from gonerd.schema import Document
from gonerd.takedown import Takedown

__all__ = [
    "STANDARD_INPUT",
    "DocumentFiles",
    "Spool",
    "document_from_line",
    "on_disk",
]

STANDARD_INPUT = Path("-")


class DocumentFiles:
    """The documents of files but those taken down, read anew each time they are gone through."""

    def __init__(self, paths: Sequence[Path], takedown: Takedown) -> None:
        self._paths = paths
        self._takedown = takedown
        self.taken_down = 0
        """Documents that were left out when they were gone through last."""

    def __iter__(self) -> Iterator[Document]:
        self.taken_down = 0
        for path in self._paths:
            for document in read_documents(path):
                if self._takedown.entry_of(document) is None:
                    yield document
                else:
                    self.taken_down += 1


@contextmanager
def on_disk(paths: Sequence[Path], folder: Path | None = None) -> Iterator[tuple[Path, ...]]:
    """`paths`, with a file (in `folder`, while the block runs) in the place of standard input."""
    if STANDARD_INPUT not in paths:
        yield tuple(paths)
        return
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", dir=folder, encoding="utf-8") as file:
        for _, line in read_lines(STANDARD_INPUT):
            file.write(line + "\n")
        file.flush()
        yield tuple(Path(file.name) if path == STANDARD_INPUT else path for path in paths)


class Spool:
    """The lines of documents in a file that nobody else sees, gone when it is closed.

    Memory holds the id of each, and 8 bytes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile("w+b", dir=folder)  # noqa: SIM115 - closed by `close`
        self._offsets = array("q")
        self._end = 0
        self.ids: list[str] = []
        self.taken_down = 0
        """Documents that the take-down list kept out."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.ids)

    def fill(self, paths: Iterable[str | Path], takedown: Takedown) -> Iterator[Document]:
        """Add the documents of `paths` but those taken down, and yield each that is added.

        Raises:
            SchemaError: a line is not a valid document; the message names file, line and document.
            InputError: an id stands there twice, or a file can't be read.
        """
        seen: set[str] = set()
        for path in paths:
            for number, line in read_lines(path):
                if not line.strip():
                    continue
                document = document_from_line(line, f"{path}:{number}")
                if document.id in seen:
                    raise InputError(f"{path}:{number}: id {document.id!r} stands there twice")
                seen.add(document.id)
                if takedown.entry_of(document) is not None:
                    self.taken_down += 1
                    continue
                self._add(document.id, line)
                yield document

    def put(self, document: Document) -> None:
        """Add one document."""
        record = record_from_document(document)
        self._add(document.id, json.dumps(record, ensure_ascii=False, allow_nan=False))

    def write_sorted(self, path: Path, *, overwrite: bool = False) -> None:
        """Write all lines, ordered by id, whole or not at all."""
        order = sorted(range(len(self)), key=self.ids.__getitem__)
        with text_to_write(path, overwrite=overwrite) as out:
            out.writelines(self.line(position) + "\n" for position in order)

    def line(self, position: int) -> str:
        """The line of a document, as it was read."""
        self._file.seek(self._offsets[position])
        return self._file.readline().decode().removesuffix("\n")

    def document(self, position: int) -> Document:
        """A document by its place in `ids`."""
        return document_from_line(self.line(position), f"document {self.ids[position]!r}")

    def text(self, position: int) -> str:
        """Its text."""
        return self.document(position).text

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _add(self, name: str, line: str) -> None:
        data = line.encode() + b"\n"
        self._file.seek(self._end)
        self._file.write(data)
        self._offsets.append(self._end)
        self._end += len(data)
        self.ids.append(name)


def document_from_line(line: str, at: str) -> Document:
    """The document of a JSON line; `at` says in errors where it stands.

    Raises:
        SchemaError: it is none.
    """
    try:
        return document_from_record(json_from_line(line))
    except SchemaError as problem:
        raise SchemaError(f"{at}: {problem}") from None
