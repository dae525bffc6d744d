"""Annotations back from a server: one export file for each annotator, and an account of the batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd.files import folder_to_write, write_json
from gonerd_annotation.answer import OUTCOMES, annotator_name, answer_from_task
from gonerd_annotation.batch import ProjectNote
from gonerd_annotation.comparison import Comparison
from gonerd_annotation.pushing import projects_of
from gonerd_annotation.server import Project, Studio
from gonerd_annotation.task import write_tasks

__all__ = ["PULL_FILE", "pull_batch"]

SCHEMA_VERSION = 1
PULL_FILE = "pull.json"


def pull_batch(
    studio: Studio, name: str, out: str | Path, *, overwrite: bool = False
) -> dict[str, Any]:
    """Write `ANNOTATOR.json` for each project of batch `name`, and pull.json, into `out`; return the latter.

    Each file is a JSON export of Label Studio, all tasks of the project in it, with the annotators'
    e-mail addresses in place of their numbers.

    Raises:
        InputError: the server has no such batch.
        SchemaError: an annotation is not in Label Studio's format or has an unknown label.
        OutputError: `out` exists and `overwrite` is off.
    """
    with folder_to_write(Path(out), overwrite=overwrite) as folder:
        found = projects_of(studio, name)
        if not found:
            raise InputError(f"{studio.url} has no project of a batch {name!r}")
        members = studio.members()
        whole = Comparison()
        rows = []
        for annotator, (project, note) in sorted(found.items()):
            tasks = [_with_emails(task, members) for task in studio.export(project)]
            file = f"{annotator}.json"
            write_tasks(folder / file, tasks)
            rows.append(_project_row(studio, project, note, file, tasks, whole))
        first = next(iter(found.values()))[1]
        report = {
            "schema_version": SCHEMA_VERSION,
            "pulled_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "url": studio.url,
            "server_version": studio.version,
            "batch": name,
            "plan": first.plan,
            "settings": first.settings,
            "tasks": sum(row["tasks"] for row in rows),
            "annotations": sum(row["annotations"] for row in rows),
            "preannotation": whole.report(),
            "projects": rows,
        }
        write_json(folder / PULL_FILE, report)
    return report


def _project_row(
    studio: Studio,
    project: Project,
    note: ProjectNote,
    file: str,
    tasks: list[dict[str, Any]],
    whole: Comparison,
) -> dict[str, Any]:
    """Counts of one project; what the tasks say is taken as far as `annotate import` would take it."""
    outcomes: Counter[str] = Counter()
    drafts = 0
    by: Counter[str] = Counter()
    comparison = Comparison()
    for task in tasks:
        by.update(annotator_name(annotation) for annotation in task["annotations"])
        drafts += len(task.get("drafts") or ())
        text = task["data"].get("text")
        try:
            answer = answer_from_task(task, text if isinstance(text, str) else "")
        except SchemaError as problem:
            raise SchemaError(
                f"{studio.url}: project {project.id}, task {task.get('id')}: {problem}"
            ) from None
        outcomes[answer.outcome] += 1
        for each in (comparison, whole):
            each.add(task, answer)
    return {
        "id": project.id,
        "title": project.title,
        "annotator": note.annotator,
        "file": file,
        "tasks": len(tasks),
        **{outcome: outcomes[outcome] for outcome in OUTCOMES},
        "annotations": by.total(),
        "annotations_by": dict(by.most_common()),
        "drafts": drafts,
        "by_others": sum(
            count for who, count in by.items() if who.casefold() != note.annotator.casefold()
        ),
        "preannotation": comparison.report(),
    }


def _with_emails(task: Any, members: Mapping[int, str]) -> dict[str, Any]:
    """The exported task, with `completed_by` as Label Studio gives it where it gives users in full."""
    if (
        not isinstance(task, dict)
        or not isinstance(task.get("data"), dict)
        or not isinstance(annotations := task.get("annotations"), list)
        or not all(isinstance(annotation, dict) for annotation in annotations)
    ):
        raise SchemaError("an exported task has no data or annotations, as Label Studio's have")
    return task | {
        "annotations": [
            annotation
            | {
                "completed_by": {"id": by, "email": members[by]}
                if isinstance(by := annotation.get("completed_by"), int) and by in members
                else by
            }
            for annotation in annotations
        ]
    }
