"""Options that several commands of `gonerd annotate` share."""

from __future__ import annotations

import click

__all__ = ["files_argument", "originals_option", "skip_untrusted_option"]

files_argument = click.argument("files", nargs=-1, required=True, metavar="FILE...")

originals_option = click.option(
    "--documents",
    metavar="FILE",
    help="The documents that were exported as tasks; exports of Label Studio need it.",
)

skip_untrusted_option = click.option(
    "--skip-untrusted",
    is_flag=True,
    help="Leave out and count tasks that can't be trusted; without it they are an error.",
)
