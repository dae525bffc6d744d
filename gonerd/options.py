"""Options that commands of several packages share, each defined once."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["dataset_option", "takedown_option"]

dataset_option = click.option(
    "--dataset",
    metavar="DATASET",
    help="A built folder, a Hub id NAMESPACE/NAME[@REVISION], a corpus file, or 'sample'.  "
    "[default: ./gonerd, else $GONERD_DATASET, else the published one on the Hub]",
)

takedown_option = click.option(
    "--takedown",
    "takedown_files",
    type=click.Path(path_type=Path),
    multiple=True,
    help="List of URLs, domains and document ids to leave out; repeatable.",
)
