"""What a command says: progress and notes on stderr, results on stdout, one JSON object where asked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

__all__ = ["counted", "kind_of", "note", "print_json", "print_text", "shown", "track"]

T = TypeVar("T")

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a terminal takes for a command, or can't be written; line feeds and tabs may stand."""

LONGEST_VALUE = 60
"""Characters of a value that a message quotes."""


def shown(text: str) -> str:
    """`text` for a terminal: what it quotes of files and servers can't move the cursor or set a title."""
    return STEERING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def counted(number: int, thing: str) -> str:
    """`1 document`, `2,237 documents`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def kind_of(value: Any) -> str:
    """Say what a value of JSON or TOML is, in few characters that are safe to print."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if type(value) is int and abs(value) >= 10**50:
        return "a huge number"
    if not isinstance(value, str | int | float | None):
        return f"a {type(value).__name__}"  # TOML has dates and times
    said = json.dumps(value)
    return said if len(said) <= LONGEST_VALUE else said[: LONGEST_VALUE - 1] + "…"


def note(message: str) -> None:
    """One line on stderr, for the person who watches."""
    print(shown(message), file=sys.stderr, flush=True)


def print_text(text: str) -> None:
    """A result for a person, on stdout."""
    print(shown(text), flush=True)


def print_json(value: Any) -> None:
    """A result for a program: one JSON object on stdout and nothing else."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2), flush=True)


def track(items: Iterable[T], description: str, *, total: int | None = None) -> Iterator[T]:
    """Yield `items` behind a progress bar with rate and time left; silent when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        yield from progress.track(items, description=description, total=total)
