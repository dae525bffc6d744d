"""A result of the benchmark as `gonerd bench` writes it, with numbers of our choice."""

from __future__ import annotations

from typing import Any

from gonerd_baselines.bench.configuration import Configuration
from gonerd_baselines.bench.rows import rows_named
from gonerd_baselines.bench.work import work_of


def done(seconds: float, mib: int, work: dict[str, float]) -> dict[str, Any]:
    return {
        "status": "done",
        "seconds": {"median": seconds, "least": 0.95 * seconds, "most": 1.05 * seconds, "runs": 3},
        "memory": {"resident": mib + 300, "beside_libraries": mib, "before": {"resident": 300}},
        "ran": {"class": "gonerd", "attention": {"blocked": 1}},
        "documents": 1,
        "tokens": 1,
        "work": work,
    }


def result(
    names: list[str], lengths: tuple[int, ...], seconds: dict[tuple[str, str], float]
) -> Any:
    """`seconds` at 512 tokens by row and implementation; they grow with the length."""
    rows = rows_named(names)
    implementations = tuple(dict.fromkeys(name for _, name in seconds))
    asked = Configuration(rows=rows, lengths=lengths, implementations=implementations)
    cells = []
    for task in asked.tasks():
        at = seconds.get((task.row.name, task.implementation))
        if task.way.reason:
            cells.append(task.named() | {"status": "none", "error": task.way.reason})
        elif at is None:
            full = {"status": "out of memory", "error": "MemoryError: full"}
            cells.append(task.named() | full)
        else:
            work = work_of(task.row, [task.length], "token").as_json()
            cells.append(task.named() | done(at * task.length / 512, 200 + task.length // 10, work))
    peak = {"operations_a_second": 1e11, "bytes_a_second": 1e10, "source": "said"}
    return {
        "configuration": asked.as_json() | {"hardware": "a machine"},
        "parameters": {"longformer": 148_659_456},
        "peaks": {"float32": peak},
        "cells": cells,
    }
