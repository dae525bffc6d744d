"""A fresh interpreter for every cell: nothing that one leaves behind reaches the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from gonerd.files import read_json
from gonerd_baselines.bench.memory_full import tells_of_full_memory

__all__ = ["Workers", "workers"]

STANDING_BY = 3
"""Processes that import on a GPU's machine while a cell runs; on a processor they would take its time."""

LAST_WORDS = 300
"""Characters of a dead process' standard error that a result keeps."""


class Workers:
    """Gives each order to a process of its own."""

    def __init__(self, folder: Path, *, standing_by: int) -> None:
        self._folder = folder
        self._standing_by = standing_by
        self._number = 0
        self._ready: list[_Worker] = []
        self._lock = Lock()

    def do(self, order: Mapping[str, Any], *, seconds: float | None = None) -> dict[str, Any]:
        """The worker's answer; a process that dies, or takes longer than `seconds`, is an answer, too.

        Several threads may ask at a time.
        """
        with self._lock:
            worker = self._ready.pop(0) if self._ready else self._begin()
            while len(self._ready) < self._standing_by:
                self._ready.append(self._begin())
        return worker.do(order, seconds)

    def close(self) -> None:
        """End those that stand by."""
        for worker in self._ready:
            worker.end()

    def _begin(self) -> _Worker:
        self._number += 1
        # What imports while another cell runs may import more than its own cell needs.
        early = ("--with-transformers",) if self._standing_by else ()
        return _Worker(self._folder / f"{self._number}.json", early=early)


class _Worker:
    def __init__(self, answer: Path, *, early: Sequence[str]) -> None:
        self._answer = answer
        self._said = answer.with_suffix(".txt")
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "gonerd_baselines.bench.worker", str(answer), *early],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=_SURROUNDINGS | os.environ | _NO_NETWORK,
            )

    def do(self, order: Mapping[str, Any], seconds: float | None) -> dict[str, Any]:
        try:
            self._process.communicate(json.dumps(order).encode() + b"\n", timeout=seconds)
        except subprocess.TimeoutExpired:
            self.end()
            return {"status": "error", "error": f"it took more than {seconds:,.0f} s"}
        except BaseException:
            self.end()
            raise
        if self._answer.exists():
            found: dict[str, Any] = read_json(self._answer)
            return found
        status = self._process.returncode
        words = " ".join(self._said.read_text(encoding="utf-8", errors="replace").split())
        full = tells_of_full_memory(status, words)
        how = f"signal {-status}" if status < 0 else f"status {status}"
        return {
            "status": "out of memory" if full else "error",
            "error": f"the process ended with {how}: {words[-LAST_WORDS:] or 'it said nothing'}",
        }

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


_NO_NETWORK = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}

_SURROUNDINGS = {
    "OMP_WAIT_POLICY": "passive",
    # A cell compiles one kernel or two: no need for processes that import torch while it is timed.
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
}
"""What is set where the user has not."""


@contextmanager
def workers(device: str) -> Iterator[Workers]:
    """The processes of one run, with a folder for their answers that is removed with them."""
    with tempfile.TemporaryDirectory(prefix="gonerd-bench-") as name:
        made = Workers(Path(name), standing_by=STANDING_BY if device.startswith("cuda") else 0)
        try:
            yield made
        finally:
            made.close()
