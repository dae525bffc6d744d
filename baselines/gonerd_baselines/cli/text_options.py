"""What commands that read texts share: where they lie, and what one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["text_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def text_options(command: Command) -> Command:
    """The argument TEXTS and the option --unit."""
    command = click.option(
        "--unit",
        type=click.Choice(["block", "line", "file"]),  # tokens.texts.UNITS
        default="block",
        show_default=True,
        help="A document of plain text: what stands between empty lines, a line, or all of the file.",
    )(command)
    return click.argument("texts", nargs=-1, required=True, metavar="TEXTS...")(command)
