"""`--url` and `--token`: how commands reach a Label Studio server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from gonerd.console import note

if TYPE_CHECKING:
    from gonerd_annotation.server import Studio

__all__ = ["connect", "connection_options"]

TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"  # noqa: S105 - the name, not the secret
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The address of the server, and the token, which is better kept in the environment."""
    for option in (
        click.option(
            "--token",
            envvar=TOKEN_VARIABLE,
            metavar="TOKEN",
            help="Personal access token or legacy token; better left to the environment variable "
            f"{TOKEN_VARIABLE}, since others on the machine can read command lines.",
        ),
        click.option(
            "--url",
            envvar="LABEL_STUDIO_URL",
            required=True,
            metavar="URL",
            help="Address of the server, or the environment variable LABEL_STUDIO_URL.",
        ),
    ):
        command = option(command)
    return command


def connect(url: str, token: str | None) -> Studio:
    """The server, after it has accepted the token.

    Raises:
        UsageError: there is no token.
        ConfigError: the address or the token can't be one.
        InputError: the server can't be reached, or refuses the token.
    """
    if token is None:
        raise click.UsageError(
            f"there is no token for {url}: set the environment variable {TOKEN_VARIABLE}; "
            "Label Studio shows tokens under Account & Settings"
        )
    from gonerd_annotation.server import Studio, checked_url

    address = checked_url(url)
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        note(f"{address} is not encrypted: token and texts can be read on the way")
    return Studio(address, token)
