"""A task of GLUE as it was read: rows by split, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import file_sha256

__all__ = ["GlueData", "GlueRow", "GlueSplit"]


@dataclass(frozen=True, slots=True)
class GlueRow:
    """A text or a pair, and its label."""

    number: int
    """Its place in the split, from 0."""
    texts: tuple[str, ...]
    label: float
    """The id of a class, or a number."""


@dataclass(frozen=True, slots=True)
class GlueSplit:
    """Rows of some files, one after another."""

    rows: Sequence[GlueRow]
    files: Sequence[Path]
    left_out: int = 0
    """Lines that are broken in the original."""

    def __post_init__(self) -> None:
        if not self.rows:
            raise InputError(f"{', '.join(map(str, self.files))}: no row to read")

    def record(self) -> dict[str, Any]:
        """JSON values, without paths."""
        return {
            "rows": len(self.rows),
            "left_out": self.left_out,
            "files": [{"name": path.name, "sha256": file_sha256(path)} for path in self.files],
        }


@dataclass(frozen=True, slots=True)
class GlueData:
    """All splits that have labels."""

    source: str
    """What was read: original files, or a copy of the Hub's."""
    train: GlueSplit
    held_out: Mapping[str, GlueSplit]
    hub: Mapping[str, str] = field(default_factory=dict)
    """Id and revision, where it came from there."""

    def record(self) -> dict[str, Any]:
        """JSON values, without paths."""
        splits = {"train": self.train, **self.held_out}
        said = {name: split.record() for name, split in splits.items()}
        return {"source": self.source, **self.hub, "splits": said}
