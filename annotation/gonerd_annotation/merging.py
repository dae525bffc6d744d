"""Several annotators' work and the adjudicator's decisions, merged into one set of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, SchemaError
from gonerd.files import require_file_to_write
from gonerd.records import write_documents
from gonerd.schema import Document
from gonerd.takedown import Takedown
from gonerd_annotation.adjudication import (
    STANDINGS,
    Case,
    Decision,
    adjudication_task,
    cases,
    decisions,
)
from gonerd_annotation.annotators import Annotator, documents_by_id, read_annotators
from gonerd_annotation.task import read_tasks, write_tasks

__all__ = ["merge_annotations"]

WHY = {
    "single": "one annotator only",
    "undecided": "the annotators disagree and nobody has decided",
    "unannotated": "nobody has annotated it",
}


def merge_annotations(
    files: Sequence[str],
    out: str | Path,
    *,
    documents: str | Path | None = None,
    decided: Sequence[str | Path] = (),
    tasks: str | Path | None = None,
    keep_single: bool = False,
    skip_untrusted: bool = False,
    takedown: Takedown | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write what is agreed or decided to `out`, what is not to `tasks`, and return the account of it.

    Args:
        files: the annotators' work, see `read_annotators`.
        out: the merged documents, JSON Lines.
        documents: what was annotated; exports need it.
        decided: exports of the adjudication project; a document may be decided in one of them only.
        tasks: where undecided documents go, for Label Studio to import; not written where there is none.
        keep_single: let documents pass that only one annotator annotated.
        skip_untrusted: leave out and count tasks that can't be trusted.
        takedown: what must go no further.
        overwrite: replace existing outputs.

    Raises:
        ConfigError: `out` and `tasks` are the same file.
        OutputError: an output exists and `overwrite` is off; nothing is written.
        GonerdError: see `read_annotators` and `decisions`.
    """
    read: list[str | Path] = [*files, *decided, *([documents] if documents is not None else [])]
    read += [path for name in files if (path := name.partition("=")[2])]
    _require_outputs(out, tasks, inputs=read, overwrite=overwrite)
    annotators = read_annotators(files, documents=documents, skip_untrusted=skip_untrusted)
    originals = _originals(annotators, documents)
    taken: dict[str, Decision] = {}
    outcomes: Counter[str] = Counter()
    for export in decided:
        found, other = decisions(
            read_tasks(export), originals, name=str(export), skip_untrusted=skip_untrusted
        )
        if twice := next((doc_id for doc_id in found if doc_id in taken), None):
            raise SchemaError(f"{export}: document {twice!r} is decided in another file, too")
        taken |= found
        outcomes += other
    takedown = takedown if takedown is not None else Takedown.read()
    allowed = list(takedown.allowed(originals))
    known = {document.id for document in allowed}
    every = list(cases(allowed, annotators, {i: one for i, one in taken.items() if i in known}))
    passing = {"agreed", "adjudicated", *(["single"] if keep_single else [])}
    merged = [case.merged() for case in every if case.standing in passing]
    waiting = [adjudication_task(case) for case in every if case.standing == "undecided"]
    if tasks is not None and waiting:
        write_tasks(tasks, waiting, overwrite=overwrite)
    write_documents(out, merged, overwrite=overwrite)
    return _report(every, passing, merged, outcomes, annotators)


def _report(
    every: Sequence[Case],
    passing: set[str],
    merged: Sequence[Document],
    outcomes: Counter[str],
    annotators: Sequence[Annotator],
) -> dict[str, Any]:
    standings = Counter(case.standing for case in every)
    origins: Counter[str] = Counter()
    for document in merged:
        for entity in document.meta["annotation"]["entities"]:
            origins[
                next(how for how in ("agreed", "adjudicated", "annotated") if how in entity)
            ] += 1
    return {
        "annotators": [annotator.as_json() for annotator in annotators],
        "documents": len(every),
        **{standing: standings[standing] for standing in STANDINGS},
        "merged": len(merged),
        "entities": {how: origins[how] for how in ("agreed", "adjudicated", "annotated")},
        "overruled": sum(case.overruled for case in every),
        "decisions_cancelled": outcomes["cancelled"],
        "decisions_quarantined": outcomes["quarantined"],
        "left_out": [
            {"doc_id": case.document.id, "standing": case.standing, "reason": _why(case)}
            for case in every
            if case.standing not in passing and case.standing != "unannotated"
        ],
    }


def _why(case: Case) -> str:
    if case.standing != "rejected":
        return WHY[case.standing]
    if case.decision is not None:
        return f"rejected by the adjudicator: {', '.join(case.decision.rejected)}"
    said = "; ".join(f"{who}: {', '.join(why)}" for who, why in sorted(case.rejections.items()))
    return f"rejected by all who looked at it: {said}"


def _originals(annotators: Sequence[Annotator], documents: str | Path | None) -> list[Document]:
    """What was annotated; without a file of it, the annotators' own documents before any annotation."""
    if documents is not None:
        return list(documents_by_id(documents).values())
    found: dict[str, Document] = {}
    for annotator in annotators:
        for doc_id, document in annotator.documents.items():
            meta = {key: value for key, value in document.meta.items() if key != "annotation"}
            found.setdefault(doc_id, replace(document, entities=(), meta=meta))
    return list(found.values())


def _require_outputs(
    out: str | Path, tasks: str | Path | None, *, inputs: Sequence[str | Path], overwrite: bool
) -> None:
    if tasks is not None and Path(out).resolve() == Path(tasks).resolve():
        raise ConfigError(f"{out} can't hold both the merged documents and the tasks")
    for path in (out, tasks):
        if path is not None:
            require_file_to_write(Path(path), overwrite=overwrite, inputs=inputs)
