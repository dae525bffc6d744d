"""The result as tables: seconds and memory of every cell, and what the columns are to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gonerd.dataset.table import Table
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.work import Work

__all__ = ["bench_tables", "check_table", "held_mib", "roof_seconds", "sweep_table"]

NOTHING = "-"
SHORT = {"out of memory": "full", "error": "failed", "none": NOTHING}

Cell = Mapping[str, Any]


def bench_tables(result: Mapping[str, Any]) -> list[Table]:
    """For each head and type of numbers a table of cells and one of ratios."""
    tables = []
    asked = result["configuration"]
    for head in asked["heads"]:
        for dtype in asked["dtypes"]:
            cells = [c for c in result["cells"] if c["head"] == head and c["dtype"] == dtype]
            if not cells:
                continue
            if asked["documents"]:
                tables.append(_documents(result, cells, head, dtype))
                continue
            tables.append(_cells(result, cells, head, dtype))
            tables.append(_ratios(result, cells, head, dtype))
    return tables


def held_mib(cell: Cell) -> int:
    """The memory that a table shows: allocated on a GPU, beside the libraries on a processor."""
    memory = cell["memory"]
    held: int = memory["allocated"] if "allocated" in memory else memory["beside_libraries"]
    return held


def roof_seconds(result: Mapping[str, Any], cell: Cell) -> float | None:
    """What the device would take at its peak; None where the work is not known."""
    if "work" not in cell:  # documents of real lengths
        return None
    peak = result["peaks"][cell["dtype"]]
    return Work(**cell["work"]).seconds(
        operations_a_second=peak["operations_a_second"],
        bytes_a_second=peak["bytes_a_second"],
        bytes_a_number=4 if cell["dtype"] == "float32" else 2,
    )


def check_table(checks: Sequence[Mapping[str, Any]]) -> Table:
    """The largest differences of every backend from dense attention."""
    rows = [
        (
            each["pattern"],
            each["backend"],
            each["dtype"],
            _difference(each.get("forward")),
            _difference(each.get("backward")),
            each["verdict"],
        )
        for each in checks
    ]
    said = [
        f"{each['pattern']}, {each['backend']}, {each['dtype']}: {each['said']}"
        for each in checks
        if each["said"]
    ]
    return Table(
        "Largest differences from dense attention, of the largest number",
        (),
        ("pattern", "backend", "numbers", "forward", "backward", ""),
        tuple(rows),
        notes=tuple(dict.fromkeys(said)),
    )


def sweep_table(found: Sequence[Mapping[str, Any]]) -> Table:
    """Milliseconds of one layer's attention by backend and block size."""
    rows = [
        (
            each["pattern"],
            each["backend"],
            str(each["block"] or NOTHING),
            each["dtype"],
            NOTHING if "forward" not in each else f"{1000 * each['forward']:.2f}",
            NOTHING if "both" not in each else f"{1000 * each['both']:.2f}",
        )
        for each in found
    ]
    said = [
        f"{each['pattern']}, {each['backend']}: {each['said']}" for each in found if each["said"]
    ]
    return Table(
        "One layer's attention, ms",
        (),
        ("pattern", "backend", "block", "numbers", "forward", "forward and backward"),
        tuple(rows),
        notes=tuple(dict.fromkeys(said)),
    )


def _difference(number: float | None) -> str:
    return NOTHING if number is None else f"{number:.1e}"


def _found(cells: Iterable[Cell], **wanted: Any) -> Cell | None:
    for cell in cells:
        if all(cell[key] == value for key, value in wanted.items()):
            return cell
    return None


def _title(row: str) -> str:
    return ROWS[row].title if row in ROWS else row


def _ms(cell: Cell | None) -> str:
    if cell is None:
        return NOTHING
    if cell["status"] != "done":
        return SHORT[cell["status"]]
    median = 1000 * cell["seconds"]["median"]
    return f"{median:,.1f}" if median < 1000 else f"{median:,.0f}"


def _mib(cell: Cell | None) -> str:
    if cell is None:
        return NOTHING
    return f"{held_mib(cell):,}" if cell["status"] == "done" else SHORT[cell["status"]]


def _notes(cells: Iterable[Cell]) -> list[str]:
    """Why cells are empty, each reason once with the rows that it holds for."""
    rows: dict[str, list[str]] = {}
    for cell in cells:
        if cell["status"] != "done":
            named = rows.setdefault(f"{cell['status']}: {cell['error']}", [])
            where = f"{cell['row']} {cell['implementation']} {cell['length']}"
            named.append(where)
    return [f"{', '.join(named)}: {said}" for said, named in rows.items()]


def _backends(cells: Iterable[Cell]) -> str:
    ran: dict[str, set[str]] = {}
    for cell in cells:
        if cell["status"] == "done" and cell["implementation"] == "ours":
            for backend in cell["ran"]["attention"]:
                ran.setdefault(backend, set()).add(f"{cell['row']} {cell['length']}")
    return "; ".join(f"{backend}: {', '.join(sorted(where))}" for backend, where in ran.items())


def _heading(result: Mapping[str, Any], head: str, dtype: str) -> str:
    asked = result["configuration"]
    heads = {"token": "token classification, 9 labels", "mlm": "masked language model"}
    return f"{heads[head]}, {dtype}, batch {asked['batch']}, {asked['hardware']}"


