"""One door for every corpus format, chosen by name or by looking at the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from gonerd.corpora.conll import read_conll
from gonerd.corpora.tagged import is_tagged, read_tagged
from gonerd.errors import InputError, SchemaError
from gonerd.records import read_documents, read_json_lines
from gonerd.schema import Document
from gonerd.schemes import Scheme

__all__ = ["FORMATS", "Format", "read_corpus"]

Format = Literal["auto", "documents", "tagged", "conll"]
FORMATS: tuple[Format, ...] = get_args(Format)

CONLL_ENDINGS = (".conll", ".conll03", ".bio", ".iob", ".iob2", ".tsv", ".txt")


def read_corpus(
    path: str | Path,
    *,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    labels: Collection[str] = (),
) -> Iterator[Document]:
    """Yield the documents of a corpus file: our JSON Lines, JSON Lines of tokens and tags, or CoNLL columns.

    `auto` goes by the file's ending and, for JSON Lines, by its first record; standard input is our
    JSON Lines unless the form is named. With `labels`, no other label may stand in it.

    Raises:
        InputError: the file is missing, empty, or its format can't be told.
        SchemaError: a record is broken, a label is unknown, or an id comes twice.
    """
    form = _told(path) if form == "auto" else form
    if form == "conll":
        documents: Iterable[Document] = read_conll(path, scheme=scheme)
    elif form == "tagged":
        documents = read_tagged(path, scheme=scheme)
    else:
        documents = read_documents(path, labels=labels)
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise SchemaError(f"{path}: document {document.id!r} comes twice, an id may come once")
        seen.add(document.id)
        for entity in document.entities:
            if labels and entity.label not in labels:
                raise SchemaError(
                    f"{path}: document {document.id!r}: label {entity.label!r} of "
                    f"{document.mention(entity)!r} is unknown; expected one of {', '.join(sorted(labels))}"
                )
        yield document
    if not seen:
        raise InputError(f"{path} holds no documents")


def _told(path: str | Path) -> Format:
    if str(path) == "-":
        return "documents"
    endings = [ending for ending in Path(path).suffixes if ending not in (".gz", ".zst")]
    ending = endings[-1] if endings else ""
    if ending in (".jsonl", ".json", ".ndjson"):
        first = next(read_json_lines(path), None)
        return "tagged" if first is not None and is_tagged(first[1]) else "documents"
    if ending in CONLL_ENDINGS:
        return "conll"
    raise InputError(f"{path}: the format can't be told from {ending!r}; name it with --format")
