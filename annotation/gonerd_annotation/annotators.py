"""What each annotator made of which document, read from exports of Label Studio or from JSON Lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.dataset.loading import corpus_documents
from gonerd.errors import CheckError, ConfigError, InputError, SchemaError
from gonerd.files import read_byte_lines
from gonerd.labels import LABELS
from gonerd.records import read_documents
from gonerd.schema import Document
from gonerd_annotation.answer import annotations_of, annotator_name
from gonerd_annotation.categories import require_categories
from gonerd_annotation.intake import Intake
from gonerd_annotation.task import read_tasks

__all__ = [
    "Annotator",
    "co_annotated",
    "documents_by_id",
    "read_annotators",
    "read_truth",
    "require_trust",
]


@dataclass(slots=True)
class Annotator:
    """One person's work. A document is in `documents` or in `rejected`, or this person said nothing of it."""

    name: str
    files: list[str] = field(default_factory=list[str])
    documents: dict[str, Document] = field(default_factory=dict[str, Document])
    """By id, with this person's entities, and what is known of the annotation in meta["annotation"]."""
    rejected: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By id, the reasons chosen."""
    left_out: Counter[str] = field(default_factory=Counter[str])
    """Tasks that say nothing: cancelled, unannotated, quarantined."""

    def as_json(self) -> dict[str, Any]:
        """The counts that stand at the head of every report."""
        return {
            "name": self.name,
            "files": self.files,
            "documents": len(self.documents),
            "entities": sum(len(document.entities) for document in self.documents.values()),
            "rejected": len(self.rejected),
            "cancelled": self.left_out["cancelled"],
            "quarantined": self.left_out["quarantined"],
        }


def read_annotators(
    files: Sequence[str], *, documents: str | Path | None = None, skip_untrusted: bool = False
) -> list[Annotator]:
    """The annotators of `files` by name, sorted.

    A file is an export of Label Studio, of one annotator or of several, or annotated documents as JSON
    Lines; its first character says which. Its annotators' names are those in it, else the file's own;
    `NAME=FILE` gives the name of its only annotator.

    Args:
        files: one or more.
        documents: JSON Lines of what was annotated. Exports need it; with it, every text is compared.
        skip_untrusted: leave out and count tasks that can't be trusted, which otherwise are an error.

    Raises:
        CheckError: a task can't be trusted.
        ConfigError: an export came without `documents`.
        InputError: a file is missing, empty or broken.
        SchemaError: a record is not valid, a text is another document's, a label is unknown, or somebody
            annotated a document twice.
    """
    originals = None if documents is None else documents_by_id(documents)
    annotators: dict[str, Annotator] = {}
    for argument in files:
        given, path = _name_and_path(argument)
        if _is_export(path):
            if originals is None:
                raise ConfigError(
                    f"{path} is an export of Label Studio; --documents FILE must name the documents "
                    "that were sent out"
                )
            found = _from_export(path, originals.values(), skip_untrusted=skip_untrusted)
        else:
            found = _from_documents(path)
        if given and len(found) > 1:
            names = ", ".join(sorted(annotator.name for annotator in found))
            raise SchemaError(
                f"{path} has several annotators ({names}), so {given!r} can't name it"
            )
        for annotator in found:
            annotator.name = given or annotator.name
            if annotator.name in annotators:
                _join(annotators[annotator.name], annotator)
            else:
                annotators[annotator.name] = annotator
    _require_same_texts(annotators.values(), originals, str(documents))
    return [annotators[name] for name in sorted(annotators)]


def documents_by_id(path: str | Path) -> dict[str, Document]:
    """The documents of a corpus file or a dataset in their order.

    Raises:
        InputError: there is none.
        SchemaError: two have the same id.
    """
    return {document.id: document for document in corpus_documents(path)}


def read_truth(path: str | Path) -> dict[str, Document]:
    """Documents with final entities by id, each entity one that an annotator could have marked.

    Raises:
        InputError: there is none.
        SchemaError: a record is not valid, or has a label that is unknown.
    """
    truth = documents_by_id(path)
    for document in truth.values():
        try:
            require_categories(document)
        except SchemaError as problem:
            raise SchemaError(f"{path}: {problem}") from None
    return truth


def co_annotated(annotators: Sequence[Annotator]) -> dict[str, list[Annotator]]:
    """The documents that at least two annotated, by id in sorted order, with those who did."""
    by_id: dict[str, list[Annotator]] = {}
    for annotator in annotators:
        for doc_id in annotator.documents:
            by_id.setdefault(doc_id, []).append(annotator)
    return {doc_id: by_id[doc_id] for doc_id in sorted(by_id) if len(by_id[doc_id]) > 1}


def require_trust(intake: Intake, tasks: int) -> None:
    """Refuse an export in which a task can't be trusted.

    Raises:
        CheckError: with the first task and why.
    """
    if intake.quarantined:
        first = intake.quarantined[0]
        raise CheckError(
            f"{intake.name}: {len(intake.quarantined)} of {tasks} tasks can't be trusted, "
            f"first task {first['task']} (document {first['doc_id']!r}): "
            f"{'; '.join(first['reasons'])}; --skip-untrusted leaves them out"
        )


def _name_and_path(argument: str) -> tuple[str, str]:
    name, sign, path = argument.partition("=")
    if not sign or Path(argument).exists():
        return "", argument
    if not name.strip() or not path:
        raise ConfigError(f"{argument!r} is neither a file nor NAME=FILE")
    return name.strip(), path


def _is_export(path: str) -> bool:
    if path == "-":
        raise ConfigError("standard input holds no annotator's file; give files by name")
    for _, line in read_byte_lines(path):
        if begin := line.removeprefix(b"\xef\xbb\xbf").strip():
            return begin.startswith(b"[")
    raise InputError(f"{path} is empty; an export or annotated documents were expected")


def _from_export(
    path: str, documents: Iterable[Document], *, skip_untrusted: bool
) -> list[Annotator]:
    """Each annotator's tasks go through an intake of their own, as if they were an export of their own."""
    tasks_of: dict[str, list[dict[str, Any]]] = {}
    originals = list(documents)
    for task in read_tasks(path):
        try:
            annotations = annotations_of(task)
        except SchemaError as problem:
            raise SchemaError(f"{path}: task {task.get('id')}: {problem}") from None
        by_name: dict[str, list[dict[str, Any]]] = {}
        for annotation in annotations:
            name = annotator_name(annotation) or _stem(path)
            by_name.setdefault(name, []).append(annotation)
        for name, own in by_name.items():
            tasks_of.setdefault(name, []).append(task | {"annotations": own})
    if not tasks_of:
        raise InputError(f"{path}: nobody has annotated a task of it yet")
    result: list[Annotator] = []
    for name, tasks in tasks_of.items():
        intake = Intake(tasks, name=path)
        annotator = Annotator(name, [path])
        for document in intake.annotate(originals):
            annotator.documents[document.id] = document
        if not skip_untrusted:
            require_trust(intake, len(tasks))
        for row in intake.left_out:
            if row["outcome"] != "rejected":
                annotator.left_out[row["outcome"]] += 1
            elif row["doc_id"] in annotator.documents:
                raise SchemaError(
                    f"{path}: document {row['doc_id']!r} is both annotated and rejected by {name!r}"
                )
            else:
                annotator.rejected[row["doc_id"]] = tuple(row["reasons"])
        result.append(annotator)
    return result


