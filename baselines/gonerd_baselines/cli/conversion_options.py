"""Options that `gonerd convert` and `gonerd extend` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

__all__ = ["conversion_options"]


def conversion_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The model, its new length, where it goes, and how that is told."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--from",
        "source",
        required=True,
        metavar="PATH|ID",
        help="A model with full attention: a folder, or NAMESPACE/NAME[@REVISION] on the Hub.",
    ),
    click.option(
        "--max-len",
        type=click.IntRange(1),
        default=4096,
        show_default=True,
        help="Tokens of the longest document that it is to read.",
    ),
    click.option(
        "--out", type=click.Path(path_type=Path), required=True, help="The model folder to write."
    ),
    click.option(
        "--head",
        type=click.Choice(["own", "none", "mlm", "token", "sequence", "qa"]),
        default="own",
        show_default=True,
        help="The head to carry over; own is the one that the model's config.json names.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Of the check's random words, and of the pattern where chance plays.",
    ),
    click.option("--force", is_flag=True, help="Replace the folder."),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
)
