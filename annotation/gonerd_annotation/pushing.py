"""Documents out to annotators on a server: one project each, no task twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.console import track
from gonerd.errors import CheckError, InputError
from gonerd.takedown import Takedown
from gonerd_annotation.batch import Batch, ProjectNote, read_note
from gonerd_annotation.label_config import label_config
from gonerd_annotation.outgoing import Outgoing, outgoing_documents
from gonerd_annotation.preannotation import PreannotationSource
from gonerd_annotation.ready_tasks import model_version_of, predictions_hash, ready_tasks
from gonerd_annotation.server import Project, Studio
from gonerd_annotation.task import tasks_from_documents

__all__ = ["projects_of", "push_documents", "push_tasks"]

TASKS_AT_ONCE = 100
CHARACTERS_AT_ONCE = 2_000_000
"""A request ends at whichever comes first; proxies in front of a server often stop at 10 MB."""


@dataclass(slots=True)
class _Share:
    """One annotator's part, and where it stands on the server."""

    annotator: str
    ids: list[str]
    project: Project | None
    held: dict[str, str]
    """Hash of the text of every document that the project holds already, by id."""
    sent: int = 0

    def missing(self, documents: Container[str]) -> list[str]:
        """Which of `documents` the project lacks, in the annotator's order."""
        return [id_ for id_ in self.ids if id_ in documents and id_ not in self.held]

    def report(self, project: Project) -> dict[str, Any]:
        """Counts for the report."""
        return {
            "id": project.id,
            "title": project.title,
            "annotator": self.annotator,
            "sent": self.sent,
            "already_there": len(self.held.keys() & set(self.ids)),
            "other_tasks": len(self.held.keys() - set(self.ids)),
        }


def push_documents(
    documents: str | Path,
    studio: Studio,
    batch: Batch,
    *,
    source: PreannotationSource | None = None,
    takedown: Takedown | None = None,
) -> dict[str, Any]:
    """Put each annotator's share of `documents` into a project of their own, and return the account of it.

    What a project holds already is not sent again, so a push that broke off is gone on with by calling
    it again.

    Raises:
        InputError: there is no document, or an annotator has no account on the server.
        CheckError: the server holds this batch with other documents or settings, or a document twice.
    """
    outgoing = outgoing_documents(
        documents,
        source=source if source is not None else PreannotationSource(),
        takedown=takedown,
    )
    report = _push(
        studio,
        batch,
        dict(outgoing.listed),
        lambda shares: _tasks(shares, outgoing),
        origin=outgoing.preannotation.settings(),
        model_version=outgoing.preannotation.model_version,
    )
    out = {document.id for document in outgoing.documents}
    return {
        **report,
        "documents": len(out),
        "shared_documents": len(batch.shared(dict(outgoing.listed)) & out),
        **outgoing.report(),
    }


def push_tasks(
    path: str | Path, studio: Studio, batch: Batch, *, takedown: Takedown | None = None
) -> dict[str, Any]:
    """Put ready tasks with all their predictions into the projects of `batch`: those to adjudicate, say.

    Raises:
        InputError: there is no task, or an annotator has no account on the server.
        SchemaError: a task is not one of ours, see `ready_tasks`.
        CheckError: as `push_documents`.
    """
    tasks = ready_tasks(path, takedown=takedown if takedown is not None else Takedown.read())
    texts = {name: task["data"]["text_sha256"] for name, task in tasks.items()}
    report = _push(
        studio,
        batch,
        texts,
        lambda _: tasks,
        origin={"predictions": predictions_hash(tasks)},
        model_version=model_version_of(tasks),
    )
    return {
        **report,
        "documents": len(tasks),
        "shared_documents": len(batch.shared(texts)),
        "predictions": sum(len(task.get("predictions", ())) for task in tasks.values()),
    }


