"""Prodigy's JSON Lines: a task a line with text, tokens, spans (`token_end` is the last token) and meta.

What Prodigy has no field for stands under keys that it hands through as they are: `gonerd` beside the
text (the whole meta, and whether the tokens are the corpus' own), `subtype` in a span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gonerd.align import fit_to_tokens
from gonerd.corpora.losses import Losses
from gonerd.corpora.pieces import pieces_of, token_note, tokens_from_note
from gonerd.corpora.unnamed import stem_of
from gonerd.errors import SchemaError
from gonerd.records import document_from_record, read_json_lines, write_json_lines
from gonerd.schema import Document, text_sha256

__all__ = ["is_prodigy", "read_prodigy", "write_prodigy"]

OWN = "gonerd"
SHOWN = ("title", "domain", "source", "date")
"""Of the meta, what annotators see below the text."""
MARKS = ("spans", "answer", "_task_hash", "_input_hash")
NOT_ENTITIES = ("relations", "cats", "accept", "label", "image", "audio")


def is_prodigy(record: Any) -> bool:
    """Whether a JSON Lines record is a Prodigy task rather than a document of ours."""
    return isinstance(record, dict) and "text" in record and any(mark in record for mark in MARKS)


def read_prodigy(path: str | Path, *, stem: str | None = None) -> Iterator[Document]:
    """Yield the documents of Prodigy's tasks that were accepted, or have no answer yet.

    A document's id is `id` of the task's meta, else `stem` (if not given, the file's name) and the
    line. Tasks with another answer, and what is no entity (relations, categories), are counted and told.

    Raises:
        SchemaError: a line is no such task; the message names file and line.
    """
    losses = Losses("documents")
    stem = stem_of(path) if stem is None else stem
    for number, record in read_json_lines(path):
        name = f"{stem}-{number}"
        try:
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise SchemaError("expected a task, an object with 'text'")
            if "entities" in record:
                raise SchemaError("found 'entities' as in a document of ours, expected 'spans'")
            if record.get("answer", "accept") != "accept":
                losses.add("{} rejected or ignored", "task", name)
                continue
            document = _document_from_task(record, name)
        except SchemaError as problem:
            raise SchemaError(f"{path}:{number}: {problem}") from None
        for key in NOT_ENTITIES:
            losses.add(f"{key!r} of {{}}", "task", document.id, bool(record.get(key)))
        yield document
    losses.tell()


def write_prodigy(
    path: str | Path, documents: Iterable[Document], *, overwrite: bool = False
) -> int:
    """Write a task for each document, whole or not at all; return how many.

    Raises:
        AlignmentError: an entity cuts a token.
    """
    return write_json_lines(path, map(_task_from_document, documents), overwrite=overwrite)


def _task_from_document(document: Document) -> dict[str, Any]:
    fitted, _ = fit_to_tokens(document, overlaps=True)
    pieces = pieces_of(fitted)
    first = {piece.start: place for place, piece in enumerate(pieces) if piece.token}
    last = {piece.end: place for place, piece in enumerate(pieces) if piece.token}
    meta = document.meta
    own: dict[str, Any] = {"meta": dict(meta)}
    note = token_note(document, pieces)
    if note is not None:
        own["tokens"] = note
    return {
        "text": document.text,
        "tokens": [
            {
                "text": document.text[piece.start : piece.end],
                "start": piece.start,
                "end": piece.end,
                "id": place,
                "ws": piece.space,
            }
            for place, piece in enumerate(pieces)
        ],
        "spans": [
            {
                "start": e.start,
                "end": e.end,
                "token_start": first[e.start],
                "token_end": last[e.end],
                "label": e.label,
            }
            | ({"subtype": e.subtype} if e.subtype else {})
            for e in fitted.entities
        ],
        "meta": {"id": document.id} | {key: meta[key] for key in SHOWN if meta.get(key)},
        "answer": "accept",
        OWN: own,
    }


def _document_from_task(task: dict[str, Any], name: str) -> Document:
    text = task["text"]
    shown = _object(task, "meta")
    own = _object(task, OWN)
    given = {key: value for key, value in shown.items() if key != "id"}
    meta = own.get("meta", {"source": "news", **given, "text_sha256": text_sha256(text)})
    named = shown.get("id", name)
    record: dict[str, Any] = {
        "id": named if isinstance(named, str) else str(named),
        "text": text,
        "entities": [_entity(span) for span in _objects(task, "spans")],
        "meta": meta,
    }
    if "tokens" in task:
        tokens = tokens_from_note(own.get("tokens"), _token_spans(task), text)
        if tokens is not None:
            record["tokens"] = [list(span) for span in tokens]
    return document_from_record(record)


def _entity(span: dict[str, Any]) -> dict[str, Any]:
    for key in ("start", "end", "label"):
        if key not in span:
            raise SchemaError(f"a span has no {key!r}")
    return {key: span[key] for key in ("start", "end", "label", "subtype") if key in span}


def _token_spans(task: dict[str, Any]) -> list[tuple[int, int]]:
    """The tokens' offsets, which must be where their texts stand."""
    spans = []
    for token in _objects(task, "tokens"):
        start, end = token.get("start"), token.get("end")
        if type(start) is not int or type(end) is not int:
            raise SchemaError(f"token {token!r} has no 'start' and 'end'")
        if "text" in token and task["text"][start:end] != token["text"]:
            raise SchemaError(
                f"token {token['text']!r} is not the text at [{start}, {end}), "
                f"which is {task['text'][start:end]!r}"
            )
        spans.append((start, end))
    return spans


def _object(task: dict[str, Any], key: str) -> dict[str, Any]:
    value = task.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    raise SchemaError(f"field {key!r} is {type(value).__name__}, expected an object")


def _objects(task: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = task.get(key)
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        return value
    raise SchemaError(f"field {key!r} is not a list of objects")
