"""What a training says of itself while it goes: JSON Lines, and TensorBoard where it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gonerd.errors import ExtraError
from gonerd.files import write_text

__all__ = ["Log"]


class Log:
    """Lines with a step each; those after the step that a training resumes at are taken back."""

    def __init__(self, path: Path, *, step: int, tensorboard: Path | None = None) -> None:
        """Go on at `step`.

        Raises:
            ExtraError: TensorBoard is asked for and not installed.
        """
        self.path = path
        kept = [line for line in read_log(path) if line["step"] <= step]
        write_text(path, "".join(json.dumps(line) + "\n" for line in kept), overwrite=True)
        self._board = None if tensorboard is None else _board(tensorboard, step)

    def write(self, step: int, values: Mapping[str, Any]) -> None:
        """One line, on disk when this returns."""
        with self.path.open("a") as out:
            out.write(json.dumps({"step": step, **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """End TensorBoard's file."""
        if self._board is not None:
            self._board.close()


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines so far; one that was cut off by a kill is left out."""
    found = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def _board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ExtraError(
            "TensorBoard is not installed; pip install 'gonerd[tensorboard]'"
        ) from None
    return SummaryWriter(str(folder), purge_step=step + 1)
