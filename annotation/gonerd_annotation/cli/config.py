"""`gonerd annotate config`."""

from __future__ import annotations

import click

from gonerd.console import print_json, print_text
from gonerd_annotation.label_config import STUDIO_LABELS, label_config

__all__ = ["config"]


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object: the XML and its labels."
)
def config(as_json: bool) -> None:
    """Print the labelling interface, to paste into a Label Studio project.

    \b
    Examples:
      gonerd annotate config
      gonerd annotate config > label_config.xml
    """
    if as_json:
        print_json({"label_config": label_config(), "labels": list(STUDIO_LABELS)})
    else:
        print_text(label_config().rstrip("\n"))
