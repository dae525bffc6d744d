"""A dataset's figures as files, for print: one column wide, colour-blind safe, PNG and SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gonerd.dataset.columns import Column
from gonerd.dataset.domain_figure import domain_figure
from gonerd.dataset.entity_figures import entity_length_figure, position_figure, tag_figure
from gonerd.dataset.length_figure import length_figure
from gonerd.dataset.palette import STYLE
from gonerd.dataset.paper import PaperColumn
from gonerd.errors import OutputError
from gonerd.files import folder_to_write, require_folder_to_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURES", "draw_figures", "require_figures_to_write"]

FIGURES = ("lengths", "tags", "domains", "entity-lengths", "positions")
ENDINGS = ("png", "svg")


def draw_figures(
    columns: Sequence[Column],
    folder: Path,
    *,
    paper: Sequence[PaperColumn] = (),
    top: int = 10,
    overwrite: bool = False,
) -> list[str]:
    """Write every figure as PNG and SVG into `folder`, all or none; return the files' names.

    Domains are drawn where documents name any.

    Raises:
        InputError: a dataset has no documents.
        OutputError: as `require_figures_to_write`.
    """
    draws: dict[str, Callable[[], Figure]] = {
        "lengths": lambda: length_figure(columns),
        "tags": lambda: tag_figure(columns, paper=paper),
        "domains": lambda: domain_figure(columns, paper=paper, top=top),
        "entity-lengths": lambda: entity_length_figure(columns),
        "positions": lambda: position_figure(columns),
    }
    if not any(any(statistics.domains) for _, statistics in columns):
        del draws["domains"]
    require_figures_to_write(folder, overwrite=overwrite)
    import matplotlib as mpl

    with folder_to_write(folder, overwrite=overwrite) as partial, mpl.rc_context(STYLE):
        for name, draw in draws.items():
            figure = draw()
            for ending in ENDINGS:
                (partial / f"{name}.{ending}").write_bytes(_rendered(figure, ending))
    return _names(draws)


def require_figures_to_write(folder: Path, *, overwrite: bool = False) -> None:
    """Refuse a folder that can't take figures, or an environment that can't draw, before any work is done.

    Raises:
        OutputError: `folder` has something in it and `overwrite` is off, or holds other files.
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib as mpl  # noqa: F401 - that it is there

    require_folder_to_write(folder, overwrite=overwrite)
    if folder.is_dir():
        others = sorted(entry.name for entry in folder.iterdir() if entry.name not in _names())
        if others:
            raise OutputError(
                f"{folder} holds {others[0]!r}, which is no figure and would be lost; give another folder"
            )


def _names(figures: Iterable[str] = FIGURES) -> list[str]:
    return [f"{name}.{ending}" for name in figures for ending in ENDINGS]


def _rendered(figure: Figure, ending: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    metadata = {"Date": None} if ending == "svg" else {"Software": None}
    figure.savefig(stream, format=ending, dpi=300, metadata=metadata)
    return stream.getvalue()
