"""CoNLL columns: token and tag a line, blank lines between sentences, -DOCSTART- between documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gonerd.align import fit_to_tokens, tags_from_entities
from gonerd.corpora.losses import Losses
from gonerd.corpora.tagged import document_from_tokens
from gonerd.corpora.unnamed import stem_of
from gonerd.errors import AlignmentError, SchemaError
from gonerd.files import read_lines, text_to_write
from gonerd.schema import Document
from gonerd.schemes import Scheme, TagRepairs, scheme_from_iob2

__all__ = ["read_conll", "write_conll"]

DOCSTART = "-DOCSTART-"


@dataclass(slots=True)
class _Open:
    """The document that is being read."""

    name: str
    line: int
    tokens: list[str] = field(default_factory=list[str])
    tags: list[str] = field(default_factory=list[str])
    starts: list[int] = field(default_factory=list[int])


def read_conll(
    path: str | Path,
    *,
    scheme: Scheme = "iob2",
    repairs: TagRepairs | None = None,
    stem: str | None = None,
) -> Iterator[Document]:
    """Yield the documents of a CoNLL file: columns by tab or spaces, token first, tag last.

    A document is what lies between two -DOCSTART- lines; a file without any is one document. Its id is
    the second column of the -DOCSTART- line where that is not `-X-`, else `stem` (if not given, the file's
    name) and a number.
    With `repairs`, tags that are not of the scheme are read as it says, and counted there.

    Raises:
        SchemaError: a line has fewer than two columns; the message names file and line.
        AlignmentError: a tag is not of the scheme; the message names file and document.
    """
    stem = stem_of(path) if stem is None else stem
    current = _Open(f"{stem}-1", 1)
    new_sentence, documents = False, 0
    for number, line in read_lines(path):
        columns = _columns(line)
        if not columns:
            new_sentence = True
        elif columns[0] == DOCSTART:
            if current.tokens:
                yield _finished(path, current, scheme, repairs)
                documents += 1
            named = len(columns) > 1 and columns[1] not in ("-X-", "O")
            current = _Open(columns[1] if named else f"{stem}-{documents + 1}", number)
            new_sentence = False
        elif len(columns) < 2:
            raise SchemaError(
                f"{path}:{number}: found one column {line!r}, expected a token and a tag"
            )
        else:
            if new_sentence and current.tokens:
                current.starts.append(len(current.tokens))
            new_sentence = False
            current.tokens.append(columns[0])
            current.tags.append(columns[-1])
    if current.tokens:
        yield _finished(path, current, scheme, repairs)


def write_conll(
    path: str | Path,
    documents: Iterable[Document],
    *,
    scheme: Scheme = "iob2",
    overwrite: bool = False,
) -> int:
    """Write token and tag by tab, whole or not at all; return how many documents.

    A line feed in the text becomes a blank line. What columns can't hold (subtypes, meta, other white
    space, text outside the tokens) is told with its counts.

    Raises:
        AlignmentError: entities overlap or cut a token; flat tags can't say that.
        SchemaError: a token holds a tab or a line feed, or is -DOCSTART-.
    """
    count = 0
    losses = Losses("CoNLL")
    with text_to_write(path, overwrite=overwrite) as out:
        for document in documents:
            fitted, _ = fit_to_tokens(document)
            spans = fitted.tokens or ()
            _count_losses(fitted, losses)
            tags = scheme_from_iob2(tags_from_entities(spans, fitted.entities), scheme)
            out.write(f"{DOCSTART}\t{_cell(document.id, document)}\tO\n\n")
            previous = 0
            for (start, end), tag in zip(spans, tags, strict=True):
                if previous and "\n" in document.text[previous:start]:
                    out.write("\n")
                out.write(f"{_cell(document.text[start:end], document)}\t{tag}\n")
                previous = end
            out.write("\n")
            count += 1
    losses.tell()
    return count


def _count_losses(document: Document, losses: Losses) -> None:
    name, text = document.id, document.text
    losses.add(
        "the subtype of {}", "mention", name, sum(bool(e.subtype) for e in document.entities)
    )
    starts = [start for start, _ in document.tokens or ()]
    ends = [end for _, end in document.tokens or ()]
    gaps = [text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True)]
    outer, inner = (gaps[0], gaps[-1]), gaps[1:-1]
    lines = [start for start, gap in zip(starts[1:], inner, strict=True) if "\n" in gap]
    kept = {"source", "text_sha256"}
    if document.meta.get("sentence_starts") == [*starts[:1], *lines]:
        kept.add("sentence_starts")
    losses.add("the meta of {}", "document", name, bool(set(document.meta) - kept))
    losses.add("text outside the tokens of {}", "document", name, any(gap.strip() for gap in gaps))
    changed = any(outer) or any(gap not in (" ", "\n") for gap in inner)
    losses.add("the exact white space of {}", "document", name, changed)


def _columns(line: str) -> list[str]:
    """The cells of a line; none where it is blank. A no-break space is part of a token."""
    line = line.removesuffix("\r")
    if not line.strip(" \t"):
        return []
    return line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))


def _finished(
    path: str | Path, current: _Open, scheme: Scheme, repairs: TagRepairs | None
) -> Document:
    try:
        return document_from_tokens(
            current.tokens,
            current.tags,
            name=current.name,
            sentence_starts=current.starts,
            scheme=scheme,
            repairs=repairs,
            meta={"source": "news"},
        )
    except (AlignmentError, SchemaError) as problem:
        raise type(problem)(f"{path}:{current.line}: {problem}") from None


def _cell(text: str, document: Document) -> str:
    if text == DOCSTART or not text.strip(" ") or any(character in text for character in "\t\n\r"):
        raise SchemaError(f"document {document.id!r}: {text!r} can't stand in a CoNLL column")
    return text
