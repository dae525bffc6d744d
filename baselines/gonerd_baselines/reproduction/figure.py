"""A table's main numbers with intervals, and what students keep, by matplotlib (extra `figures`)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.dataset.palette import COLOURS, STYLE, footnote
from gonerd.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_table_figure", "table_figure"]

ENDINGS = ("png", "svg")

Record = Mapping[str, Any]


def draw_table_figure(record: Record, folder: Path) -> list[str]:
    """Write `TABLE.png` and `TABLE.svg`; return their names, none where no number is there.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    names: list[str] = []
    with mpl.rc_context(STYLE):
        figure = table_figure(record)
        if figure is None:
            return names
        FigureCanvasAgg(figure)
        for ending in ENDINGS:
            stream = io.BytesIO()
            metadata = {"Date": None} if ending == "svg" else {"Software": None}
            figure.savefig(stream, format=ending, dpi=200, metadata=metadata)
            names.append(f"{record['table']}.{ending}")
            write_bytes(folder / names[-1], stream.getvalue(), overwrite=True)
    return names


def table_figure(record: Record) -> Figure | None:
    """A line a model; for each task two panels: the number itself, and what of the teacher's is kept.

    Filled marks are ours, hollow ones the paper's, which are of other models on other data.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    columns = [
        column
        for column in record["columns"]
        if column["leads"] and any(row["cells"][column["name"]]["ours"] for row in record["rows"])
    ]
    rows = [
        row
        for row in record["rows"]
        if any(row["cells"][column["name"]]["ours"] for column in columns)
    ]
    if not columns or not rows:
        return None
    blocks = list(dict.fromkeys(row["block"] for row in rows))
    colours = {block: COLOURS[n % len(COLOURS)] for n, block in enumerate(blocks)}
    width = 2.2 + 2.1 * 2 * len(columns)
    figure = Figure(figsize=(width, 0.9 + 0.17 * len(rows)), layout="constrained")
    panels = figure.subplots(1, 2 * len(columns), sharey=True, squeeze=False)[0]
    any_paper = False
    for number, column in enumerate(columns):
        value, kept = panels[2 * number : 2 * number + 2]
        cells = [row["cells"][column["name"]] for row in rows]
        for place, (row, cell) in enumerate(zip(rows, cells, strict=True)):
            look = {"color": colours[row["block"]], "marker": "s" if row["control"] else "o"}
            _mark(value, place, cell["ours"], look)
            _mark(kept, place, cell["kept"], look)
            printed = cell["paper"] and cell["paper"]["kept"]
            if printed:
                any_paper = True
                kept.plot(100 * printed, place, "o", mfc="none", mec="0.35", markersize=5, mew=0.8)
        name = f"{column['group']} {column['title']}".strip()
        value.set_xlabel(f"{name}, %")
        kept.set_xlabel(f"{name},\n% of the teacher's")
        kept.axvline(100, color="0.75", linewidth=0.7, zorder=0)
    panels[0].set_yticks(range(len(rows)), [_label(row) for row in rows])
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    for axes in panels:
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="y", color="0.94", linewidth=0.6)
        axes.set_axisbelow(True)
    shown = [
        Line2D([], [], color=colours[block], marker="o", markersize=4, linestyle="", label=block)
        for block in blocks
        if block
    ]
    if any_paper:
        shown.append(
            Line2D([], [], mfc="none", mec="0.35", marker="o", linestyle="", label="the paper's")
        )
    if shown:
        figure.legend(handles=shown, loc="outside upper right", ncols=len(shown))
    scratch = "; from scratch, no numbers of the paper's" if record["scale"]["from_scratch"] else ""
    footnote(figure, f"Scale {record['scale']['name']}{scratch}. Bars: 95% intervals.")
    return figure


def _mark(axes: Axes, place: int, found: Mapping[str, Any] | None, look: Mapping[str, Any]) -> None:
    if found is None or found["value"] is None:
        return
    low, high = found["interval"] or (None, None)
    if low is not None and high is not None:
        axes.plot([100 * low, 100 * high], [place, place], color=look["color"], linewidth=1.1)
    axes.plot(100 * found["value"], place, linestyle="", markersize=3.6, **look)


def _label(row: Mapping[str, Any]) -> str:
    title: str = row["title"]
    return title.strip()
