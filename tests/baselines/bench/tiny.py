"""Rows of real code at sizes that run in milliseconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gonerd_baselines.bench.row import Row
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.task import Task
from gonerd_baselines.bench.worker import answer


def tiny(name: str, **fields: Any) -> Row:
    """The row of this name with two layers of width 16 and a hundred words."""
    sizes = {"vocabulary": 100, "width": 16, "layers": 2, "heads": 2, "feed_forward": 32}
    if ROWS[name].embedding:
        sizes["embedding"] = 8
    return replace(ROWS[name], **(sizes | fields))


def cell(row: Row, implementation: Any, length: int, **fields: Any) -> dict[str, Any]:
    """What a worker would answer, from this process."""
    fields.setdefault("batch", 2)
    task = Task(row=row, implementation=implementation, length=length, repeat=2, **fields)
    return answer({"what": "cell", "task": task.as_json()})
