"""Documents out to annotators, as a file that Label Studio imports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.records import read_documents
from gonerd.schema import Document
from gonerd.takedown import Takedown
from gonerd_annotation.task import tasks_from_documents, unfrozen, write_tasks

__all__ = ["export_tasks"]


def export_tasks(
    documents: str | Path,
    out: str | Path,
    *,
    model_version: str | None = None,
    takedown: Takedown | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write `documents` but those taken down as import tasks, with `model_version` their entities too.

    Texts are never changed here, since their hash identifies them; texts that a browser may show
    otherwise than they are stored are counted under `unfrozen` by what is unusual in them. Returns
    these and other counts.

    Raises:
        InputError: there is no document.
        SchemaError: see `tasks_from_documents`.
        OutputError: `out` exists and `overwrite` is off.
    """
    odd: Counter[str] = Counter()
    predicted = 0
    takedown = takedown if takedown is not None else Takedown.read()

    def noticed() -> Iterator[Document]:
        nonlocal predicted
        empty = True
        for document in takedown.allowed(read_documents(documents)):
            empty = False
            if reason := unfrozen(document.text):
                odd[reason] += 1
            predicted += len(document.entities) if model_version is not None else 0
            yield document
        if empty:
            raise InputError(f"{documents}: no document is in it")

    tasks = write_tasks(
        out, tasks_from_documents(noticed(), model_version=model_version), overwrite=overwrite
    )
    return {"tasks": tasks, "predicted_entities": predicted, "unfrozen": dict(odd.most_common())}
