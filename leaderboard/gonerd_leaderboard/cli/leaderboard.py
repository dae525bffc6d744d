"""`gonerd leaderboard`: the page, built and shown."""

from __future__ import annotations

import click

from gonerd_leaderboard.cli.build import build
from gonerd_leaderboard.cli.fresh import fresh
from gonerd_leaderboard.cli.serve import serve

__all__ = ["leaderboard"]


@click.group()
def leaderboard() -> None:
    """Build the leaderboard page from submissions, show it locally, or keep a fresh test split.

    \b
    Examples:
      gonerd leaderboard build submissions --out page
      gonerd leaderboard serve page
    """


leaderboard.add_command(build)
leaderboard.add_command(fresh)
leaderboard.add_command(serve)
