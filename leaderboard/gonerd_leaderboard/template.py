"""The page's HTML: the shell that scripts fill, the plain tables without them, the details of an entry."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gonerd.machine import gonerd_version
from gonerd_leaderboard.board import Board
from gonerd_leaderboard.card import EXPOSURES, Card
from gonerd_leaderboard.column import columns_of
from gonerd_leaderboard.number import percent, rounded, short_count, written
from gonerd_leaderboard.reported import ReportedTable
from gonerd_leaderboard.result import Result
from gonerd_leaderboard.verified import TIER_MEANINGS

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["details_html", "details_source", "plain_html", "shell_html"]

DETAILS = ("details.html.jinja", "macros.html.jinja")


def shell_html(boards: Sequence[Board], reported: Sequence[ReportedTable] = ()) -> str:
    """The text of index.html."""
    return _rendered(
        "page.html.jinja",
        boards=boards,
        reported=reported,
        latest=max(row.entry.result.created for board in boards for row in board.rows),
        version=gonerd_version(),
    )


def plain_html(boards: Sequence[Board], reported: Sequence[ReportedTable] = ()) -> str:
    """The text of plain.html: each board as one table, without scripts and without details."""
    return _rendered(
        "plain.html.jinja",
        views=[
            {"board": board, "columns": [c for c in columns_of(board) if c.in_table]}
            for board in boards
        ],
        reported=reported,
        tiers=TIER_MEANINGS,
        exposures=EXPOSURES,
        version=gonerd_version(),
    )


def details_html(id_: str, card: Card, result: Result) -> str:
    """What an opened row tells of an entry; `id_` is its place."""
    return _rendered(
        "details.html.jinja", id=id_, card=card, result=result, exposures=EXPOSURES
    ).strip()


@cache
def details_source() -> str:
    """The templates that `details_html` is made of: another text gives another page."""
    templates = files("gonerd_leaderboard").joinpath("templates")
    return "\0".join(templates.joinpath(name).read_text(encoding="utf-8") for name in DETAILS)


def _rendered(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gonerd_leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "command": _command,
        "counted": _counted,
        "percent": percent,
        "rounded": rounded,
        "short_count": short_count,
        "written": written,
    }
    return environment


def _command(arguments: Sequence[str]) -> str:
    return shlex.join(arguments) or "not stated"


def _counted(tally: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in tally.items())
