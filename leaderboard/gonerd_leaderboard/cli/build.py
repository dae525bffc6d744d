"""`gonerd leaderboard build`: submissions become a folder of static files."""

from __future__ import annotations

from pathlib import Path

import click

from gonerd.console import print_json, print_text

__all__ = ["build"]


@click.command()
@click.argument("submissions", type=click.Path(path_type=Path), metavar="SUBMISSIONS")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder to write the page to."
)
@click.option(
    "--verified",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What 'gonerd verify --record FILE' found; without it every entry is self-reported.",
)
@click.option(
    "--reported",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Show the tables of this folder's TOML files below: figures that were reported elsewhere.",
)
@click.option("--force", is_flag=True, help="Replace a page that stands there already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def build(
    submissions: Path,
    out: Path,
    verified: Path | None,
    reported: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Check all submissions and write the page: index.html, leaderboard.json, leaderboard.csv.

    The page opens from disk and from any web server, and loads nothing from elsewhere.

    \b
    Examples:
      gonerd leaderboard build submissions --out page
      gonerd leaderboard build submissions --out page --verified verified.json --force --json
    """
    from gonerd_leaderboard.page import build_page

    summary = build_page(submissions, out, verified=verified, reported=reported, overwrite=force)
    if as_json:
        print_json(
            {"path": str(summary.path), "boards": summary.boards, "entries": summary.entries}
        )
    else:
        print_text(
            f"entries {summary.entries}, boards {summary.boards}: open {summary.path / 'index.html'}"
        )
