"""Time and memory against length, with the roof of the device, by matplotlib (extra `figures`)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.dataset.palette import COLOURS, STYLE
from gonerd.files import write_bytes
from gonerd_baselines.bench.rows import ROWS
from gonerd_baselines.bench.table import Cell, held_mib, roof_seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bench_figure", "draw_bench_figure", "has_curves"]

ENDINGS = ("png", "svg")

_LINES: Mapping[str, Mapping[str, Any]] = {
    "ours": {"linestyle": "-", "marker": "o"},
    "transformers": {"linestyle": "--", "marker": "s"},
    "sdpa": {"linestyle": ":", "marker": "^"},
    "eager": {"linestyle": (0, (3, 1, 1, 1)), "marker": "v"},
}
_NAMES = {
    "ours": "ours",
    "transformers": "transformers",
    "sdpa": "full attention, SDPA",
    "eager": "transformers, eager",
}


def has_curves(result: Mapping[str, Any]) -> bool:
    """Whether cells of more than one length were timed."""
    done = [cell for cell in result["cells"] if cell["status"] == "done"]
    real = result["configuration"]["documents"] is not None
    return not real and len({cell["length"] for cell in done}) > 1


def draw_bench_figure(result: Mapping[str, Any], folder: Path) -> list[str]:
    """Write `HEAD-DTYPE.png` and `.svg` for each head and type of numbers; return their names.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    asked = result["configuration"]
    names = []
    for head in asked["heads"]:
        for dtype in asked["dtypes"]:
            with mpl.rc_context(STYLE):
                figure = bench_figure(result, head, dtype)
                FigureCanvasAgg(figure)
                for ending in ENDINGS:
                    stream = io.BytesIO()
                    metadata = {"Date": None} if ending == "svg" else {"Software": None}
                    figure.savefig(stream, format=ending, dpi=200, metadata=metadata)
                    name = f"{head}-{dtype}.{ending}"
                    write_bytes(folder / name, stream.getvalue(), overwrite=True)
                    names.append(name)
    return names


def bench_figure(result: Mapping[str, Any], head: str, dtype: str) -> Figure:
    """Two panels with logarithmic axes; a colour is a row, a line's form an implementation.

    What two columns have in common is drawn once, as the first.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    asked = result["configuration"]
    cells = [
        cell
        for cell in result["cells"]
        if (cell["head"], cell["dtype"], cell["status"]) == (head, dtype, "done")
        and "same_as" not in cell
    ]
    rows = [row for row in asked["rows"] if any(cell["row"] == row for cell in cells)]
    names = [n for n in asked["implementations"] if any(c["implementation"] == n for c in cells)]
    figure = Figure(figsize=(7.2, 4.1), layout="constrained")
    time, memory = figure.subplots(1, 2)
    for number, row in enumerate(rows):
        colour = COLOURS[number % len(COLOURS)]
        for name in names:
            own = [c for c in cells if c["row"] == row and c["implementation"] == name]
            look = {"color": colour, "markersize": 3, "linewidth": 1.1, **_LINES[name]}
            _curve(time, own, lambda cell: cell["seconds"]["median"], look)
            _curve(memory, own, lambda cell: max(1, held_mib(cell)) / 1024, look)
        ours = [c for c in cells if c["row"] == row and c["implementation"] == "ours"]
        roofs = [(c["length"], roof) for c in ours if (roof := roof_seconds(result, c)) is not None]
        if roofs:
            time.plot(*zip(*sorted(roofs), strict=True), color=colour, linewidth=3, alpha=0.25)
    for axes, label in ((time, "seconds a batch"), (memory, "GiB")):
        _scale(axes, sorted({cell["length"] for cell in cells}))
        axes.set_ylabel(label)
    shown = [
        Line2D([], [], color=COLOURS[number % len(COLOURS)], label=_title(row))
        for number, row in enumerate(rows)
    ]
    shown += [
        Line2D([], [], color="0.3", markersize=3, label=_NAMES[n], **_LINES[n]) for n in names
    ]
    if "ours" in names:
        shown.append(
            Line2D([], [], color="0.3", linewidth=3, alpha=0.25, label="roof of the device")
        )
    figure.legend(handles=shown, loc="outside upper left", ncols=4, fontsize=7)
    said = (
        f"tokens of a document ({head} head, {dtype}, batch {asked['batch']}, {asked['hardware']})"
    )
    if any(_full(cell, head, dtype) for cell in result["cells"]):
        said += "\na line ends where memory was full"
    figure.supxlabel(said, fontsize=7)
    return figure


def _full(cell: Cell, head: str, dtype: str) -> bool:
    of_figure = (cell["head"], cell["dtype"]) == (head, dtype)
    return of_figure and cell["status"] == "out of memory"


def _title(row: str) -> str:
    return ROWS[row].title.strip() if row in ROWS else row


def _curve(axes: Axes, cells: Sequence[Cell], of: Any, look: Mapping[str, Any]) -> None:
    points = sorted((cell["length"], of(cell)) for cell in cells)
    if points:
        axes.plot(*zip(*points, strict=True), **look)


def _scale(axes: Axes, lengths: Sequence[int]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator

    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(lengths, [f"{length:,}" for length in lengths], rotation=45, ha="right")
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(visible=True, which="major", color="0.9", linewidth=0.5)
