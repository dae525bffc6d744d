"""Commands in this process, and what they say."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from gonerd.cli.main import run


@dataclass(frozen=True)
class Typed:
    exit_code: int
    stdout: str
    stderr: str


def typed(*words: str | Path) -> Typed:
    """Run one command line."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = run([str(word) for word in words])
    return Typed(status, out.getvalue(), err.getvalue())
