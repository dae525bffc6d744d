"""A program that is written to and read from at once, line by line, without either side waiting for good."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from gonerd.console import note
from gonerd.errors import InputError, SchemaError
from gonerd.records import json_from_line

__all__ = ["Line", "Process"]

PATIENCE_S = 60.0
"""After so long without a line the person who watches is told what may be wrong."""

ENDING_S = 30.0
"""How long a program may take to end when its input has ended and all is answered."""


class Line(NamedTuple):
    """One JSON value that the program wrote."""

    value: Any


class Process:
    """A running program; a thread writes, another reads, so that full pipes can't stop both sides.

    Its standard error is ours. Python programs are told to write at once (PYTHONUNBUFFERED), as answers would
    otherwise lie in their buffers.
    """

    def __init__(self, words: Sequence[str], *, timeout: float | None) -> None:
        self.lines = 0
        """Lines that were read."""
        self._name = Path(words[0]).name
        self._timeout = timeout
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own program
                list(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                process_group=0,  # what it starts itself ends with it
            )
        except OSError as problem:
            raise InputError(f"cmd: {self._name} can't be started: {problem.strerror}") from None
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._incoming: queue.Queue[bytes | None] = queue.Queue(maxsize=256)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, daemon=True),
            threading.Thread(target=self._read, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the program, whatever it is doing, and take its pipes down."""
        self._stopping.set()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._outgoing.put(None)
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def send(self, record: Any) -> None:
        """Have one line written; it waits in memory until the program takes it."""
        self._outgoing.put(json.dumps(record, ensure_ascii=False).encode() + b"\n")

    def end_input(self) -> None:
        """Say that nothing more comes."""
        self._outgoing.put(None)

    def line(self, document_id: str, *, waiting: int) -> Line:
        """The next line.

        Raises:
            InputError: the program ended, or took longer than it may.
            SchemaError: the line is no JSON.
        """
        found = self._next(document_id, waiting)
        if found is None:
            raise InputError(
                f"cmd: {self._name} {self._end()} before it answered for document {document_id!r}"
            )
        self.lines += 1
        try:
            return Line(json_from_line(found.decode()))
        except (SchemaError, UnicodeDecodeError):
            shown = found[:80].decode("utf-8", "replace").rstrip("\n")
            raise SchemaError(
                f"cmd: {self._name} line {self.lines}, for document {document_id!r}: "
                f"expected one JSON object, found {shown!r}"
            ) from None

    def require_good_end(self) -> None:
        """Wait until the program ends.

        Raises:
            InputError: it fails, or does not end.
            SchemaError: it writes more than was asked for.
        """
        deadline = time.monotonic() + ENDING_S
        try:
            rest = self._incoming.get(timeout=ENDING_S)
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except (queue.Empty, subprocess.TimeoutExpired):
            raise InputError(
                f"cmd: {self._name} goes on {ENDING_S:.0f} s after its last answer; "
                f"expected it to end where its input ends"
            ) from None
        if rest is not None:
            raise SchemaError(
                f"cmd: {self._name} line {self.lines + 1}: expected no more lines than documents"
            )
        if self._process.returncode != 0:
            raise InputError(f"cmd: {self._name} {self._end()} after its last answer")

    def _next(self, document_id: str, waiting: int) -> bytes | None:
        begin = time.monotonic()
        told = False
        while True:
            taken = time.monotonic() - begin
            if self._timeout is not None and taken >= self._timeout:
                raise InputError(
                    f"cmd: {self._name} gave no answer for document {document_id!r} within "
                    f"{self._timeout:g} s"
                )
            if not told and taken >= PATIENCE_S:
                told = True
                note(
                    f"cmd: {self._name} has {waiting} documents and gave no answer for {PATIENCE_S:.0f} s; "
                    f"it must answer while it reads, and flush what it writes"
                )
            step = PATIENCE_S if self._timeout is None else self._timeout - taken
            with contextlib.suppress(queue.Empty):
                return self._incoming.get(timeout=min(step, PATIENCE_S))

    def _end(self) -> str:
        """How the program ended: it has closed its output, which ending programs do."""
        try:
            status = self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return "closed its output"
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with exit status {status}"

    def _write(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        with contextlib.suppress(BrokenPipeError, ValueError):  # the reader tells how it ended
            while (line := self._outgoing.get()) is not None:
                pipe.write(line)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self) -> None:
        pipe = self._process.stdout
        if pipe is None:
            return
        for line in pipe:
            while not self._stopping.is_set():
                with contextlib.suppress(queue.Full):
                    self._incoming.put(line, timeout=0.5)
                    break
        while not self._stopping.is_set():
            with contextlib.suppress(queue.Full):
                self._incoming.put(None, timeout=0.5)
                break
