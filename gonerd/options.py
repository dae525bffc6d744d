"""Options that commands of several packages share, each defined once."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["takedown_option"]

takedown_option = click.option(
    "--takedown",
    "takedown_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="List of URLs, domains and document ids to leave out; repeatable.",
)
