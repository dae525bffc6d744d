"""A Label Studio export on its way back into documents; every task appears in the account of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonerd.dataset.loading import corpus_documents
from gonerd.errors import CheckError, ConfigError, SchemaError
from gonerd.files import require_file_to_write, text_to_write
from gonerd.records import write_documents
from gonerd.schema import Document
from gonerd.takedown import ADDRESSES, Takedown
from gonerd_annotation.answer import OUTCOMES, Answer, answer_from_task
from gonerd_annotation.comparison import Comparison
from gonerd_annotation.exported import LACKS, read_export
from gonerd_annotation.task import json_line

__all__ = ["Intake", "import_annotations"]

NOTICED = (
    "regions",
    "entities",
    "trimmed",
    "blank",
    "duplicate",
    "overlapping",
    "other_results",
    "several_annotations",
    "utf16_annotations",
    "ambiguous_annotations",
)


class Intake:
    """The tasks of one export: `annotate` passes documents through, `report` says what came of it.

    Args:
        tasks: Label Studio's JSON export.
        name: what messages call the export, usually its file name.
        takedown: documents that do not come back.
    """

    def __init__(
        self,
        tasks: Iterable[dict[str, Any]],
        *,
        name: str = "export",
        takedown: Takedown | None = None,
    ) -> None:
        self.name = name
        self._takedown = takedown if takedown is not None else Takedown.read()
        self.left_out: list[dict[str, Any]] = []
        self.quarantined: list[dict[str, Any]] = []
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._outcomes: Counter[str] = Counter()
        self._noticed: Counter[str] = Counter()
        self._rejections: Counter[str] = Counter()
        self._untasked = 0
        self._comparison = Comparison()
        for task in tasks:
            doc_id = task["data"].get("doc_id")
            if isinstance(doc_id, str):
                self._waiting.setdefault(doc_id, []).append(task)
            else:
                self._settle(
                    task,
                    Answer(
                        "quarantined", ("data.doc_id is missing; the task is not from this tool",)
                    ),
                )

    def annotate(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield the annotated documents in the order of `documents`, their text and meta unchanged.

        The annotation replaces a document's entities; who made it goes to meta["annotation"].

        Raises:
            SchemaError: a task is not in Label Studio's format or has an unknown label, or two
                documents have the same id.
        """
        seen: set[str] = set()
        for document in documents:
            if document.id in seen:
                raise SchemaError(f"document {document.id!r} comes twice; each id may stand once")
            seen.add(document.id)
            tasks = self._waiting.pop(document.id, [])
            self._untasked += not tasks
            imported = ""
            entry = self._takedown.entry_of(document)
            for task in tasks:
                answer = (
                    self._answer(task, document)
                    if entry is None
                    else Answer("taken_down", (entry,))
                )
                if answer.outcome == "imported" and imported:
                    answer = Answer(
                        "quarantined", (f"task {imported} annotated this document already",)
                    )
                self._settle(task, answer)
                if answer.outcome == "imported":
                    imported = str(task.get("id"))
                    meta = {**document.meta, "annotation": answer.meta}
                    yield replace(document, entities=answer.entities, meta=meta)
        for doc_id, tasks in self._waiting.items():
            for task in tasks:
                urls = [url for key in ADDRESSES if isinstance(url := task["data"].get(key), str)]
                entry = self._takedown.reason(id=doc_id, urls=urls)
                self._settle(
                    task,
                    Answer("quarantined", (f"no document has the id {doc_id!r}",))
                    if entry is None
                    else Answer("taken_down", (entry,)),
                )
        self._waiting.clear()

    def report(self) -> dict[str, Any]:
        """Counts after `annotate`; those of `OUTCOMES` add up to the tasks."""
        return {
            "tasks": self._outcomes.total(),
            **{outcome: self._outcomes[outcome] for outcome in OUTCOMES},
            "rejected_for": dict(self._rejections.most_common()),
            "documents_without_task": self._untasked,
            **{what: self._noticed[what] for what in NOTICED},
            "preannotation": self._comparison.report(),
            "left_out": self.left_out,
        }

    def _answer(self, task: dict[str, Any], document: Document) -> Answer:
        try:
            return answer_from_task(task, document.text)
        except SchemaError as problem:
            raise SchemaError(
                f"{self.name}: task {task.get('id')} (document {document.id!r}): {problem}"
            ) from None

    def _settle(self, task: dict[str, Any], answer: Answer) -> None:
        self._outcomes[answer.outcome] += 1
        self._noticed.update(answer.counts)
        self._comparison.add(task, answer)
        if answer.outcome == "imported":
            return
        if answer.outcome == "rejected":
            self._rejections.update(answer.reasons)
        row = {
            "task": task.get("id"),
            "doc_id": task["data"].get("doc_id"),
            "outcome": answer.outcome,
            "reasons": list(answer.reasons),
        }
        self.left_out.append(row)
        if answer.outcome == "quarantined":
            self.quarantined.append(row | {"export": task})


def import_annotations(
    export: str | Path,
    documents: str | Path,
    out: str | Path,
    *,
    quarantine: str | Path | None = None,
    takedown: Takedown | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write the annotated documents of an export and return the report.

    Tasks that can't be trusted go to `quarantine` as JSON Lines, each row with the reasons and the
    task as it was exported; without that file they are an error.

    Raises:
        CheckError: a task can't be trusted and there is no `quarantine`; nothing is written.
        SchemaError: see `Intake.annotate`.
        OutputError: an output exists and `overwrite` is off, or it is what is read.
        ConfigError: both outputs are one file.
    """
    if quarantine is not None and Path(out).resolve() == Path(quarantine).resolve():
        raise ConfigError(f"{out} can't hold both the annotated documents and the quarantine")
    for path in (out, quarantine):
        if path is not None:
            require_file_to_write(Path(path), overwrite=overwrite, inputs=[export, documents])
    exported = read_export(export)
    tasks = exported.tasks
    intake = Intake(tasks, name=str(export), takedown=takedown)

    def annotated() -> Iterator[Document]:
        yield from intake.annotate(corpus_documents(documents))
        if quarantine is None and (rows := intake.quarantined):
            first = rows[0]
            raise CheckError(
                f"{export}: {len(rows)} of {len(tasks)} tasks can't be trusted, "
                f"first task {first['task']} (document {first['doc_id']!r}): "
                f"{'; '.join(first['reasons'])}; "
                "--quarantine FILE sets them aside"
            )

    aside = nullcontext() if quarantine is None else text_to_write(quarantine, overwrite=overwrite)
    with aside as rows_out:
        write_documents(out, annotated(), overwrite=overwrite)
        if rows_out is not None:
            for row in intake.quarantined:
                rows_out.write(json_line(row) + "\n")
    return {
        "form": exported.form,
        "form_lacks": list(LACKS[exported.form]),
        **intake.report(),
    }
