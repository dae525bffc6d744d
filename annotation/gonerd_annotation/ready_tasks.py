"""Tasks that are ready to be sent: a file that `annotate adjudicate --tasks` or `annotate export` wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.errors import SchemaError
from gonerd.schema import Document, text_sha256
from gonerd.takedown import Takedown
from gonerd_annotation.task import read_tasks

__all__ = ["model_version_of", "predictions_hash", "ready_tasks"]


def ready_tasks(path: str | Path, *, takedown: Takedown) -> dict[str, dict[str, Any]]:
    """The tasks of a file by document id, with their predictions, but for documents taken down.

    Raises:
        InputError: the file is missing, is not JSON, or holds no task.
        SchemaError: a task is not one of ours: its id, its text or the text's hash is missing or wrong.
    """
    documents: list[Document] = []
    tasks: dict[str, dict[str, Any]] = {}
    for number, task in enumerate(read_tasks(path), start=1):
        data = task["data"]
        name, text = data.get("doc_id"), data.get("text")
        if not isinstance(name, str) or not isinstance(text, str):
            raise SchemaError(f"{path}: task {number} has no data.doc_id or no data.text")
        if data.get("text_sha256") != text_sha256(text):
            raise SchemaError(
                f"{path}: task {number}: data.text_sha256 is not the hash of its text"
            )
        if name in tasks:
            raise SchemaError(f"{path}: document {name!r} has two tasks, each may have one")
        predictions = task.get("predictions") or []
        if not isinstance(predictions, list) or not all(
            isinstance(one, dict) and isinstance(one.get("result"), list) for one in predictions
        ):
            raise SchemaError(f"{path}: task {number}: predictions are not a list of results")
        tasks[name] = {"data": data, **({"predictions": predictions} if predictions else {})}
        documents.append(Document(id=name, text=text, meta=data))
    return {document.id: tasks[document.id] for document in takedown.allowed(documents)}


def model_version_of(tasks: Mapping[str, Mapping[str, Any]]) -> str | None:
    """What the project shows: the one model that predicted, all where there are several, None without any."""
    names = {
        str(one.get("model_version") or "")
        for task in tasks.values()
        for one in task.get("predictions", ())
    }
    return (next(iter(names)) if len(names) == 1 else "") if names else None


def predictions_hash(tasks: Mapping[str, Mapping[str, Any]]) -> str:
    """Twelve hex digits for all predictions, whatever the order of the tasks."""
    known = sorted((name, task.get("predictions", [])) for name, task in tasks.items())
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]
