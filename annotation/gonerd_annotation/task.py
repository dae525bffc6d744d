"""Documents as Label Studio import tasks, and the JSON arrays it reads and writes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd.files import read_json, text_to_write
from gonerd.schema import Document, text_sha256
from gonerd_annotation.preannotation import Preannotation
from gonerd_annotation.region import result_from_entity

__all__ = [
    "json_line",
    "read_tasks",
    "task_from_document",
    "tasks_from_documents",
    "unfrozen",
    "unique",
    "write_tasks",
]

_SHOWN = ("url", "final_url", "title", "source", "date")


def task_from_document(
    document: Document, *, preannotation: Preannotation | None = None
) -> dict[str, Any]:
    """One import task; with a `preannotation`, the document's entities go along as its prediction.

    Raises:
        SchemaError: an entity has no label in the labelling interface.
    """
    before = preannotation if preannotation is not None else Preannotation()
    data = {
        "text": document.text,
        "doc_id": document.id,
        "text_sha256": text_sha256(document.text),
        **{key: str(document.meta.get(key) or "") for key in _SHOWN},
        **before.data(document.id),
    }
    task: dict[str, Any] = {"data": data}
    if before.model_version is not None and document.id not in before.withheld:
        results = [result_from_entity(document, entity) for entity in document.entities]
        task["predictions"] = [{"model_version": before.model_version, "result": results}]
    return task


def tasks_from_documents(
    documents: Iterable[Document], *, preannotation: Preannotation | None = None
) -> Iterator[dict[str, Any]]:
    """Import tasks in the order of `documents`.

    Raises:
        SchemaError: two documents have the same id, or an entity has no label in the interface.
    """
    for document in unique(documents):
        try:
            yield task_from_document(document, preannotation=preannotation)
        except SchemaError as problem:
            raise SchemaError(f"document {document.id!r}: {problem}") from None


def unique(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, as long as no id comes twice.

    Raises:
        SchemaError: one does.
    """
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise SchemaError(f"document {document.id!r} comes twice; each id may stand once")
        seen.add(document.id)
        yield document


def unfrozen(text: str) -> str | None:
    """Why a browser may show `text` otherwise than stored, so that offsets shift, else None."""
    if "\r" in text:
        return "carriage returns"
    if any(
        unicodedata.category(character) == "Cc" and character not in "\n\t" for character in text
    ):
        return "control characters"
    if text[:1].isspace():
        return "white space at the start"
    if not unicodedata.is_normalized("NFC", text):
        return "characters not in NFC"
    return None


def write_tasks(
    path: str | Path, tasks: Iterable[dict[str, Any]], *, overwrite: bool = False
) -> int:
    """Write a JSON array with one task a line, whole or not at all; return how many."""
    count = 0
    with text_to_write(path, overwrite=overwrite) as out:
        for task in tasks:
            out.write(",\n" if count else "[\n")
            out.write(json_line(task))
            count += 1
        out.write("\n]\n" if count else "[]\n")
    return count


def json_line(value: Any) -> str:
    """`value` as JSON on one line; halves of surrogate pairs, which no UTF-8 file carries, stay escaped.

    An editor that counts UTF-16 units lets people select half an emoji, and exports it so.
    """
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False)
    return line


def read_tasks(path: str | Path, *, require_data: bool = True) -> list[dict[str, Any]]:
    """The tasks of a JSON array as Label Studio imports and exports it, all in memory.

    Raises:
        InputError: the file is missing, is not JSON, or holds no task.
        SchemaError: the JSON is not an array of objects, or with `require_data` one has no `data`.
    """
    try:
        tasks = read_json(Path(path))
    except RecursionError:
        raise SchemaError(f"{path}: nested too deep for a Label Studio export") from None
    if not isinstance(tasks, list):
        raise SchemaError(f"{path}: found {type(tasks).__name__}, expected a JSON array of tasks")
    if not tasks:
        raise InputError(f"{path}: no task is in it")
    for number, task in enumerate(tasks, start=1):
        if not isinstance(task, dict):
            raise SchemaError(
                f"{path}: task {number} of the array is {type(task).__name__}, expected an object"
            )
        if require_data and not isinstance(task.get("data"), dict):
            raise SchemaError(
                f"{path}: task {number} of the array has no object 'data'; "
                "export from Label Studio as JSON, not as JSON_MIN, CSV or CONLL2003"
            )
    return tasks
