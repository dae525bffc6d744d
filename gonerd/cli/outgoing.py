"""What documents go through before they leave: the take-down list, and redaction where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from gonerd.console import note
from gonerd.schema import Document
from gonerd.takedown import Takedown

__all__ = ["outgoing", "outgoing_options"]

ADDRESSES = ("url", "final_url", "canonical")


def outgoing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--redact`, `--redact-seed` and `--takedown`, as `outgoing` takes them."""
    for option in (
        click.option(
            "--takedown",
            "takedown_files",
            type=click.Path(path_type=Path),
            multiple=True,
            help="List of URLs, domains and document ids to leave out; repeatable.",
        ),
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
    allowed = _allowed(documents, Takedown.read(takedown_files))
    if redact:
        return redact_documents(allowed, seed=redact_seed or new_seed())
    return allowed


def _allowed(documents: Iterable[Document], takedown: Takedown) -> Iterator[Document]:
    left_out: list[str] = []
    for document in documents:
        urls = [str(document.meta[key]) for key in ADDRESSES if document.meta.get(key)]
        entry = takedown.reason(id=document.id, urls=urls)
        if entry is None:
            yield document
        else:
            left_out.append(f"document {document.id!r} by {entry}")
    if left_out:
        note(
            f"left out as taken down: {len(left_out)} "
            f"{'document' if len(left_out) == 1 else 'documents'}; the first is {left_out[0]}"
        )