def _from_documents(path: str) -> list[Annotator]:
    found: dict[str, Annotator] = {}
    seen: set[str] = set()
    for document in read_documents(path, labels=LABELS):
        try:
            require_categories(document)
        except SchemaError as problem:
            raise SchemaError(f"{path}: {problem}") from None
        if document.id in seen:
            raise SchemaError(
                f"{path}: document {document.id!r} comes twice; each id may stand once"
            )
        seen.add(document.id)
        about = document.meta.get("annotation")
        stated = about.get("annotator") if isinstance(about, dict) else None
        name = stated if isinstance(stated, str) and stated else _stem(path)
        found.setdefault(name, Annotator(name, [path])).documents[document.id] = document
    return list(found.values())


def _stem(path: str) -> str:
    return Path(path).name.partition(".")[0] or Path(path).name


def _join(one: Annotator, more: Annotator) -> None:
    said = {**one.documents, **one.rejected}
    if twice := next((i for i in (*more.documents, *more.rejected) if i in said), None):
        raise SchemaError(
            f"annotator {one.name!r} annotated document {twice!r} in {' and '.join(one.files)} and again in "
            f"{' and '.join(more.files)}; where these are two people, name them: NAME=FILE"
        )
    one.files += more.files
    one.documents |= more.documents
    one.rejected |= more.rejected
    one.left_out += more.left_out


def _require_same_texts(
    annotators: Iterable[Annotator], originals: dict[str, Document] | None, name: str
) -> None:
    first: dict[str, tuple[str, str]] = {}
    for annotator in annotators:
        where = annotator.files[0]
        for doc_id, document in annotator.documents.items():
            if originals is not None:
                if doc_id not in originals:
                    raise SchemaError(f"{where}: document {doc_id!r} is not among those of {name}")
                first.setdefault(doc_id, (originals[doc_id].text, name))
            text, other = first.setdefault(doc_id, (document.text, where))
            if text != document.text:
                raise SchemaError(
                    f"{where}: document {doc_id!r} has another text than in {other}; "
                    "agreement needs the same text from everybody"
                )
