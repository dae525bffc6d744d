"""A record of a table as tables for a person: ours, the paper's, and the main numbers in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import stdev
from typing import Any

from gonerd.dataset.table import Table
from gonerd_baselines.reproduction.record import NOT_RUN

__all__ = ["finding_lines", "percent", "shown_tables"]

NOTHING = "-"
FAILED = "failed"
VALIDATION = "validation"

Record = Mapping[str, Any]
Cell = Mapping[str, Any]


def shown_tables(record: Record) -> list[Table]:
    """Our numbers; the paper's, where it has any; for each task its main number with all that is known."""
    tables = [_ours(record)]
    if any(cell["paper"] for row in record["rows"] for cell in row["cells"].values()):
        tables.append(_papers(record))
    tables += [_in_full(record, column) for column in record["columns"] if column["leads"]]
    return tables


def percent(value: float | None, digits: int = 1) -> str:
    """Of a share; `-` for none."""
    return NOTHING if value is None else f"{100 * value:.{digits}f}"


def finding_lines(record: Record) -> list[str]:
    """What follows from the table, a sentence each."""
    titles = {row["name"]: row["title"].strip() for row in record["rows"]}
    groups = {each["name"]: _name(each) for each in record["columns"]}
    lines = []
    for found in record["findings"]:
        row, of, where = titles[found["row"]], titles[found["of"]], groups[found["column"]]
        interval = _interval(found)
        if found["what"] == "most kept":
            line = f"{where}: {row} keeps most{_chosen(found)}, {percent(found['value'])}% {interval} of {of}"
        else:
            points = f"{100 * found['value']:+.1f} {interval}"
            best = f", the best student{_chosen(found)}," if "chosen_from" in found else ""
            line = f"{where}: {row}{best} less {of}: {points}"
        lines.append(line)
    return lines


def _chosen(found: Mapping[str, Any]) -> str:
    """The best of several is told by the numbers that it was chosen by: a little too well."""
    of = found["chosen_from"]
    return f" of {of}, chosen by these numbers" if of > 1 else ""


def _ours(record: Record) -> Table:
    rows = [
        (row["title"], *(_value(row["cells"][column["name"]]) for column in record["columns"]))
        for row in record["rows"]
    ]
    missing = {
        cell["missing"]: None
        for row in record["rows"]
        for cell in row["cells"].values()
        if cell["missing"] not in (None, NOT_RUN)
    }
    return Table(
        f"{record['title']}: ours, per cent",
        _groups(record),
        ("model", *(column["title"] for column in record["columns"])),
        tuple(rows),
        notes=(*_said(record), *(f"{FAILED}: {why}" for why in missing)),
    )


def _papers(record: Record) -> Table:
    columns = [
        column
        for column in record["columns"]
        if any(row["cells"][column["name"]]["paper"] for row in record["rows"])
    ]
    rows = [
        (row["paper_row"], *(_printed(row["cells"][column["name"]]) for column in columns))
        for row in record["rows"]
        if any(row["cells"][column["name"]]["paper"] for column in columns)
    ]
    return Table(
        f"{record['title']}: the paper's, as printed",
        _groups({"columns": [{"group": each["paper_group"]} for each in columns]}),
        ("model", *(column["title"] for column in columns)),
        tuple(rows),
        notes=_paper_notes(record),
    )


def _paper_notes(record: Record) -> tuple[str, ...]:
    of = record["reproduction_of"]
    if not record["scale"]["from_scratch"]:
        return ()
    return (f"{of}: other models on other data, to be compared in what is kept alone.",)


def _in_full(record: Record, column: Mapping[str, Any]) -> Table:
    name = column["name"]
    seeds = max(
        (
            len(row["cells"][name]["ours"]["seeds"])
            for row in record["rows"]
            if row["cells"][name]["ours"]
        ),
        default=0,
    )
    printed = any(row["cells"][name]["paper"] for row in record["rows"])
    rows = []
    for row in record["rows"]:
        cell = row["cells"][name]
        ours, kept, paper = cell["ours"], cell["kept"], cell["paper"]
        line = [row["title"], _value(cell), _interval(ours), _spread(ours)]
        line += [NOTHING if kept is None else percent(kept["value"]), _interval(kept)]
        if printed:
            line += [_printed(cell), NOTHING if paper is None else percent(paper["kept"])]
        rows.append(tuple(line))
    over = {c["ours"]["over"] for c in (row["cells"][name] for row in record["rows"]) if c["ours"]}
    return Table(
        f"{_name(column)} in full, per cent",
        (("ours", 3), ("kept of the teacher's", 2), *([("paper", 2)] * printed)),
        ("model", "mean", "95%", "sd", "mean", "95%", *(["", "kept"] * printed)),
        tuple(rows),
        notes=tuple(_interval_notes(over, seeds)),
    )


def _interval_notes(over: set[str | None], seeds: int) -> Iterator[str]:
    said = f"Mean of {seeds} seeds of fine-tuning, sd over them." if seeds > 1 else "One seed."
    yield said
    if "documents" in over:
        yield (
            "Intervals: paired bootstrap over documents (sentences, questions), the same for student and "
            "teacher; not over seeds."
        )
    if "seeds" in over:
        yield "Intervals: Student's t over seeds, where a number has no sum over documents."


def _said(record: Record) -> list[str]:
    scale = record["scale"]
    set_ = f", set {', '.join(scale['set'])}" if scale["set"] else ""
    lines = [
        f"Scale {scale['name']} ({scale['title']}){set_}; teachers of {scale['teacher']}.",
        f"On {record['hardware']}.",
    ]
    if scale["from_scratch"]:
        lines.append(
            "Models were trained from scratch on little text: these are not the paper's numbers made anew."
        )
    lines += [f"{task}: {data}" for task, data in record["data"].items()]
    if any(VALIDATION in splits for splits in record["splits"].values()):
        tasks = ", ".join(task for task, splits in record["splits"].items() if VALIDATION in splits)
        lines.append(f"Measured on the validation split, which also chose the weights: {tasks}.")
    return [*lines, *record["notes"]]


def _groups(record: Record) -> tuple[tuple[str, int], ...]:
    groups: list[tuple[str, int]] = []
    for column in record["columns"]:
        if groups and groups[-1][0] == column["group"]:
            groups[-1] = (column["group"], groups[-1][1] + 1)
        else:
            groups.append((column["group"], 1))
    return tuple(groups)


def _name(column: Mapping[str, Any]) -> str:
    return f"{column['group']} {column['title']}".strip()


def _value(cell: Cell) -> str:
    if cell["ours"] is None:
        if cell["missing"] is None:
            return NOTHING
        return NOT_RUN if cell["missing"] == NOT_RUN else FAILED
    return percent(cell["ours"]["value"])


def _printed(cell: Cell) -> str:
    return NOTHING if cell["paper"] is None else str(cell["paper"]["text"])


def _spread(ours: Mapping[str, Any] | None) -> str:
    if ours is None or len(ours["seeds"]) < 2:
        return NOTHING
    return percent(stdev(ours["seeds"]))


def _interval(found: Mapping[str, Any] | None) -> str:
    if found is None or found["interval"] is None:
        return NOTHING
    low, high = found["interval"]
    return f"[{percent(low)}, {percent(high)}]"
