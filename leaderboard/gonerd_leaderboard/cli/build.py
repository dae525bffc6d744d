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
    "--dataset",
    "datasets",
    multiple=True,
    help="Where the gold of boards may lie: a built folder, a Hub id, a corpus file; repeatable. The "
    "sample's is always at hand.",
)
@click.option(
    "--texts",
    is_flag=True,
    help="Write the texts of --dataset into the page, too: only where they may be passed on. Invented "
    "ones always are there.",
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
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Processes that check.  [default: the cores]"
)
@click.option(
    "--force",
    is_flag=True,
    help="Replace a page that stands there already; what has not changed is taken over from it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def build(
    submissions: Path,
    out: Path,
    datasets: tuple[str, ...],
    texts: bool,
    verified: Path | None,
    reported: Path | None,
    jobs: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Check all submissions and write the page: open index.html, or put the folder on any web server.

    Where the gold of a board is at hand, its page tells true and false positives of each document, which
    differences are more than chance, and the intervals of what students keep of their teachers.

    \b
    Examples:
      gonerd leaderboard build submissions --out page
      gonerd leaderboard build submissions --out page --dataset gonerd --verified verified.json --force
    """
    from gonerd.errors import ConfigError
    from gonerd_leaderboard.page import build_page

    if texts and not datasets:
        raise ConfigError(
            "--texts writes the texts of datasets; expected --dataset DATASET with it"
        )
    summary = build_page(
        submissions,
        out,
        datasets=datasets,
        texts=texts,
        verified=verified,
        reported=reported,
        overwrite=force,
        processes=jobs,
    )
    if as_json:
        print_json(
            {
                "path": str(summary.path),
                "boards": summary.boards,
                "with_gold": summary.with_gold,
                "entries": summary.entries,
            }
        )
    else:
        print_text(
            f"entries {summary.entries}, boards {summary.boards}, with gold {summary.with_gold}: "
            f"open {summary.path / 'index.html'}"
        )
