"""Results for tests: real runs of `gonerd eval`'s own function on the embedded sample."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.evaluation import evaluate_model

__all__ = ["put", "result_of_rules", "run_of_rules"]


def run_of_rules(folder: Path) -> dict[str, Any]:
    """The run of the rules on the sample's test split, in `folder`."""
    rules = adapter_from_spec("rules", AdapterOptions())
    return evaluate_model(
        rules,
        folder,
        dataset="sample",
        split="test",
        command=["gonerd", "eval", "--model", "rules"],
    )


def result_of_rules() -> dict[str, Any]:
    """A result of one's own to change."""
    return json.loads(_rules())


def put(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Set the field at a dotted `path`; `...` as the value removes it."""
    *parents, last = path.split(".")
    inner: Any = record
    for parent in parents:
        inner = inner[int(parent) if isinstance(inner, list) else parent]
    key = int(last) if isinstance(inner, list) else last
    if value is ...:
        del inner[key]
    else:
        inner[key] = value
    return record


@cache
def _rules() -> str:
    with TemporaryDirectory() as folder:
        return json.dumps(run_of_rules(Path(folder) / "run"))
