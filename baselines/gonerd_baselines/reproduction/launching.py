"""A step's command as a process of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from gonerd.errors import OutputError
from gonerd.machine import cores

__all__ = ["Launcher"]

STDERR = 2
"""What a training says of itself is no result of this command."""
THREADS = "OMP_NUM_THREADS"
PYTHON = "-m"
"""Of this interpreter: how a command is started that no words are given for."""


class Launcher:
    """Starts commands, waits for them, and ends those that are left when this command ends."""

    def __init__(self, launch: str | None, *, jobs: int) -> None:
        """Begin each command by the words `launch`; with several `jobs` each has its share of the cores."""
        self.words = shlex.split(launch) if launch else [sys.executable, PYTHON]
        self.environment = dict(os.environ)
        if jobs > 1:
            self.environment.setdefault(THREADS, str(max(1, cores() // jobs)))
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(self, command: Sequence[str], said: Path | None) -> None:
        """Wait for `command`; what it says goes to the file `said`, or to standard error.

        Raises:
            OutputError: there is no such program, or it ends with another status than 0.
        """
        if said is None:
            self._wait_for(command, STDERR, None)
        else:
            with said.open("wb") as stream:
                self._wait_for(command, stream, said)

    def _wait_for(self, command: Sequence[str], to: int | IO[bytes], said: Path | None) -> None:
        words = [*self.words, *command]
        try:
            child = subprocess.Popen(  # noqa: S603 - the user's own words
                words, stdout=to, stderr=subprocess.STDOUT if said else None, env=self.environment
            )
        except FileNotFoundError:
            raise OutputError(f"--launch: there is no program {words[0]!r}") from None
        self._running.add(child)
        try:
            status = child.wait()
        finally:
            self._running.discard(child)
        if status != 0:
            last = _last_line(said) if said else ""
            raise OutputError(last or f"{shlex.join(words)} ended with {status}")

    def end(self) -> None:
        """Tell those that still run to end; each has its last saved state."""
        for child in tuple(self._running):
            child.terminate()


def _last_line(path: Path) -> str:
    """The sentence that a command ends with when something is wrong."""
    lines = path.read_text("utf-8", "replace").splitlines()
    return next((line.removeprefix("gonerd: ") for line in reversed(lines) if line.strip()), "")
