"""Documents to and from JSON Lines, one document a line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from gonerd.errors import SchemaError
from gonerd.files import read_lines, text_to_write
from gonerd.schema import Document, Entity, text_sha256

__all__ = [
    "document_from_record",
    "json_from_line",
    "read_documents",
    "read_json_lines",
    "record_from_document",
    "write_documents",
    "write_json_lines",
]


def record_from_document(document: Document) -> dict[str, Any]:
    """The JSON form of `document`; `document_from_record` is its exact inverse."""
    record: dict[str, Any] = {
        "id": document.id,
        "text": document.text,
        "entities": [
            {"start": e.start, "end": e.end, "label": e.label}
            | ({"subtype": e.subtype} if e.subtype else {})
            for e in document.entities
        ],
        "meta": dict(document.meta),
    }
    if document.tokens is not None:
        record["tokens"] = [list(span) for span in document.tokens]
    return record


def document_from_record(record: Any, *, labels: Collection[str] = ()) -> Document:
    """Build a document from its JSON form; with `labels`, no other label may stand in it.

    Raises:
        SchemaError: a field is missing, unknown or of the wrong type, an entity lies outside the
            text, a label is not among `labels`, or the text is not the one that `text_sha256` names.
    """
    name = _document_name(record)
    where = f"document {name!r}: " if name else ""
    fields = _fields(
        where, record, {"id": str, "text": str, "entities": list, "meta": dict, "tokens": list}
    )
    for required in ("id", "text"):
        if required not in fields:
            raise SchemaError(f"{where}field {required!r} is missing")
    entities = tuple(_entity(where, entry) for entry in fields.get("entities", ()))
    for entity in entities:
        if labels and entity.label not in labels:
            raise SchemaError(
                f"{where}label {entity.label!r} of entity [{entity.start}, {entity.end}) is unknown; "
                f"expected one of {', '.join(sorted(labels))}"
            )
    document = Document(
        id=fields["id"],
        text=fields["text"],
        entities=entities,
        meta=fields.get("meta", {}),
        tokens=tuple(_span(where, span) for span in fields["tokens"])
        if "tokens" in fields
        else None,
    )
    stated = document.meta.get("text_sha256")
    if stated is not None and stated != (actual := text_sha256(document.text)):
        raise SchemaError(
            f"{where}the text has changed: its SHA-256 is {actual[:12]}…, "
            f"text_sha256 says {str(stated)[:12]}…"
        )
    return document


def json_from_line(line: str, *, allow_nan: bool = False) -> Any:
    """The JSON value of a line, one that can be written again: no number, no character is none.

    Raises:
        SchemaError: it is not JSON, or holds half of a surrogate pair, a number of thousands of digits
            or, without `allow_nan`, NaN or infinity.
    """
    try:
        value = json.loads(line) if allow_nan else _STRICT.decode(line)
        if "\\ud" in line or "\\uD" in line:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as problem:
        raise SchemaError(f"not JSON at column {problem.colno} ({problem.msg})") from None
    except RecursionError:
        raise SchemaError("nested too deep") from None
    except UnicodeEncodeError:
        raise SchemaError("a character is half of a surrogate pair (U+D800 to U+DFFF)") from None
    except ValueError as problem:  # a number of thousands of digits
        raise SchemaError(f"not JSON that can be read ({problem})") from None
    return value


def read_json_lines(path: str | Path, *, allow_nan: bool = False) -> Iterator[tuple[int, Any]]:
    """Yield (line number, value) of a JSON Lines file; blank lines are passed over.

    Raises:
        SchemaError: a line is not JSON (see `json_from_line`); the message names file and line.
        InputError: see `gonerd.files.read_lines`.
    """
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            value = json_from_line(line, allow_nan=allow_nan)
        except SchemaError as problem:
            raise SchemaError(f"{path}:{number}: {problem}") from None
        yield number, value


def read_documents(path: str | Path, *, labels: Collection[str] = ()) -> Iterator[Document]:
    """Yield the documents of a JSON Lines file (plain, .gz, .zst, `-`) one by one.

    Raises:
        SchemaError: a line is not a valid document; the message names file, line and document.
    """
    for number, record in read_json_lines(path):
        try:
            yield document_from_record(record, labels=labels)
        except SchemaError as problem:
            raise SchemaError(f"{path}:{number}: {problem}") from None


def write_json_lines(path: str | Path, records: Iterable[Any], *, overwrite: bool = False) -> int:
    """Write one JSON value a line, whole or not at all; return how many."""
    count = 0
    with text_to_write(path, overwrite=overwrite) as out:
        for record in records:
            out.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
            count += 1
    return count


def write_documents(
    path: str | Path, documents: Iterable[Document], *, overwrite: bool = False
) -> int:
    """Write `documents` as JSON Lines, whole or not at all; return how many."""
    return write_json_lines(path, map(record_from_document, documents), overwrite=overwrite)


def _refuse_constant(name: str) -> None:
    raise SchemaError(f"{name} is no number of JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def _document_name(record: Any) -> str:
    name = record.get("id") if isinstance(record, dict) else None
    return name if isinstance(name, str) else ""


def _fields(where: str, record: Any, types: dict[str, type]) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise SchemaError(f"{where}found {type(record).__name__}, expected an object")
    for key, value in record.items():
        if key not in types:
            raise SchemaError(f"{where}field {key!r} is unknown; expected {', '.join(types)}")
        if type(value) is not types[key]:  # bool is an int to isinstance
            raise SchemaError(
                f"{where}field {key!r} is {type(value).__name__}, expected {types[key].__name__}"
            )
    return record


def _entity(where: str, entry: Any) -> Entity:
    fields = _fields(
        f"{where}entity: ", entry, {"start": int, "end": int, "label": str, "subtype": str}
    )
    for required in ("start", "end", "label"):
        if required not in fields:
            raise SchemaError(f"{where}entity: field {required!r} is missing")
    try:
        return Entity(**fields)
    except SchemaError as problem:
        raise SchemaError(f"{where}{problem}") from None


def _span(where: str, value: Any) -> tuple[int, int]:
    if type(value) is list and [type(edge) for edge in value] == [int, int]:
        return value[0], value[1]
    raise SchemaError(f"{where}token {value!r} is not a pair [start, end]")
