"""Figure 1 of the paper: the density of lengths, one curve a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gonerd.dataset.columns import Column
from gonerd.dataset.density import length_curves
from gonerd.dataset.lengths import LIMITS, quantile
from gonerd.dataset.palette import (
    COLOURS,
    MOST_CURVES,
    WIDTH,
    footnote,
    line_style,
    marked,
    say_invented,
    short_names,
)
from gonerd.dataset.statistics import Statistics

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["length_figure"]

POINTS = 500


def length_figure(columns: Sequence[Column]) -> Figure:
    """The density of the lengths of each dataset's units, the longest 0.5% of each out of view.

    Up to four datasets are curves over one axis, more are rows of their own, each as high as the others.

    Raises:
        InputError: a dataset has no documents.
    """
    from matplotlib.figure import Figure

    density = length_curves(columns, points=POINTS)
    grid, curves, logarithmic = density.at, density.curves, density.logarithmic
    end = float(grid[-1])
    rows = len(columns) > MOST_CURVES
    height = 0.9 + 0.24 * len(columns) if rows else 2.5
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    if logarithmic:
        axes.set_xscale("log")
    axes.set_xlim(grid[0], end)
    (_draw_rows if rows else _draw_curves)(axes, columns, grid, curves)
    _draw_limits(axes, end)
    _name_ticks(axes, logarithmic=logarithmic)
    units = sorted({statistics.unit for _, statistics in columns})
    axes.set_xlabel(f"tokens per {' or '.join(units)}")
    how = "Gaussian KDE of the logarithm" if logarithmic else "Gaussian KDE"
    scale = "; every row has its own scale" if rows else ""
    if rows:
        most = max(_share_beyond(statistics.unit_lengths, end) for _, statistics in columns)
        beyond = f"the longest, at most {100 * most:.1f}% of a dataset" if most else "nothing"
    else:
        beyond = "; ".join(_beyond(*column, end) for column in columns)
    note = f"{how}, Scott's bandwidth{scale}. Not shown: {beyond}."
    if rows:
        say_invented(figure, columns, note)
    else:  # the legend says it
        footnote(figure, note)
    return figure


def _draw_curves(
    axes: Axes,
    columns: Sequence[Column],
    grid: NDArray[np.float64],
    curves: Sequence[NDArray[np.float64]],
) -> None:
    mixed = len({statistics.unit for _, statistics in columns}) > 1
    for number, ((name, statistics), density) in enumerate(zip(columns, curves, strict=True)):
        style = line_style(number)
        unit = f", {statistics.unit}s" if mixed else ""
        axes.plot(grid, density, label=f"{marked(name, statistics)}{unit}", **style)
        axes.fill_between(grid, density, color=style["color"], alpha=0.12, linewidth=0)
    axes.set_ylim(0, 1.08 * max(float(density.max()) for density in curves))
    axes.set_ylabel("density")
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-3, 3), useMathText=True)
    axes.figure.legend(loc="outside upper left")  # inside, it would cover curves


def _draw_rows(
    axes: Axes,
    columns: Sequence[Column],
    grid: NDArray[np.float64],
    curves: Sequence[NDArray[np.float64]],
) -> None:
    for row, ((_, statistics), density) in enumerate(zip(columns, curves, strict=True)):
        top = row - 0.85 * density / density.max()  # the axis points down
        axes.fill_between(grid, top, row, color=COLOURS[0], alpha=0.25, linewidth=0)
        axes.plot(grid, top, color=COLOURS[0], linewidth=0.9)
        median = quantile(statistics.unit_lengths, 0.5)
        axes.plot([median], [row], marker="|", color="black", markersize=4, markeredgewidth=0.9)
    axes.set_ylim(len(columns) - 0.7, -1.1)
    axes.set_yticks(range(len(columns)), short_names(columns))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_limits(axes: Axes, end: float) -> None:
    for limit in LIMITS:
        if axes.get_xlim()[0] < limit < end:
            axes.axvline(limit, color="0.55", linewidth=0.6, linestyle=(0, (2, 2)), zorder=0)
            axes.annotate(
                f"{limit:,}",
                (limit, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 1),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=6,
                color="0.35",
            )


def _name_ticks(axes: Axes, *, logarithmic: bool) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if logarithmic:
        axes.xaxis.set_minor_formatter(NullFormatter())


def _beyond(name: str, statistics: Statistics, end: float) -> str:
    share = _share_beyond(statistics.unit_lengths, end)
    if not share:
        return f"nothing of {name}"
    return f"{100 * share:.1f}% of {name} (longest {max(statistics.unit_lengths):,})"


def _share_beyond(lengths: Counter[int], end: float) -> float:
    return sum(times for length, times in lengths.items() if length > end) / lengths.total()
