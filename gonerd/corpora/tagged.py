"""Corpora that come as tokens and tags: a document keeps the corpus' own tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from gonerd.align import entities_from_tags
from gonerd.errors import AlignmentError, SchemaError
from gonerd.records import read_json_lines
from gonerd.schema import Document, Span, text_sha256
from gonerd.schemes import Scheme, TagRepairs, iob2_from_scheme

__all__ = ["document_from_tokens", "is_tagged", "read_tagged"]


def document_from_tokens(
    tokens: Sequence[str],
    tags: Sequence[str],
    *,
    name: str,
    sentence_starts: Collection[int] = (),
    scheme: Scheme = "iob2",
    repairs: TagRepairs | None = None,
    meta: dict[str, Any] | None = None,
) -> Document:
    """A document whose text is `tokens` joined by one space, or a line feed where a sentence begins.

    Its meta then has `sentence_starts`, the characters at which sentences begin. With `repairs`, tags that
    are not of the scheme are read as it says, and counted there.

    Raises:
        AlignmentError: as many tags as tokens were expected, or a tag is not of the scheme.
        SchemaError: a token is empty.
    """
    where = f"document {name!r}: "
    spans: list[Span] = []
    parts: list[str] = []
    breaks = set(sentence_starts)
    position = 0
    for number, token in enumerate(tokens):
        if not token:
            raise SchemaError(f"{where}token {number} is empty")
        if number:
            parts.append("\n" if number in breaks else " ")
            position += 1
        parts.append(token)
        spans.append((position, position + len(token)))
        position += len(token)
    meta = {**(meta or {}), **_sentences(spans, sentence_starts)}
    text = "".join(parts)
    return _tagged_document(
        where, name, text, spans, tags, scheme=scheme, repairs=repairs, meta=meta
    )


def is_tagged(record: Any) -> bool:
    """Whether a JSON Lines record is tokens and tags rather than a document of ours."""
    return isinstance(record, dict) and "ner_tags" in record and "tokens" in record


def read_tagged(
    path: str | Path, *, scheme: Scheme = "iob2", repairs: TagRepairs | None = None
) -> Iterator[Document]:
    """Yield the documents of JSON Lines with `id`, `tokens` and `ner_tags`.

    Where a line has `text` and `token_offsets`, they are kept; `sent_starts` else say where lines break.
    They also become the meta `sentence_starts`, in characters.

    Raises:
        SchemaError: a line is no such record; the message names file, line and document.
        AlignmentError: tags do not fit the tokens or the scheme.
    """
    for number, record in read_json_lines(path):
        try:
            yield _document_from_record(record, scheme, repairs)
        except (SchemaError, AlignmentError) as problem:
            raise type(problem)(f"{path}:{number}: {problem}") from None


def _document_from_record(record: Any, scheme: Scheme, repairs: TagRepairs | None) -> Document:
    if not is_tagged(record):
        raise SchemaError("expected an object with 'tokens' and 'ner_tags'")
    name = record.get("id")
    if not isinstance(name, str) or not name:
        raise SchemaError("field 'id' is missing or not a string")
    tokens = _strings(record, "tokens", name)
    tags = _strings(record, "ner_tags", name)
    meta = (
        {"source": "news", "corpus": record["source"]} if "source" in record else {"source": "news"}
    )
    starts = record.get("sent_starts") or []
    if not isinstance(starts, list) or any(type(n) is not int or n < 0 for n in starts):
        raise SchemaError(f"document {name!r}: field 'sent_starts' is not a list of token numbers")
    if "text" not in record:
        return document_from_tokens(
            tokens,
            tags,
            name=name,
            sentence_starts=starts,
            scheme=scheme,
            repairs=repairs,
            meta=meta,
        )
    try:
        spans = [(start, end) for start, end in record["token_offsets"]]
        matches = [record["text"][start:end] for start, end in spans] == tokens
    except (KeyError, TypeError, ValueError):
        raise SchemaError(
            f"document {name!r}: 'token_offsets' is not a list of pairs [start, end]"
        ) from None
    if not matches:
        raise SchemaError(f"document {name!r}: 'tokens' are not the text at 'token_offsets'")
    where = f"document {name!r}: "
    meta |= _sentences(spans, starts)
    return _tagged_document(
        where, name, record["text"], spans, tags, scheme=scheme, repairs=repairs, meta=meta
    )


def _tagged_document(
    where: str,
    name: str,
    text: str,
    spans: Sequence[Span],
    tags: Sequence[str],
    *,
    scheme: Scheme,
    repairs: TagRepairs | None,
    meta: dict[str, Any],
) -> Document:
    try:
        iob2 = (
            iob2_from_scheme(tags, scheme) if repairs is None else repairs.iob2(tags, scheme, name)
        )
        entities = entities_from_tags(spans, iob2)
    except AlignmentError as problem:
        raise AlignmentError(f"{where}{problem}") from None
    return Document(
        id=name,
        text=text,
        entities=tuple(entities),
        tokens=tuple(spans),
        meta={**meta, "text_sha256": text_sha256(text)},
    )


def _sentences(spans: Sequence[Span], starts: Collection[int]) -> dict[str, Any]:
    """What meta says about sentences: nothing where the corpus says nothing."""
    numbers = sorted({0, *starts}) if starts and spans else []
    places = [spans[number][0] for number in numbers if number < len(spans)]
    return {"sentence_starts": places} if places else {}


def _strings(record: dict[str, Any], key: str, name: str) -> list[str]:
    values = record[key]
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return values
    raise SchemaError(f"document {name!r}: field {key!r} is not a list of strings")
