"""Processes that do one job at a time and are killed when it takes too long or too much memory.

A page is made by strangers: one that is built to be slow, huge or to crash the parser costs its own
job and nothing else.
"""

from __future__ import annotations

import gc
import os
import pickle
import queue
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

__all__ = ["JobError", "WorkerPool"]

GRACE = 5
"""Seconds after the parent's limit at which a worker whose parent is gone ends itself."""

COLLECTED_AFTER = 20_000
"""New objects after which garbage is looked for; with Python's 700 that took a tenth of a page's time."""


class JobError(Exception):
    """A job came to nothing; `reason` is time_limit, memory_limit, worker_crash or job_error."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class WorkerPool:
    """`size` processes; `run` may be called from as many threads at once as one likes, and waits its turn.

    The processes are plain interpreters that run this module, not forks and not copies of
    `__main__`: they share no sockets and no files with the parent, and a script that uses the pool
    needs no `__main__` guard.
    """

    def __init__(self, size: int, *, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._memory = memory
        self._workers = [_Worker(memory, seconds) for _ in range(size)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._closed = threading.Event()
        for worker in self._workers:
            self._idle.put(worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, job: Callable[..., Any], *arguments: Any) -> Any:
        """`job(*arguments)`, computed in a worker; `job` must be a function of an importable module.

        Raises:
            JobError: the job took too long or too much memory, or ended in an error of its own.
        """
        message = pickle.dumps((job, arguments))  # here, so that no worker waits for it
        worker = self._idle.get()
        try:
            outcome, value = worker.run(message, self._seconds)
        finally:
            self._idle.put(worker)
            if self._closed.is_set():
                worker.kill()
        if outcome != "done":
            raise JobError(outcome, pickle.loads(value))  # noqa: S301  # from our own child
        return pickle.loads(value)  # noqa: S301  # from our own child

    def close(self) -> None:
        """End all workers, busy or not."""
        self._closed.set()
        for worker in self._workers:
            worker.kill()


class _Worker:
    def __init__(self, memory: int, seconds: float) -> None:
        self._memory = memory
        self._alarm = int(seconds) + GRACE
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def run(self, job: bytes, seconds: float) -> tuple[str, bytes]:
        """How the job came out, and its pickled value or what was wrong with it."""
        pipe = self._started()
        try:
            pipe.send_bytes(job)
            if not pipe.poll(seconds):
                self.kill()
                raise JobError("time_limit", f"not done after {seconds:g} s")
            outcome, value = pickle.loads(pipe.recv_bytes())  # noqa: S301  # from our own child
        except (EOFError, OSError):
            status = self.kill()
            raise JobError("worker_crash", f"the worker ended with status {status}") from None
        if outcome == "memory_limit":
            self.kill()  # what the interpreter holds after this may be anything
        return outcome, value

    def kill(self) -> int | None:
        """End the process and return how it ended; the next job starts another."""
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is None:
            return None
        process.kill()
        return process.wait()

    def _started(self) -> Connection:
        if self._pipe is not None:
            return self._pipe
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(  # noqa: S603  # our own module, no input in the arguments
            [
                sys.executable,
                "-m",
                __name__,
                str(theirs.fileno()),
                str(self._memory),
                str(self._alarm),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,  # Ctrl-C is for the parent, which then ends its workers
        )
        theirs.close()
        self._pipe = Connection(ours.detach())
        return self._pipe


def _serve(descriptor: int, memory: int, alarm: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe = Connection(descriptor)
    settled = False
    while True:
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        signal.alarm(
            alarm
        )  # ends this process even where the parent was killed and C code never returns
        try:
            job, arguments = pickle.loads(message)  # noqa: S301  # from our own parent
            answer = ("done", pickle.dumps(job(*arguments)))
        except MemoryError:
            answer = ("memory_limit", pickle.dumps(f"more than {memory // 1_000_000} MB"))
        except Exception as problem:
            answer = ("job_error", pickle.dumps(f"{type(problem).__name__}: {problem}"[:500]))
        signal.alarm(0)
        if not settled:  # what the first job imported stays: no collection has to look at it again
            gc.freeze()
            gc.set_threshold(COLLECTED_AFTER)
            settled = True
        pipe.send_bytes(pickle.dumps(answer))


if __name__ == "__main__":
    _serve(*(int(argument) for argument in sys.argv[1:]))
