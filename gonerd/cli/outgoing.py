"""What documents go through before they leave: the take-down list, and redaction where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from gonerd.options import takedown_option
from gonerd.schema import Document
from gonerd.takedown import Takedown

__all__ = ["outgoing", "outgoing_options"]


def outgoing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--redact`, `--redact-seed` and `--takedown`, as `outgoing` takes them."""
    for option in (
        takedown_option,
        click.option(
            "--redact-seed",
            metavar="SECRET",
            help="Gives the same surrogates again; keep it to yourself.  [default: a new one each time]",
        ),
        click.option(
            "--redact",
            is_flag=True,
            help="Put surrogates for MISC entities: ages, addresses and phone numbers.",
        ),
    ):
        command = option(command)
    return command


def outgoing(
    documents: Iterable[Document],
    *,
    redact: bool,
    redact_seed: str | None,
    takedown_files: Sequence[Path],
) -> Iterator[Document]:
    """The documents that may leave, one at a time; what is left out is told on stderr at the end.

    Raises:
        UsageError: there is a seed for redaction, but no redaction.
        InputError: a take-down list is missing or broken.
    """
    from gonerd.redaction import new_seed, redact_documents

    if redact_seed is not None and not redact:
        raise click.UsageError("--redact-seed goes with --redact")
    if redact_seed == "":
        raise click.UsageError("--redact-seed is empty, expected a secret")
    allowed = Takedown.read(takedown_files).allowed(documents)
    if redact:
        return redact_documents(allowed, seed=redact_seed or new_seed())
    return allowed
