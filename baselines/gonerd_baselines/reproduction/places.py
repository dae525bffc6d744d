"""Where the parts of a reproduction lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Places"]


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie in the folder of a reproduction, which all its tables share."""

    folder: Path

    @property
    def log(self) -> Path:
        """A line for every event."""
        return self.folder / "log.jsonl"

    @property
    def hashes(self) -> Path:
        """Of what is read from outside."""
        return self.folder / "hashes.json"

    @property
    def tables(self) -> Path:
        """A folder for each table."""
        return self.folder / "tables"

    def step(self, name: str) -> Path:
        """A step's folder."""
        return self.folder / "steps" / name

    def state(self, name: str) -> Path:
        """What the step was, and whether it is done."""
        return self.step(name) / "step.json"

    def out(self, name: str) -> Path:
        """What the step's command writes."""
        return self.step(name) / "out"

    def said(self, name: str) -> Path:
        """What the step's process said, where it ran as one of several."""
        return self.step(name) / "said.txt"

    def error(self, name: str) -> Path:
        """The traceback of a step that ended by a bug."""
        return self.step(name) / "error.txt"
