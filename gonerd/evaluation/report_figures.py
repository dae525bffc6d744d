"""The figures of a report: SVG that takes its colours from the page, so that it is read in light and dark.

What a figure shows stands in a table of the page as well. matplotlib (the extra `figures`) draws them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gonerd.dataset.palette import STYLE, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bucket_figure", "calibration_figure", "error_figure", "forest_figure", "svg_of"]

# Colours that no figure means: each becomes one of the page's own.
INK, QUIET, GRID, SERIES = "#010203", "#010204", "#010205", "#010206"
PARTS = ("#010211", "#010212", "#010213", "#010214", "#010215")
PAGE_COLOURS = {
    INK: "var(--text)",
    QUIET: "var(--quiet)",
    GRID: "var(--line)",
    SERIES: "var(--series)",
}
PAGE_COLOURS |= {colour: f"var(--part-{number})" for number, colour in enumerate(PARTS)}

STYLES: dict[Any, Any] = {
    **STYLE,
    "axes.edgecolor": QUIET,
    "axes.grid": True,
    "axes.labelcolor": QUIET,
    "axes.spines.left": False,
    "axes.titlesize": 8,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "svg.fonttype": "none",  # the page's own font, and text that can be searched
    "text.color": INK,
    "text.parse_math": False,  # a name from a file is no formula
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8,
}
LONGEST_NAME = 16
MOST_TICKS = 9


def svg_of(name: str, label: str, draw: Callable[[], Figure]) -> str:
    """What `draw` gives as an `<svg>` to stand in a page; `label` says what it shows.

    `name` makes its ids its own. The same figure gives the same text.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLES):
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        figure = draw()
        FigureCanvasSVG(figure)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    for sentinel, colour in PAGE_COLOURS.items():
        text = text.replace(sentinel, colour)
    box = re.search(r'viewBox="[^"]*"', text)
    begin = f'<svg role="img" aria-label="{escape(label)}" {box[0] if box else ""}>'
    return begin + text[text.index(">") + 1 :].strip()


def forest_figure(rows: Sequence[tuple[str, Mapping[str, Any], Sequence[float]]]) -> Figure:
    """F1 with its interval, a row each: (name, counts, interval)."""
    figure, axes = _figure(0.75 + 0.25 * len(rows))
    for place, (_, counts, (low, high)) in enumerate(rows):
        axes.plot([100 * low, 100 * high], [place, place], color=SERIES, linewidth=2, alpha=0.45)
        axes.plot([100 * counts["f1"]], [place], "o", color=SERIES, markersize=5)
    axes.set_yticks(range(len(rows)), [_short(name) for name, _, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    _percent_axis(axes.xaxis, axes.set_xlim)
    axes.set_xlabel("F1, per cent")
    return figure


def bucket_figure(
    buckets: Mapping[str, Mapping[str, Any]],
    *,
    total: float,
    what: str,
    limit: int | None = None,
    said: str = "",
) -> Figure:
    """F1 by bucket, in order, beside that of the whole; below it the gold that each bucket holds.

    Args:
        buckets: named by their bounds where `limit` is to be marked.
        total: F1 of the whole.
        what: the name of the axis.
        limit: where the model's input ends, in the buckets' unit.
        said: what stands at the mark.
    """
    names = list(buckets)
    places = list(range(len(names)))
    gold = [counts["tp"] + counts["fn"] for counts in buckets.values()]
    figure, (axes, below) = _two_axes()
    axes.axhline(100 * total, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    f1 = [100 * c["f1"] if n else float("nan") for c, n in zip(buckets.values(), gold, strict=True)]
    axes.plot(places, f1, "o-", color=SERIES, markersize=4)
    axes.grid(visible=False, axis="x")
    _percent_axis(axes.yaxis, axes.set_ylim)
    axes.set_ylabel("F1, per cent")
    below.bar(places, gold, 0.7, color=SERIES, alpha=0.35)
    below.set_ylabel("gold")
    below.grid(visible=False)
    below.locator_params(axis="y", nbins=2)
    step = -(-len(names) // MOST_TICKS)
    below.set_xticks(places[::step], [_short(name) for name in names[::step]])
    if len(names) // step > 5:
        below.tick_params(axis="x", labelrotation=30)
        for tick in below.get_xticklabels():
            tick.set(ha="right", rotation_mode="anchor")
    below.set_xlabel(what)
    at = _place_of(limit, names) if limit else None
    if at is not None:
        for one in (axes, below):
            one.axvline(at, color=INK, linewidth=1, linestyle=(0, (1, 2)))
        on_left = at > len(names) / 2
        axes.annotate(
            said,
            (at, 4),
            xytext=(-3 if on_left else 3, 0),
            textcoords="offset points",
            ha="right" if on_left else "left",
            fontsize=7,
        )
    axes.set_xlim(-0.6, len(names) - 0.4)
    return figure


def error_figure(errors: Mapping[str, int]) -> Figure:
    """What became of the gold as one bar, and what was found beside it as another, on one scale."""
    figure, axes = _figure(1.35)
    kinds = [kind for kind in errors if kind != "spurious"]
    left = 0
    for kind, colour in zip(kinds, PARTS, strict=True):
        axes.barh([0], [errors[kind]], 0.6, left=[left], color=colour, label=kind)
        left += errors[kind]
    axes.barh([1], [errors["spurious"]], 0.6, color=QUIET, alpha=0.6)
    axes.set_yticks([0, 1], ["gold", "spurious"])
    axes.set_ylim(1.6, -0.6)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, max(left, errors["spurious"], 1))
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("entities")
    figure.legend(loc="outside upper left", ncols=len(kinds), columnspacing=1, handlelength=1)
    return figure


def calibration_figure(bins: Sequence[Mapping[str, Any]]) -> Figure:
    """How often predictions are right at each confidence, beside the line where both are equal."""
    figure, (axes, below) = _two_axes()
    axes.plot([0, 1], [0, 100], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.plot(
        [one["confidence"] for one in bins],
        [100 * one["precision"] for one in bins],
        "o-",
        color=SERIES,
        markersize=4,
    )
    _percent_axis(axes.yaxis, axes.set_ylim)
    axes.set_ylabel("right, per cent")
    middles = [(one["low"] + one["high"]) / 2 for one in bins]
    widths = [0.9 * (one["high"] - one["low"]) for one in bins]
    below.bar(middles, [one["n"] for one in bins], widths, color=SERIES, alpha=0.35)
    below.set_ylabel("found")
    below.grid(visible=False)
    below.locator_params(axis="y", nbins=2)
    below.set_xlabel("confidence")
    axes.set_xlim(0, 1)
    return figure


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    return figure, axes


def _two_axes() -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 2.6), layout="constrained")
    both: Sequence[Axes] = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    for axes in both:
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
    return figure, both


def _percent_axis(axis: Any, set_limits: Callable[[float, float], Any]) -> None:
    set_limits(0, 102)
    axis.set_ticks([0, 20, 40, 60, 80, 100])


def _place_of(limit: int, names: Sequence[str]) -> float | None:
    """Where `limit` lies among buckets named by their bounds; None beyond the last, or without bounds."""
    bounds = [re.match(r"\d+", name.replace(",", "")) for name in names]
    lows = [int(found[0]) if found else -1 for found in bounds]
    if -1 in lows or lows != sorted(set(lows)):
        return None
    for place, (low, high) in enumerate(pairwise(lows)):
        if low < limit <= high:
            return place - 0.5 + (limit - low) / (high - low)
    return None


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
