"""Entities as figures: shares of tags, lengths in tokens, and where in the document they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gonerd.dataset.columns import Column
from gonerd.dataset.palette import (
    COLOURS,
    MOST_CURVES,
    WIDTH,
    line_style,
    marked,
    say_invented,
    short_names,
    stacked_bars,
)
from gonerd.dataset.paper import PaperColumn
from gonerd.dataset.positions import TENTHS
from gonerd.dataset.statistics import Statistics
from gonerd.labels import LABELS, TAGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["entity_length_figure", "position_figure", "tag_figure"]

LENGTHS = ("1", "2", "3", "4", "5 or more")
"""The parts of the bars of `entity_length_figure`, in tokens."""
INSIDE = 0.45
"""Opacity of I tags beside the B tags of their label."""


def tag_figure(columns: Sequence[Column], *, paper: Sequence[PaperColumn] = ()) -> Figure:
    """Table 9's p1: the share of each tag among the tokens that are not O; many datasets are stacked bars."""
    if len(columns) + len(paper) > MOST_CURVES:
        return _stacked_tags(columns, paper)
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    tags = TAGS[1:]
    series: list[tuple[str, list[float], dict[str, Any]]] = []
    for number, (name, statistics) in enumerate(columns):
        by_tag = {share.tag: share.p1 or 0.0 for share in statistics.tag_shares()}
        fill = {"color": line_style(number)["color"]}
        series.append((marked(name, statistics), [by_tag[tag] for tag in tags], fill))
    for number, column in enumerate(paper):
        outline = {"color": "white", "edgecolor": "0.3", "hatch": ("///", "...")[number % 2]}
        shares = [column.p1(tag) for tag in tags]
        series.append((f"{column.name} (paper)", shares, {**outline, "linewidth": 0.6}))
    figure = Figure(figsize=(WIDTH, 2.3 + 0.13 * len(series)), layout="constrained")
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


def entity_length_figure(columns: Sequence[Column]) -> Figure:
    """The share of entities that have one, two, three, four or more tokens, a bar a dataset."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [
        (name, _length_shares(statistics))
        for name, (_, statistics) in zip(short_names(columns), columns, strict=True)
    ]
    colours = mpl.colormaps["cividis"]([0.08, 0.3, 0.52, 0.74, 0.95])
    figure = Figure(figsize=(WIDTH, 0.95 + 0.24 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    stacked_bars(axes, rows, list(zip(LENGTHS, colours, strict=True)))
    axes.set_xlabel("entities")
    figure.legend(loc="outside upper left", ncols=len(LENGTHS), title="tokens", **_TIGHT)
    say_invented(figure, columns)
    return figure


def position_figure(columns: Sequence[Column]) -> Figure:
    """Entities per 100 tokens in each tenth of the documents; many datasets are rows of shaded cells."""
    from matplotlib.figure import Figure

    if len(columns) > MOST_CURVES:
        return _position_rows(columns)
    figure = Figure(figsize=(WIDTH, 2.2), layout="constrained")
    axes = figure.add_subplot()
    middles = [(100 * tenth + 50) / TENTHS for tenth in range(TENTHS)]
    for number, (name, statistics) in enumerate(columns):
        heights = [density.per_100 for density in statistics.positions.by_tenth()]
        axes.plot(
            middles,
            heights,
            marker="os^D"[number % 4],
            markersize=3,
            label=marked(name, statistics),
            **line_style(number),
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(bottom=0)
    _name_tenths(axes)
    axes.set_ylabel("entities per 100 tokens")
    figure.legend(loc="outside upper left")
    return figure


def _stacked_tags(columns: Sequence[Column], paper: Sequence[PaperColumn]) -> Figure:
    from matplotlib.colors import to_rgb
    from matplotlib.figure import Figure

    tags = TAGS[1:]
    rows = [(f"{column.name} (paper)", [column.p1(tag) for tag in tags]) for column in paper]
    for name, (_, statistics) in zip(short_names(columns), columns, strict=True):
        by_tag = {share.tag: share.p1 or 0.0 for share in statistics.tag_shares()}
        rows.append((name, [by_tag[tag] for tag in tags]))
    parts: list[tuple[str, Any]] = []
    for tag in tags:
        colour = to_rgb(COLOURS[LABELS.index(tag[2:])])
        faded = tuple(1 - INSIDE * (1 - part) for part in colour)
        parts.append((tag, colour if tag.startswith("B") else faded))
    figure = Figure(figsize=(WIDTH, 1.05 + 0.24 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    stacked_bars(axes, rows, parts)
    axes.set_xlabel("tokens that are not O")
    figure.legend(loc="outside upper left", ncols=len(LABELS), **_TIGHT)
    say_invented(figure, columns)
    return figure


def _position_rows(columns: Sequence[Column]) -> Figure:
    import numpy as np
    from matplotlib.figure import Figure

    ratios = []
    for _, statistics in columns:
        mean = statistics.per_100() or 1.0
        ratios.append([density.per_100 / mean for density in statistics.positions.by_tenth()])
    farthest = max(abs(np.log2(np.maximum(ratios, 2**-2))).max(), 0.5)
    figure = Figure(figsize=(WIDTH, 0.85 + 0.24 * len(columns)), layout="constrained")
    axes = figure.add_subplot()
    axes.pcolormesh(  # a picture of cells would not be vectors
        np.linspace(0, 100, TENTHS + 1),
        np.arange(len(columns) + 1) - 0.5,
        np.log2(np.maximum(ratios, 2**-2)),
        cmap="PuOr_r",
        vmin=-farthest,
        vmax=farthest,
        edgecolors="white",
        linewidth=0.4,
    )
    axes.set_ylim(len(columns) - 0.5, -0.5)
    for row, cells in enumerate(ratios):
        for tenth, ratio in enumerate(cells):
            dark = abs(np.log2(max(ratio, 2**-2))) > 0.7 * farthest
            axes.text(
                (100 * tenth + 50) / TENTHS,
                row,
                f"{ratio:.1f}",
                ha="center",
                va="center",
                fontsize=5.5,
                color="white" if dark else "0.15",
            )
    axes.set_yticks(range(len(columns)), short_names(columns))
    axes.tick_params(axis="y", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    _name_tenths(axes)
    note = "Entities per token in each tenth, over the dataset's own mean."
    say_invented(figure, columns, note)
    return figure


_TIGHT: dict[str, Any] = {
    "columnspacing": 1.0,
    "handlelength": 1.0,
    "handletextpad": 0.4,
    "title_fontsize": 7,
    "alignment": "left",
}


def _length_shares(statistics: Statistics) -> list[float]:
    counts = statistics.mentions.lengths_of()
    total = counts.total() or 1
    shares = [counts[tokens] / total for tokens in range(1, len(LENGTHS))]
    longer = sum(times for tokens, times in counts.items() if tokens >= len(LENGTHS))
    return [*shares, longer / total]


def _name_tenths(axes: Axes) -> None:
    from matplotlib.ticker import PercentFormatter

    axes.set_xticks(range(0, 101, 20))
    axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    axes.set_xlabel("place in the document")
