"""Table 10 as a figure: the domains with the most documents, and what share they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonerd.dataset.columns import Column
from gonerd.dataset.palette import COLOURS, WIDTH, say_invented, short_names
from gonerd.dataset.paper import PaperColumn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["domain_figure"]

NO_DOMAIN = "(none)"


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    rows: tuple[tuple[str, float, float], ...]
    """Domain, pdf and cdf."""


def domain_figure(
    columns: Sequence[Column], *, paper: Sequence[PaperColumn] = (), top: int = 10
) -> Figure:
    """A panel for each dataset whose documents name domains: pdf as bars, cdf as a line of points."""
    from matplotlib.figure import Figure

    panels = [
        _Panel(
            name,
            tuple((s.domain or NO_DOMAIN, s.pdf, s.cdf) for s in statistics.domain_shares(top)),
        )
        for name, (_, statistics) in zip(short_names(columns), columns, strict=True)
        if any(statistics.domains)
    ]
    panels += [
        _Panel(
            f"{column.name} (paper)",
            tuple((domain, float(pdf), float(cdf)) for domain, _, pdf, cdf in column.domains),
        )
        for column in paper
        if column.domains
    ]
    heights = [len(panel.rows) for panel in panels]
    figure = Figure(
        figsize=(WIDTH, 0.55 + 0.55 * len(panels) + 0.16 * sum(heights)), layout="constrained"
    )
    axes = figure.subplots(len(panels), sharex=True, squeeze=False, height_ratios=heights)
    for panel, place in zip(panels, axes[:, 0], strict=True):
        _draw_panel(place, panel)
    axes[-1, 0].set_xlabel("documents")
    bars_first = axes[0, 0].get_legend_handles_labels()[0][::-1]
    figure.legend(handles=bars_first, loc="outside upper left", ncols=2)
    say_invented(figure, columns)
    return figure


def _draw_panel(axes: Axes, panel: _Panel) -> None:
    from matplotlib.ticker import PercentFormatter

    places = range(len(panel.rows))
    pdf = [share for _, share, _ in panel.rows]
    cdf = [share for _, _, share in panel.rows]
    axes.barh(places, pdf, 0.72, color=COLOURS[0], label="pdf")
    axes.plot(
        cdf,
        places,
        color=COLOURS[1],
        linestyle="--",
        linewidth=0.9,
        marker="o",
        markersize=2.5,
        label="cdf",
    )
    axes.set_title(panel.title, fontsize=7, loc="left")
    axes.set_yticks(places, [domain for domain, _, _ in panel.rows])
    axes.set_ylim(len(panel.rows) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.tick_params(axis="y", length=0, labelsize=6.5)
