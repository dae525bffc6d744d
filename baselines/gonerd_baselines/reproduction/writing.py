"""A table's files: JSON, text, LaTeX and a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gonerd.dataset.table import Table, latex_table, text_table
from gonerd.files import write_json, write_text
from gonerd_baselines.reproduction.bench_tables import bench_part, cost_shares
from gonerd_baselines.reproduction.figure import draw_table_figure
from gonerd_baselines.reproduction.shown import finding_lines, shown_tables

__all__ = ["table_text", "write_bench_table", "write_table"]


def write_table(
    record: Mapping[str, Any],
    folder: Path,
    *,
    bench: Path | None = None,
    note: Callable[[str], None],
) -> list[Path]:
    """Write `TABLE.json`, `.txt`, `.tex`, `.png` and `.svg`; what is there is replaced.

    With `bench`, a benchmark's folder, what its rows cost stands below.
    """
    tables = shown_tables(record)
    if bench is not None:
        tables += cost_shares(bench)
    return _write(
        record["table"],
        record,
        tables,
        finding_lines(record),
        folder,
        lambda: draw_table_figure(record, folder),
        note=note,
    )


def write_bench_table(
    name: str,
    bench: Path,
    said: Mapping[str, Any],
    folder: Path,
    *,
    note: Callable[[str], None],
) -> list[Path]:
    """The same of a benchmark's folder, by the tables and figures that `gonerd bench --paper` has."""
    from gonerd_baselines.bench.figure import draw_bench_figure, has_curves

    result, tables = bench_part(name, bench)
    record = {"table": name, **said, "bench": result}
    return _write(
        name,
        record,
        tables,
        [],
        folder,
        lambda: draw_bench_figure(result, folder) if has_curves(result) else [],
        note=note,
    )


def table_text(tables: Sequence[Table], findings: Sequence[str]) -> str:
    """All tables, then what follows from them."""
    parts = [text_table(table) for table in tables]
    if findings:
        parts.append("\n".join(["What follows", *(f"- {line}" for line in findings)]))
    return "\n\n".join(parts) + "\n"


def _write(
    name: str,
    record: Mapping[str, Any],
    tables: Sequence[Table],
    findings: Sequence[str],
    folder: Path,
    draw: Callable[[], list[str]],
    *,
    note: Callable[[str], None],
) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    json, text, tex = (folder / f"{name}.{ending}" for ending in ("json", "txt", "tex"))
    write_json(json, record, overwrite=True)
    write_text(text, table_text(tables, findings), overwrite=True)
    head = "% \\usepackage{booktabs}"
    write_text(
        tex, "\n\n".join([head, *(latex_table(table) for table in tables)]) + "\n", overwrite=True
    )
    try:
        drawn = draw()
    except ModuleNotFoundError:
        note("no figure: matplotlib is not installed (pip install 'gonerd[figures]')")
        drawn = []
    return [json, text, tex, *(folder / each for each in drawn)]
