"""What documents are called that have no id of their own."""

from __future__ import annotations

from pathlib import Path

__all__ = ["stem_of"]


def stem_of(path: str | Path) -> str:
    """The name of the file, before the number of a document in it; `stdin` for `-`."""
    return "stdin" if str(path) == "-" else Path(path).name