def _cells(result: Mapping[str, Any], cells: Sequence[Cell], head: str, dtype: str) -> Table:
    asked = result["configuration"]
    columns = [(n, name) for n in asked["lengths"] for name in asked["implementations"]]
    rows, waiting = [], 0
    for row in asked["rows"]:
        each = [_found(cells, row=row, length=n, implementation=name) for n, name in columns]
        count = result["parameters"].get(row)
        millions = NOTHING if count is None else f"{count / 1e6:.1f}"
        rows.append((_title(row), millions, *map(_ms, each), *map(_mib, each)))
        if row in ROWS:
            asked_for = (ROWS[row].takes(n) for n, _ in columns)
            waiting += sum(a and c is None for a, c in zip(asked_for, each, strict=True))
    width = len(asked["implementations"])
    groups = [("", 1)]
    groups += [(f"ms at {n}", width) for n in asked["lengths"]]
    groups += [(f"MiB at {n}", width) for n in asked["lengths"]]
    names = [name for _, name in columns]
    what = "allocated" if asked["device"].startswith("cuda") else "resident beside the libraries"
    notes = [f"Median of the timed runs. Memory: the most that was {what}, weights included."]
    if backends := _backends(cells):
        notes.append(f"Attention of `ours`: {backends}")
    notes += _not_yet(waiting)
    return Table(
        _heading(result, head, dtype),
        tuple(groups),
        ("model", "mil. parameters", *names, *names),
        tuple(rows),
        notes=(*notes, *_notes(cells)),
    )


def _not_yet(cells: int) -> list[str]:
    """What a run that was cut short has not come to."""
    return [f"Not yet measured: {cells} cells; the same command goes on with them."] * (cells > 0)


def _ratios(result: Mapping[str, Any], cells: Sequence[Cell], head: str, dtype: str) -> Table:
    """Ours against the other columns, the share of the roof, and a student's share of its teacher."""
    asked = result["configuration"]
    others = [name for name in asked["implementations"] if name != "ours"]
    rows = []
    for row in asked["rows"]:
        for length in asked["lengths"]:
            ours = _found(cells, row=row, length=length, implementation="ours")
            if ours is None or ours["status"] != "done":
                continue
            line = [_title(row), str(length)]
            for name in others:
                other = _found(cells, row=row, length=length, implementation=name)
                line.append(_ratio(other, ours))
            for name in others:
                other = _found(cells, row=row, length=length, implementation=name)
                line.append(_memory_ratio(other, ours))
            roof = roof_seconds(result, ours)
            line.append(NOTHING if roof is None else f"{roof / ours['seconds']['median']:.0%}")
            teacher = ROWS[row].teacher if row in ROWS else ""
            over = _found(cells, row=teacher, length=length, implementation="ours")
            line.append(_share(ours, over))
            rows.append(tuple(line))
    peak = result["peaks"][dtype]
    roof_said = (
        f"Roof: {peak['operations_a_second'] / 1e12:,.3g} TFLOP/s and "
        f"{peak['bytes_a_second'] / 1e12:,.3g} TB/s, {peak['source']}."
    )
    return Table(
        f"Ours against the others: {_heading(result, head, dtype)}",
        _groups(
            (
                ("", 1),
                ("times as fast as", len(others)),
                ("memory of ours in", len(others)),
                ("", 2),
            )
        ),
        ("model", "tokens", *others, *others, "of the roof", "of the teacher's time"),
        tuple(rows),
        notes=(roof_said,),
    )


def _groups(groups: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Those that have columns."""
    return tuple(group for group in groups if group[1])


def _ratio(other: Cell | None, ours: Cell) -> str:
    if other is None or other["status"] != "done":
        return NOTHING
    return f"{other['seconds']['median'] / ours['seconds']['median']:.2f}"


def _memory_ratio(other: Cell | None, ours: Cell) -> str:
    if other is None or other["status"] != "done" or held_mib(other) <= 0:
        return NOTHING
    return f"{held_mib(ours) / held_mib(other):.0%}"


def _share(ours: Cell, over: Cell | None) -> str:
    if over is None or over["status"] != "done":
        return NOTHING
    return f"{ours['seconds']['median'] / over['seconds']['median']:.0%}"


def _documents(result: Mapping[str, Any], cells: Sequence[Cell], head: str, dtype: str) -> Table:
    """Documents of real lengths, by how they were brought into batches."""
    asked = result["configuration"]
    rows = []
    for row in asked["rows"]:
        ours = _found(cells, row=row, implementation="ours")
        for cell in (c for c in cells if c["row"] == row):
            done = cell["status"] == "done"
            seconds = cell["seconds"]["median"] if done else None
            fast = ours is not None and ours["status"] == "done" and seconds is not None
            rows.append(
                (
                    _title(row),
                    f"{cell['implementation']}, {cell['arrangement']}",
                    SHORT[cell["status"]] if seconds is None else f"{seconds:,.3f}",
                    NOTHING if seconds is None else f"{cell['documents'] / seconds:,.1f}",
                    NOTHING if seconds is None else f"{cell['tokens'] / seconds:,.0f}",
                    _mib(cell),
                    f"{seconds / ours['seconds']['median']:.2f}" if fast else NOTHING,  # type: ignore[index]  # as `fast` says
                )
            )
    ways = sum(1 if name == "ours" else 2 for name in asked["implementations"])
    count, tokens = asked["documents"]["count"], asked["documents"]["tokens"]
    notes = [
        f"{count:,} documents of {tokens:,} tokens, lengths from {asked['lengths_from']}; padded and cut to "
        f"{asked['lengths'][0]:,}. Tokens are those of documents, without padding."
    ]
    if backends := _backends(cells):
        notes.append(f"Attention of `ours`: {backends}")
    notes += _not_yet(ways * len(asked["rows"]) - len(cells))
    return Table(
        f"Documents of real lengths: {_heading(result, head, dtype)}",
        (),
        ("model", "way", "seconds", "documents/s", "tokens/s", "MiB", "times ours"),
        tuple(rows),
        notes=(*notes, *_notes(cells)),
    )
