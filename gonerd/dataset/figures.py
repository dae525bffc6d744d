"""Figure 1 of the paper and the tags' shares, for print: one column wide, colour-blind safe."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.statistics import Statistics, quantile
from gonerd.errors import InputError, OutputError
from gonerd.files import folder_to_write
from gonerd.labels import TAGS

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["draw_figures", "length_density", "length_figure", "tag_figure"]

Column = tuple[str, Statistics]

# Okabe and Ito's colours, which most colour-blind readers tell apart; line styles differ for print in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
LINES = ("-", "--", "-.", ":")
CLIPPED_AT = 0.995
SYNTHETIC_MARK = "synthetic sample newsroom"
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 300,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "svg.hashsalt": "gonerd",  # equal input gives an equal file
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}


def draw_figures(
    columns: Sequence[Column],
    folder: Path,
    *,
    paper: Sequence[PaperColumn] = (),
    overwrite: bool = False,
) -> list[str]:
    """Write lengths and tags as PNG and SVG into `folder`, all or none; return the files' names.

    Raises:
        InputError: a dataset has no documents.
        OutputError: `folder` has something in it and `overwrite` is off, or holds other files.
    """
    figures: dict[str, Callable[[], Figure]] = {
        "lengths": lambda: length_figure(columns),
        "tags": lambda: tag_figure(columns, paper=paper),
    }
    names = [f"{name}.{ending}" for name in figures for ending in ("png", "svg")]
    if overwrite and folder.is_dir():
        others = sorted(entry.name for entry in folder.iterdir() if entry.name not in names)
        if others:
            raise OutputError(
                f"{folder} holds {others[0]!r}, which is no figure and would be lost; give another folder"
            )
    import matplotlib as mpl

    with folder_to_write(folder, overwrite=overwrite) as partial, mpl.rc_context(STYLE):
        for name, draw in figures.items():
            figure = draw()
            for ending in ("png", "svg"):
                (partial / f"{name}.{ending}").write_bytes(_rendered(figure, ending))
    return names


def length_figure(columns: Sequence[Column]) -> Figure:
    """Figure 1: the density of document lengths, one curve a dataset, the longest 0.5% out of view.

    Raises:
        InputError: a dataset has no documents.
    """
    import numpy as np
    from matplotlib.figure import Figure

    for name, statistics in columns:
        if not statistics.documents:
            raise InputError(f"{name} has no documents, so there are no lengths to draw")
    end = max(quantile(statistics.lengths, CLIPPED_AT) for _, statistics in columns)
    end = max(end * 1.02, 10)
    grid = np.linspace(0, end, 1200, dtype=np.float64)
    figure = Figure(figsize=(3.5, 2.5), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, statistics) in enumerate(columns):
        style = _style(number)
        density = length_density(statistics.lengths, grid)
        axes.plot(grid, density, label=_marked(name, statistics), **style)
        axes.fill_between(grid, density, color=style["color"], alpha=0.12, linewidth=0)
    for limit in (512, 4096):
        if limit < end:
            axes.axvline(limit, color="0.55", linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
            axes.annotate(
                f"{limit:,}",
                (limit, 1),
                xycoords=("data", "axes fraction"),
                xytext=(2, -1),
                textcoords="offset points",
                va="top",
                fontsize=6,
                color="0.35",
            )
    axes.set_xlim(0, end)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("tokens")
    axes.set_ylabel("density")
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-3, 3), useMathText=True)
    axes.legend(loc="upper right", borderaxespad=1.2)
    beyond = "; ".join(_beyond(name, statistics, end) for name, statistics in columns)
    _footnote(figure, f"Gaussian KDE, Scott's bandwidth. Not shown: {beyond}.")
    return figure


def tag_figure(columns: Sequence[Column], *, paper: Sequence[PaperColumn] = ()) -> Figure:
    """Table 9's p1 as bars: the share of each tag among the tokens that are not O."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    tags = TAGS[1:]
    series: list[tuple[str, list[float], dict[str, Any]]] = []
    for number, (name, statistics) in enumerate(columns):
        by_tag = {share.tag: share.p1 or 0.0 for share in statistics.tag_shares()}
        fill = {"color": _style(number)["color"]}
        series.append((_marked(name, statistics), [by_tag[tag] for tag in tags], fill))
    for number, column in enumerate(paper):
        outline = {"color": "white", "edgecolor": "0.3", "hatch": ("///", "...")[number % 2]}
        shares = [column.p1(tag) for tag in tags]
        series.append((f"{column.name} (paper)", shares, {**outline, "linewidth": 0.6}))
    figure = Figure(figsize=(3.5, 2.3 + 0.13 * len(series)), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / len(series)
    for number, (name, values, look) in enumerate(series):
        places = [n - 0.4 + width * (number + 0.5) for n in range(len(tags))]
        axes.bar(places, values, width, label=name, **look)
    axes.set_xticks(range(len(tags)), tags, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_ylabel("share of tokens that are not O")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(axis="x", length=0)
    figure.legend(loc="outside upper left")  # inside, it would cover bars
    return figure


def length_density(lengths: Counter[int], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Gaussian kernel density of `lengths` at `grid`, with Scott's bandwidth, as in the paper.

    scipy's `gaussian_kde` of all lengths gives the same; this takes one kernel for each distinct length,
    so that a million documents cost no more than their distinct lengths.
    """
    import numpy as np

    values = np.array(sorted(lengths), dtype=np.float64)
    weights = np.array([lengths[int(value)] for value in values], dtype=np.float64)
    count = weights.sum()
    mean = (weights * values).sum() / count
    spread = sqrt((weights * (values - mean) ** 2).sum() / max(count - 1, 1))
    width = max(spread * count ** (-1 / 5), 0.5)  # equal lengths would have no width at all
    density = np.zeros_like(grid)
    for value, weight in zip(values, weights, strict=True):
        density += weight * np.exp(-0.5 * ((grid - value) / width) ** 2)
    density /= count * width * sqrt(2 * np.pi)
    return density


def _style(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number % len(LINES)]}


def _marked(name: str, statistics: Statistics) -> str:
    return f"{name} ({SYNTHETIC_MARK})" if statistics.synthetic else name


def _beyond(name: str, statistics: Statistics, end: float) -> str:
    count = sum(times for length, times in statistics.lengths.items() if length > end)
    if not count:
        return f"nothing of {name}"
    share = count / statistics.documents
    return f"{100 * share:.1f}% of {name} (longest {max(statistics.lengths):,})"


def _footnote(figure: Figure, text: str) -> None:
    figure.supxlabel(text, fontsize=5.5, color="0.35", x=0.01, ha="left", wrap=True)


def _rendered(figure: Figure, ending: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    metadata = {"Date": None} if ending == "svg" else {"Software": None}
    figure.savefig(stream, format=ending, dpi=300, metadata=metadata)
    return stream.getvalue()
