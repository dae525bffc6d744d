"""Tables 2, 4 and the costs of Table 7 out of a benchmark's folder, by the tables that `gonerd bench` has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from gonerd.dataset.table import Table
from gonerd.files import read_json

__all__ = ["COST_ROWS", "bench_part", "cost_shares"]

COST_ROWS = ("roberta", "distilroberta", "longformer", "longformer-student")
"""Of `gonerd bench`: Table 7's, whose costs are at 512 tokens."""


def bench_part(table: str, bench: Path) -> tuple[dict[str, Any], list[Table]]:
    """What of a benchmark `table2` or `table4` is about, and the tables of that.

    Table 4 has the longest documents, and of models those that were extended for them, and Longformer;
    Table 2 has the others, as they are.
    """
    from gonerd_baselines.bench.paper import paper_tables
    from gonerd_baselines.bench.rows import ROWS
    from gonerd_baselines.bench.table import bench_tables

    result = _result(bench)
    rows, lengths = (result["configuration"][key] for key in ("rows", "lengths"))
    extended = [name for name in rows if ROWS[name].group == "extended"]
    if table == "table4":
        rows = [n for n in rows if n in extended or n.startswith("longformer")]
        lengths = [max(lengths)]
    else:
        rows = [name for name in rows if name not in extended]
    part = _cut(result, rows, lengths)
    return part, [*bench_tables(part), *paper_tables(part)]


def cost_shares(bench: Path) -> list[Table]:
    """What distilling and converting RoBERTa change in seconds and memory, beside the paper's."""
    from gonerd_baselines.bench.paper_shares import share_tables

    part = _cut(_result(bench), COST_ROWS, [512])
    asked = part["configuration"]
    return [
        table
        for head in asked["heads"]
        for dtype in asked["dtypes"]
        for table in share_tables(part, head, dtype)
    ]


def _result(bench: Path) -> dict[str, Any]:
    from gonerd_baselines.bench.running import RESULT

    result: dict[str, Any] = read_json(bench / RESULT)
    return result


def _cut(result: dict[str, Any], rows: Collection[str], lengths: Sequence[int]) -> dict[str, Any]:
    asked = result["configuration"]
    kept = [row for row in asked["rows"] if row in rows]
    cells = [c for c in result["cells"] if c["row"] in kept and c["length"] in lengths]
    return {
        **result,
        "configuration": {**asked, "rows": kept, "lengths": list(lengths)},
        "cells": cells,
    }
