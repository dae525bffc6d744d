"""Texts to learn from, wherever they lie: plain text, JSON Lines with `text`, any corpus of gonerd's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gonerd.console import kind_of
from gonerd.errors import InputError, SchemaError
from gonerd.files import STANDARD_STREAM, read_lines
from gonerd.records import read_json_lines

__all__ = ["UNITS", "TextSource", "Unit", "text_sources"]

Unit = Literal["block", "line", "file"]
UNITS: tuple[Unit, ...] = get_args(Unit)

COMPRESSED = (".gz", ".xz", ".zst")
PLAIN = (".txt", ".text")
LINES = (".jsonl", ".ndjson", ".json")
DOCUMENTS = tuple(f"documents.jsonl{ending}" for ending in ("", *COMPRESSED))
"""What this toolkit calls the file of documents in the folders that it writes."""


@dataclass(frozen=True, slots=True)
class TextSource:
    """One place that texts are read from."""

    name: str
    kind: Literal["plain", "lines", "corpus"]

    @property
    def is_file(self) -> bool:
        """Whether it has bytes of its own that a hash can be taken of."""
        return Path(self.name).is_file()

    def texts(self, *, unit: Unit = "block") -> Iterator[str]:
        """Yield its texts one at a time, without holding more than one.

        Plain text is cut by `unit`: at empty lines, at every line, or not at all.

        Raises:
            InputError: it is missing, broken or not UTF-8.
            SchemaError: a line holds no text; the message names file and line.
        """
        if self.kind == "plain":
            return _plain(self.name, unit)
        if self.kind == "lines":
            return _lines(self.name)
        return _corpus(self.name)


def text_sources(names: Iterable[str | Path]) -> list[TextSource]:
    """The sources that `names` stand for, in this order; a folder of text files is all of them by name.

    `.txt` and what has only the ending of a compression are plain text, `-` is JSON Lines.

    Raises:
        InputError: a file is not there, or a folder holds no texts.
    """
    return [source for name in names for source in _sources(str(name))]


def _sources(name: str) -> Iterator[TextSource]:
    from gonerd.corpora import is_brat_folder
    from gonerd.dataset.card import FACTS_FILE

    path = Path(name)
    if name == STANDARD_STREAM:
        yield TextSource(name, "lines")
    elif not path.is_dir():
        kind = _kind(path)
        if kind != "corpus" and not path.exists():
            raise InputError(f"{name} does not exist")
        yield TextSource(name, kind)
    elif (path / FACTS_FILE).exists() or is_brat_folder(path):
        yield TextSource(name, "corpus")
    else:
        ours = [path / file for file in DOCUMENTS if (path / file).is_file()]
        found = ours or [one for one in sorted(path.iterdir()) if _is_text_file(one)]
        if not found:
            raise InputError(
                f"{name} holds no texts; expected {', '.join((*PLAIN, *LINES))}, plain or compressed, "
                "or a dataset that gonerd built"
            )
        yield from (TextSource(str(one), _kind(one)) for one in found)


def _is_text_file(path: Path) -> bool:
    return path.is_file() and _ending(path) in (*PLAIN, *LINES)


def _ending(path: Path) -> str:
    endings = [ending for ending in path.suffixes if ending not in COMPRESSED]
    return endings[-1].lower() if endings else ""


def _kind(path: Path) -> Literal["plain", "lines", "corpus"]:
    if _ending(path) in PLAIN or (path.suffix in COMPRESSED and not _ending(path)):
        return "plain"
    if _ending(path) not in LINES:
        return "corpus"
    if not path.exists():
        return "lines"
    _, first = next(read_json_lines(path, allow_nan=True), (0, None))
    other = isinstance(first, dict) and "text" not in first and "tokens" in first
    return "corpus" if other else "lines"


def _plain(name: str, unit: Unit) -> Iterator[str]:
    held: list[str] = []
    for _, line in read_lines(name):
        if unit == "line" or (unit == "block" and not line.strip()):
            held += [line] if unit == "line" else []
            if any(map(str.strip, held)):
                yield "\n".join(held)
            held = []
        else:
            held.append(line)
    if any(map(str.strip, held)):
        yield "\n".join(held)


def _lines(name: str) -> Iterator[str]:
    for number, record in read_json_lines(name, allow_nan=True):
        text: Any = record.get("text") if isinstance(record, dict) else None
        if not isinstance(text, str):
            found = "no 'text'" if isinstance(record, dict) and text is None else kind_of(record)
            if isinstance(record, dict) and text is not None:
                found = f"{kind_of(text)} as 'text'"
            raise SchemaError(f"{name}:{number}: found {found}, expected an object with a text")
        yield text


def _corpus(name: str) -> Iterator[str]:
    from gonerd.dataset.loading import corpus_documents

    return (document.text for document in corpus_documents(name))
