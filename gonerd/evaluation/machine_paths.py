"""What a result quotes from a machine, without the machine's folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

__all__ = ["public_command", "without_machine_paths"]

PATH = re.compile(r"""(?<![\w./\\~-])(?:(?:~\w*)?/(?!/)|(?:\.\./)+)[^\s:=,;'"<>()\[\]]+""")
"""A path that begins at the root, at a home or above the working folder; not the slashes of a URL."""


def public_command(words: Sequence[str]) -> list[str]:
    """A command line in which what lies outside the working folder has its name alone."""
    return [without_machine_paths(word) for word in words]


def without_machine_paths(text: str) -> str:
    """`text` with the last name alone of each path that leads out of the working folder."""
    return PATH.sub(lambda found: PurePosixPath(found[0]).name, text)
