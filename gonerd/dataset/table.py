"""A table as it is shown: aligned columns for a terminal, booktabs for LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Table", "latex_table", "text_table", "turned"]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are shown; the first column is text, the others are numbers."""

    title: str
    groups: tuple[tuple[str, int], ...]
    """Names over the columns after the first, with how many columns each spans."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def turned(table: Table) -> list[Table]:
    """The same figures with a row for each column; of grouped columns, a table for each in a group."""
    rows = [*table.rows, *([table.total] if table.total else [])]
    header = ("dataset", *(row[0].strip() for row in rows))
    if not table.groups:
        body = [
            tuple(cells) for cells in zip(table.header[1:], *(r[1:] for r in rows), strict=True)
        ]
        return [Table(table.title, (), header, tuple(body), (), table.notes)]
    names = [name for name, _ in table.groups]
    width = table.groups[0][1]
    tables = []
    for place in range(width):
        columns = [[row[1 + place + n * width] for row in rows] for n in range(len(names))]
        body = [(name, *column) for name, column in zip(names, columns, strict=True)]
        title = f"{table.title}: {table.header[1 + place]}"
        tables.append(Table(title, (), header, tuple(body), (), table.notes))
    return tables


def text_table(table: Table) -> str:
    """The table in aligned columns, as wide as its cells, without colours."""
    lines = [table.header, *table.rows, *([table.total] if table.total else [])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for title, columns in _spans(table):  # a group's name may be wider than its columns
        inside = sum(widths[n] for n in columns) + 2 * (len(columns) - 1)
        widths[columns[0]] += max(0, len(title) - inside)

    def shown(cells: Sequence[str]) -> str:
        padded = [cells[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "  ".join(padded).rstrip()

    result = [table.title]
    if table.groups:
        over = [" " * widths[0]]
        for title, columns in _spans(table):
            over.append(title.rjust(sum(widths[n] for n in columns) + 2 * (len(columns) - 1)))
        result.append("  ".join(over).rstrip())
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    result += [shown(table.header), rule, *map(shown, table.rows)]
    if table.total:
        result += [rule, shown(table.total)]
    return "\n".join([*result, *table.notes])


def latex_table(table: Table) -> str:
    """The table as a LaTeX `table` for the package booktabs; notes go into the caption."""
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\begin{{tabular}}{{l{'r' * (len(table.header) - 1)}}}",
        r"\toprule",
    ]
    if table.groups:
        over = [rf"\multicolumn{{{span}}}{{c}}{{{_latex(title)}}}" for title, span in table.groups]
        lines.append(" & ".join(["", *over]).strip() + r" \\")
        lines.append(
            " ".join(
                rf"\cmidrule(lr){{{columns[0] + 1}-{columns[-1] + 1}}}"
                for _, columns in _spans(table)
            )
        )
    lines.append(_latex_row(table.header))
    lines += [r"\midrule", *map(_latex_row, table.rows)]
    if table.total:
        lines += [r"\midrule", _latex_row(table.total)]
    caption = " ".join([f"{table.title}.", *table.notes])
    lines += [r"\bottomrule", r"\end{tabular}", rf"\caption{{{_latex(caption)}}}", r"\end{table}"]
    return "\n".join(lines)


def _spans(table: Table) -> list[tuple[str, range]]:
    """Each group's name with the numbers of its columns."""
    spans = []
    first = 1
    for title, span in table.groups:
        spans.append((title, range(first, first + span)))
        first += span
    return spans


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(map(_latex, cells)) + r" \\"


def _latex(text: str) -> str:
    if text in ("p", "p1"):
        return "$p$" if text == "p" else "$p^1$"
    indent = r"\quad " if text.startswith("  ") else ""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {character: f"\\{character}" for character in "&%$#_{}"}
    special |= {"<": "$<$", ">": "$>$"}
    return indent + "".join(special.get(character, character) for character in text.strip())
