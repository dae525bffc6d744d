"""The forms in which Label Studio has exported tasks over the years, read as the one of today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from gonerd.errors import InputError, SchemaError
from gonerd_annotation.label_config import LABELS_TAG, REJECT_TAG, TEXT_TAG
from gonerd_annotation.task import read_tasks

__all__ = ["LACKS", "Exported", "Form", "read_export"]

Form = Literal["JSON", "JSON_MIN", "completions"]

LACKS: dict[Form, tuple[str, ...]] = {
    "JSON": (),
    "JSON_MIN": (
        "which tasks were skipped or have no annotation",
        "the annotators' e-mail addresses",
        "what was predicted",
    ),
    "completions": ("who annotated, unless a completion names it",),
}
"""What an export in a form does not say, so that no report on it can."""

_MIN_KEYS = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
_CONTROLS = (LABELS_TAG, REJECT_TAG)


@dataclass(frozen=True, slots=True)
class Exported:
    """An export as tasks with `data` and `annotations`, whatever form the file had."""

    tasks: list[dict[str, Any]]
    form: Form


def read_export(path: str | Path) -> Exported:
    """The tasks of an export as JSON, as JSON_MIN, or with `completions` (Label Studio before 1.0).

    Raises:
        InputError: the file is missing, is not JSON, or holds no task.
        SchemaError: the JSON is none of these forms, or of several.
    """
    found = read_tasks(path, require_data=False)
    forms = [_form(task) for task in found]
    form = forms[0]
    for number, (task, other) in enumerate(zip(found, forms, strict=True), start=1):
        if other is None:
            raise SchemaError(
                f"{path}: task {number} of the array has no object 'data'; "
                "export from Label Studio as JSON, not as CSV or CONLL2003"
                if not isinstance(task.get("data"), dict)
                else f"{path}: task {number} of the array has neither annotations nor completions; "
                "it is an import task, or its annotations were left out of the export"
            )
        if other != form:
            raise SchemaError(f"{path}: task {number} of the array is {other}, others are {form}")
    if form is None:  # an empty array, which read_tasks refuses
        raise InputError(f"{path}: no task is in it")
    try:
        if form == "JSON_MIN":
            found = _from_min(found)
        elif form == "completions":
            found = _from_completions(found)
    except SchemaError as problem:
        raise SchemaError(f"{path}: {problem}") from None
    return Exported(found, form)


def _form(task: dict[str, Any]) -> Form | None:
    if not isinstance(task.get("data"), dict):
        marks = ("annotation_id", "doc_id", *_CONTROLS)
        return "JSON_MIN" if "text" in task and any(mark in task for mark in marks) else None
    if "annotations" in task:
        return "JSON"
    return "completions" if "completions" in task else None


def _from_min(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One task for all rows of a task's number; a row is one annotation, with the data beside it.

    Before 1.0 a row has data and results alone, and is a task of its own.
    """
    tasks: dict[Any, dict[str, Any]] = {}
    for place, row in enumerate(rows, start=1):
        data = {
            key: value
            for key, value in row.items()
            if key not in _MIN_KEYS and key not in _CONTROLS
        }
        number = row.get("id", f"row {place}")
        where = f"row {place} of the array"
        if not isinstance(number, int | str):
            raise SchemaError(f"{where}: id is {number!r}, a task's number was expected")
        task = tasks.setdefault(number, {"id": number, "data": data, "annotations": []})
        if task["data"] != data:
            raise SchemaError(f"{where}: task {number} has other data in a row before")
        task["annotations"].append(
            {
                "id": row.get("annotation_id"),
                "completed_by": row.get("annotator"),
                "result": [*_labels(row, where), *_rejection(row, where)],
                "lead_time": row.get("lead_time"),
                "created_at": row.get("created_at"),
                "updated_at": row.get("updated_at"),
                "was_cancelled": False,
            }
        )
    return list(tasks.values())


def _labels(row: dict[str, Any], where: str) -> list[dict[str, Any]]:
    values = row.get(LABELS_TAG, [])
    if not isinstance(values, list):
        raise SchemaError(f"{where}: {LABELS_TAG!r} is {type(values).__name__}, expected a list")
    return [
        {
            "id": f"{LABELS_TAG} {place}",
            "from_name": LABELS_TAG,
            "to_name": TEXT_TAG,
            "type": "labels",
            "value": value,
        }
        for place, value in enumerate(values, start=1)
    ]


def _rejection(row: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """One choice is a string, several are an object."""
    said = row.get(REJECT_TAG)
    if said is None:
        return []
    choices = said.get("choices") if isinstance(said, dict) else said
    choices = [choices] if isinstance(choices, str) else choices
    if not isinstance(choices, list):
        raise SchemaError(f"{where}: {REJECT_TAG!r} is {said!r}, expected a choice")
    return [
        {
            "id": REJECT_TAG,
            "from_name": REJECT_TAG,
            "to_name": TEXT_TAG,
            "type": "choices",
            "value": {"choices": choices},
        }
    ]


def _from_completions(tasks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in task.items() if key != "completions"}
        | {"annotations": [_annotation(task, one) for one in _listed(task)]}
        for task in tasks
    ]


def _listed(task: dict[str, Any]) -> list[dict[str, Any]]:
    completions = task["completions"]
    if not isinstance(completions, list) or not all(isinstance(one, dict) for one in completions):
        raise SchemaError(f"task {task.get('id')}: 'completions' is not a list of objects")
    return completions


def _annotation(task: dict[str, Any], completion: dict[str, Any]) -> dict[str, Any]:
    """A completion as an annotation; times are seconds since 1970, and two keys can say it was skipped."""
    when = completion.get("updated_at", completion.get("created_at"))
    if isinstance(when, int | float) and not isinstance(when, bool):
        try:
            when = datetime.fromtimestamp(when, UTC).isoformat()
        except (OverflowError, OSError, ValueError):
            raise SchemaError(
                f"task {task.get('id')}: completion {completion.get('id')} has the time {when!r}, "
                "seconds since 1970 were expected"
            ) from None
    return completion | {
        "updated_at": when,
        "was_cancelled": bool(completion.get("was_cancelled") or completion.get("skipped")),
    }
