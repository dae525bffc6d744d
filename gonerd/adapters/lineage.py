"""Whom a checkpoint learned from, as `gonerd distill` and `gonerd finetune` write it beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.errors import GonerdError
from gonerd.files import read_json

__all__ = ["RECORDS", "teacher_of"]

RECORDS = ("finetune.json", "distill.json")
"""The last command's record first: what was fine-tuned keeps its teacher, and lies in a folder of its own."""

TAUGHT = ("od", "hs", "cosine", "mha", "local_mha", "tags")
"""Parts of a distillation's loss that ask the teacher; masked language modelling and labels don't."""

NAMED = ("id", "revision", "weights_sha256")


def teacher_of(folder: Path) -> dict[str, str] | None:
    """Id, revision and hash of the weights of the model that the one in `folder` was distilled from.

    None where no record says so. A control of the same layers that no part of the loss compares with the
    teacher has none. A record that is no such record tells nothing: it may be anybody's.
    """
    for name in RECORDS:
        path = folder / name
        if path.is_file():
            return _teacher(_record(path), taught=name != RECORDS[0])
    return None


def _record(path: Path) -> Mapping[str, Any]:
    try:
        record = read_json(path)
    except (GonerdError, ValueError, OSError):
        return {}
    return record if isinstance(record, dict) else {}


def _teacher(record: Mapping[str, Any], *, taught: bool) -> dict[str, str] | None:
    if taught:
        recipe = record.get("recipe")
        parts = recipe.get("distillation") if isinstance(recipe, dict) else None
        if not isinstance(parts, dict) or not any(parts.get(name) for name in TAUGHT):
            return None
    teacher = record.get("teacher")
    if not isinstance(teacher, dict):
        return None
    named = {name: teacher.get(name) for name in NAMED}
    found = {name: value for name, value in named.items() if isinstance(value, str) and value}
    return found if "id" in found else None
