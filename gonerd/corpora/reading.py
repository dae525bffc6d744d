"""One door for every corpus format, chosen by name or by looking at the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args

from gonerd.corpora.brat import is_brat_folder, read_brat
from gonerd.corpora.conll import read_conll
from gonerd.corpora.docbin import read_docbin
from gonerd.corpora.prodigy import is_prodigy, read_prodigy
from gonerd.corpora.tagged import is_tagged, read_tagged
from gonerd.database import Names
from gonerd.errors import InputError, SchemaError
from gonerd.records import read_documents, read_json_lines
from gonerd.schema import Document
from gonerd.schemes import Scheme, TagRepairs

__all__ = ["FORMATS", "Format", "read_corpus"]

Format = Literal["auto", "documents", "tagged", "conll", "docbin", "brat", "prodigy"]
FORMATS: tuple[Format, ...] = get_args(Format)

CONLL_ENDINGS = (".conll", ".conll03", ".bio", ".iob", ".iob2", ".tsv", ".txt")


def read_corpus(
    path: str | Path,
    *,
    form: Format = "auto",
    scheme: Scheme = "iob2",
    labels: Collection[str] = (),
    repairs: TagRepairs | None = None,
    stem: str | None = None,
) -> Iterator[Document]:
    """Yield the documents of a corpus: JSON Lines (ours, tokens and tags, Prodigy), CoNLL, DocBin or BRAT.

    `auto` goes by the file's ending and, for JSON Lines, by its first record; a folder with .ann files is
    BRAT's; standard input is our JSON Lines unless the form is named. With `labels`, no other label may
    stand in it. What our documents can't hold is told on stderr, with its counts. With `repairs`, tags that
    are not of the scheme are read as it says, and counted there; else they are refused. Documents without an
    id of their own are called by `stem`, if not given by the file's name, and a number.

    Raises:
        InputError: the file is missing, empty, or its format can't be told.
        SchemaError: a record is broken, a label is unknown, or an id comes twice.
    """
    form = _told(path) if form == "auto" else form
    if form == "conll":
        documents: Iterable[Document] = read_conll(path, scheme=scheme, repairs=repairs, stem=stem)
    elif form == "tagged":
        documents = read_tagged(path, scheme=scheme, repairs=repairs)
    elif form == "docbin":
        documents = read_docbin(path, stem=stem)
    elif form == "brat":
        documents = read_brat(path)
    elif form == "prodigy":
        documents = read_prodigy(path, stem=stem)
    else:
        documents = read_documents(path, labels=labels)
    names = Names()
    empty = True
    for document in documents:
        empty = False
        try:
            new = names.add(document.id)
        except UnicodeEncodeError:  # of a file whose name is in another encoding
            raise SchemaError(
                f"{path}: the id {document.id!r} holds half of a surrogate pair (U+D800 to U+DFFF)"
            ) from None
        if not new:
            raise SchemaError(f"{path}: document {document.id!r} comes twice, an id may come once")
        for entity in document.entities:
            if labels and entity.label not in labels:
                raise SchemaError(
                    f"{path}: document {document.id!r}: label {entity.label!r} of "
                    f"{document.mention(entity)!r} is unknown; expected one of {', '.join(sorted(labels))}"
                )
        yield document
    if empty:
        raise InputError(f"{path} holds no documents")


def _told(path: str | Path) -> Format:
    if str(path) == "-":
        return "documents"
    if is_brat_folder(path):
        return "brat"
    if Path(path).is_dir():
        raise InputError(
            f"{path} is a folder without .ann files; expected a file or BRAT's folder "
            "('gonerd export' makes a file of a built dataset)"
        )
    if not Path(path).exists():
        raise InputError(f"{path} does not exist")
    endings = [ending for ending in Path(path).suffixes if ending not in (".gz", ".xz", ".zst")]
    ending = endings[-1] if endings else ""
    if ending in (".jsonl", ".json", ".ndjson"):
        first = next(read_json_lines(path), None)
        if first is not None and is_tagged(first[1]):
            return "tagged"
        return "prodigy" if first is not None and is_prodigy(first[1]) else "documents"
    if ending == ".spacy":
        return "docbin"
    if ending == ".ann":
        raise InputError(f"{path} is one file of BRAT's pairs; name the folder that holds them")
    if ending in CONLL_ENDINGS:
        return "conll"
    raise InputError(f"{path}: the format can't be told from {ending!r}; name it with --format")