def _push(
    studio: Studio,
    batch: Batch,
    texts: dict[str, str],
    tasks_for: Callable[[list[_Share]], Mapping[str, dict[str, Any]]],
    *,
    origin: dict[str, Any],
    model_version: str | None,
) -> dict[str, Any]:
    """Fill the projects of `batch` with what they lack of the documents in `texts` (hash by id)."""
    addresses = _addresses(studio, batch)
    plan = batch.plan(texts.items(), origin)
    settings = {
        "documents": len(texts),
        "annotators": len(batch.annotators),
        "overlap": batch.overlap,
        "seed": batch.seed,
        **origin,
    }
    found = projects_of(studio, batch.name)
    _require_plan(studio, found.values(), plan, settings)
    shares = [
        _share(studio, annotator, ids, found[annotator][0] if annotator in found else None, texts)
        for annotator, ids in batch.assign(list(texts)).items()
    ]
    tasks = tasks_for(shares)
    rows = []
    for share in shares:
        project = share.project
        if project is None:
            note = ProjectNote(batch.name, share.annotator, plan, settings)
            project = studio.create_project(
                f"{batch.name}: {addresses[share.annotator]}",
                note.description(),
                label_config=label_config(),
                model_version=model_version,
            )
        some = [tasks[id_] for id_ in share.missing(tasks)]
        for portion in track(list(_portions(some)), f"tasks for {share.annotator}"):
            studio.import_tasks(project, portion)
            share.sent += len(portion)
        rows.append(share.report(project))
    return {
        "url": studio.url,
        "server_version": studio.version,
        "batch": batch.name,
        "plan": plan,
        "settings": settings,
        **{
            what: sum(row[what] for row in rows)
            for what in ("sent", "already_there", "other_tasks")
        },
        "projects": rows,
    }


def projects_of(studio: Studio, name: str) -> dict[str, tuple[Project, ProjectNote]]:
    """The projects of batch `name` by annotator.

    Raises:
        CheckError: an annotator has two.
    """
    found: dict[str, tuple[Project, ProjectNote]] = {}
    for project in studio.projects():
        note = read_note(project.description)
        if note is None or note.batch != name:
            continue
        if note.annotator in found:
            raise CheckError(
                f"{studio.url}: {note.annotator} has two projects of batch {name!r}, "
                f"{found[note.annotator][0].id} and {project.id}; delete the one that nobody worked in"
            )
        found[note.annotator] = project, note
    return found


def _addresses(studio: Studio, batch: Batch) -> dict[str, str]:
    accounts = {email.casefold(): email for email in studio.members().values()}
    for annotator in batch.annotators:
        if annotator.casefold() not in accounts:
            raise InputError(
                f"{studio.url} has no account {annotator!r}; "
                "invite annotators first, under Organization in Label Studio"
            )
    return {annotator: accounts[annotator.casefold()] for annotator in batch.annotators}


def _require_plan(
    studio: Studio,
    found: Iterable[tuple[Project, ProjectNote]],
    plan: str,
    settings: dict[str, Any],
) -> None:
    for project, note in found:
        if note.plan != plan:
            changed = [
                f"{key} was {note.settings.get(key)!r} and is {value!r}"
                for key, value in settings.items()
                if note.settings.get(key) != value
            ]
            raise CheckError(
                f"{studio.url}: project {project.id} holds batch {note.batch!r} of other documents or "
                f"settings ({'; '.join(changed) or 'texts, ids or annotators differ'}); "
                "push what was pushed before to go on with it, or give another --name"
            )


def _share(
    studio: Studio, annotator: str, ids: list[str], project: Project | None, texts: dict[str, str]
) -> _Share:
    share = _Share(annotator, ids, project, {})
    if project is None:
        return share
    for task in studio.tasks(project):
        data = task["data"] if isinstance(task["data"], dict) else {}
        doc_id = str(data.get("doc_id") or f"task {task['id']}")
        if doc_id in share.held:
            raise CheckError(
                f"{studio.url}: document {doc_id!r} is in project {project.id} twice; "
                "delete the task that nobody worked on"
            )
        share.held[doc_id] = sha256 = str(data.get("text_sha256"))
        if texts.get(doc_id, sha256) != sha256:
            raise CheckError(
                f"{studio.url}: project {project.id} holds another text of document {doc_id!r}"
            )
    return share


def _tasks(shares: Iterable[_Share], outgoing: Outgoing) -> dict[str, dict[str, Any]]:
    """The tasks that any share lacks, by document id: a model reads no document that is there already."""
    by_id = {document.id: document for document in outgoing.documents}
    lacking = {id_ for share in shares for id_ in share.missing(by_id)}
    shown = outgoing.preannotation.show(
        [document for id_, document in by_id.items() if id_ in lacking]
    )
    tasks = tasks_from_documents(shown, preannotation=outgoing.preannotation)
    return {task["data"]["doc_id"]: task for task in tasks}


def _portions(tasks: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    size = 0
    for task in tasks:
        length = len(json.dumps(task))
        if some and (len(some) == TASKS_AT_ONCE or size + length > CHARACTERS_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(task)
        size += length
    if some:
        yield some
