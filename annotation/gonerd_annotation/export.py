"""Documents out to annotators, as a file that Label Studio imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gonerd.files import require_file_to_write
from gonerd.takedown import Takedown
from gonerd_annotation.outgoing import outgoing_documents
from gonerd_annotation.preannotation import PreannotationSource
from gonerd_annotation.task import tasks_from_documents, write_tasks

__all__ = ["export_tasks"]


def export_tasks(
    documents: str | Path,
    out: str | Path,
    *,
    source: PreannotationSource | None = None,
    takedown: Takedown | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write `documents` but those taken down as import tasks, with what `source` says is shown beforehand.

    Returns counts of tasks, predictions and texts that may be shown otherwise than they are stored.

    Raises:
        InputError: there is no document.
        SchemaError: see `tasks_from_documents`.
        OutputError: `out` exists and `overwrite` is off, or it is what is read.
    """
    require_file_to_write(Path(out), overwrite=overwrite, inputs=[documents])
    outgoing = outgoing_documents(
        documents,
        source=source if source is not None else PreannotationSource(),
        takedown=takedown,
    )
    shown = outgoing.preannotation.show(outgoing.documents)
    tasks = write_tasks(
        out,
        tasks_from_documents(shown, preannotation=outgoing.preannotation),
        overwrite=overwrite,
    )
    return {"tasks": tasks, **outgoing.report()}
