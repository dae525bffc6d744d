"""What all figures share: colours, lines, sizes, and the mark of invented documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gonerd.dataset.columns import Column
from gonerd.dataset.statistics import Statistics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "MOST_CURVES",
    "STYLE",
    "WIDTH",
    "footnote",
    "line_style",
    "marked",
    "say_invented",
    "short_names",
    "stacked_bars",
]

# Okabe and Ito's colours, which most colour-blind readers tell apart; line styles differ for print in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
LINES = ("-", "--", "-.", ":")
MOST_CURVES = 4
"""Curves that one axis can hold; with more, every dataset gets a row of its own."""
SYNTHETIC_MARK = "synthetic sample newsroom"
WIDTH = 3.5
"""Inches: one column of a paper."""
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
LONGEST_NAME = 22


def line_style(number: int) -> dict[str, Any]:
    """Colour and line of curve `number`."""
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": LINES[number % len(LINES)]}


def marked(name: str, statistics: Statistics) -> str:
    """The dataset's name, and that it is invented where it is."""
    return f"{name} ({SYNTHETIC_MARK})" if statistics.synthetic else name


def short_names(columns: Sequence[Column]) -> list[str]:
    """Names for the rows of a figure: long ones lose their middle, invented documents have a star."""
    return [_short(name) + (" *" if s.synthetic else "") for name, s in columns]


def stacked_bars(
    axes: Axes,
    rows: Sequence[tuple[str, Sequence[float]]],
    parts: Sequence[tuple[str, Any]],
) -> None:
    """One bar a row from 0 to 1, the first row on top, with a segment for each part (name, colour)."""
    from matplotlib.ticker import PercentFormatter

    places = list(range(len(rows)))
    left = [0.0] * len(rows)
    for number, (name, colour) in enumerate(parts):
        values = [shares[number] for _, shares in rows]
        axes.barh(
            places,
            values,
            0.72,
            left=left,
            color=colour,
            label=name,
            edgecolor="white",
            linewidth=0.4,
        )
        left = [before + value for before, value in zip(left, values, strict=True)]
    axes.set_yticks(places, [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(axis="y", length=0)


def footnote(figure: Figure, text: str) -> None:
    """Small print below the figure."""
    figure.supxlabel(text, fontsize=5.5, color="0.35", x=0.01, ha="left", wrap=True)


def say_invented(figure: Figure, columns: Sequence[Column], note: str = "") -> None:
    """Small print that explains the star of `short_names`, after `note`; none where there is neither."""
    any_invented = any(statistics.synthetic for _, statistics in columns)
    text = " ".join([note] * bool(note) + [f"* {SYNTHETIC_MARK}."] * any_invented)
    if text:
        footnote(figure, text)


def _short(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    half = (LONGEST_NAME - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
