"""Readers of the plain text corpora that models are trained on: BookCorpus, Wikipedia, CC-News, OSCAR.

Each yields documents one at a time, in the order of the files, and passes over texts that are empty.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

from gonerd.errors import InputError, SchemaError
from gonerd.files import read_lines
from gonerd.schema import Document
from gonerd_scraper.distillation.oscar import (
    OscarRules,
    document_from_oscar,
    oscar_record,
    reasons_against,
)
from gonerd_scraper.distillation.rows import ROWS, document_of_row, is_rows, read_rows, text_of
from gonerd_scraper.running.inputs import short_names

__all__ = [
    "BOOKCORPUS_FILES",
    "BOOK_UNITS",
    "BookUnit",
    "read_bookcorpus",
    "read_cc_news",
    "read_oscar",
    "read_wikipedia",
]

BookUnit = Literal["sentence", "book"]
BOOK_UNITS: tuple[BookUnit, ...] = get_args(BookUnit)

BOOKCORPUS_FILES = (".txt", *ROWS)

MAX_BOOK = 50_000_000
"""Characters; where a book has more, its end is not marked, and memory would not do."""
DOC = re.compile(r"<doc\s([^>]*)>")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


def read_bookcorpus(files: Sequence[Path], *, unit: BookUnit = "sentence") -> Iterator[Document]:
    """BookCorpus (arXiv 1506.06724): plain text with a sentence a line, or rows with a field `text`.

    A document is a line, or with `unit="book"` all lines up to an empty one or the file's end. The
    sentence is the default because the usual distribution knows no books, and because the paper counts
    BookCorpus as its short sequences (its appendix C). Rows are documents as they are.

    Raises:
        InputError: `unit` is `book` and the file holds rows, or a book's end is nowhere to be found.
    """
    for file, name in short_names(files).items():
        if is_rows(file):
            if unit == "book":
                raise InputError(
                    f"{file}: rows do not say where a book ends; books are for plain text, "
                    "with an empty line or a file's end behind each"
                )
            for number, row in read_rows(file):
                yield from _document(
                    f"bc:{name}:{number}", text_of(file, number, row), source="bookcorpus"
                )
        elif unit == "sentence":
            for number, line in read_lines(file):
                yield from _document(f"bc:{name}:{number}", line.strip(), source="bookcorpus")
        else:
            for number, text in _books(file):
                yield from _document(f"bc:{name}:{number}", text, source="bookcorpus")


def read_wikipedia(files: Sequence[Path]) -> Iterator[Document]:
    """Wikipedia: rows with id, url, title, text, or what WikiExtractor writes (`<doc ...>` or JSON)."""
    for file in files:
        rows = read_rows(file) if is_rows(file) else _extracted(file)
        for number, row in rows:
            text = text_of(file, number, row)
            given = next(
                (row[key] for key in ("id", "title") if row.get(key) not in (None, "")), None
            )
            name = f"wiki:{_hash(text) if given is None else given}"
            yield from _document(
                name, text, source="wikipedia", url=row.get("url"), title=row.get("title"),
                licence="CC BY-SA 4.0",
            )  # fmt: skip


def read_cc_news(files: Sequence[Path]) -> Iterator[Document]:
    """CC-News: rows with title, text, domain, date, url, or documents of `gonerd scrape` and `clean`."""
    for file in files:
        for number, row in read_rows(file):
            own = document_of_row(file, number, row)
            if own is not None:
                yield own
                continue
            text, url = text_of(file, number, row), row.get("url")
            yield from _document(
                f"ccnews:{_hash(str(url or text))}", text, source="cc_news", url=url,
                title=row.get("title"), domain=row.get("domain"), date=row.get("date"),
            )  # fmt: skip


def read_oscar(files: Sequence[Path], *, rules: OscarRules | None = None) -> Iterator[Document]:
    """Documents of `gonerd oscar`, or records of OSCAR themselves, of which the rules choose.

    Raises:
        SchemaError: a row is neither; the message names file and line.
    """
    rules = rules or OscarRules()
    for file in files:
        for number, row in read_rows(file):
            own = document_of_row(file, number, row)
            if own is not None:
                yield own
                continue
            try:
                record = oscar_record(row)
                if not reasons_against(record, rules):
                    yield document_from_oscar(record)
            except SchemaError as problem:
                raise SchemaError(f"{file}:{number}: {problem}") from None


def _document(name: str, text: str, **meta: Any) -> Iterator[Document]:
    if text.strip():
        kept = {key: str(value) for key, value in meta.items() if value is not None}
        yield Document(id=name, text=text, meta=kept)


def _books(file: Path) -> Iterator[tuple[int, str]]:
    """(number of the first line, text) of each book."""
    lines: list[str] = []
    begin, characters = 1, 0
    for number, line in read_lines(file):
        if line.strip():
            lines.append(line.rstrip())
            characters += len(line)
            if characters > MAX_BOOK:
                raise InputError(
                    f"{file}:{begin}: no end of this book in {MAX_BOOK:,} characters; expected an empty "
                    "line, else take sentences for documents"
                )
        else:
            if lines:
                yield begin, "\n".join(lines)
            lines, begin, characters = [], number + 1, 0
    if lines:
        yield begin, "\n".join(lines)


def _extracted(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line of the element, row) of each `<doc>` element of WikiExtractor."""
    row: dict[str, Any] | None = None
    begin, lines = 0, list[str]()
    for number, line in read_lines(file):
        if row is None:
            if found := DOC.fullmatch(line.strip()):
                row = {key: html.unescape(value) for key, value in ATTRIBUTE.findall(found[1])}
                begin, lines = number, []
            elif line.strip():
                raise SchemaError(
                    f"{file}:{number}: expected <doc ...>, found {line.strip()[:40]!r}"
                )
        elif line.strip() == "</doc>":
            yield begin, row | {"text": html.unescape("\n".join(lines)).strip()}
            row = None
        else:
            lines.append(line)
    if row is not None:
        raise SchemaError(f"{file}:{begin}: the element <doc> has no end")


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
