"""The ranks of a list of stages in processes of this machine.

The processes are plain interpreters that run this module: a script that uses them needs no
`__main__` guard. They end with their parent, however that ends.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from pathlib import Path

from gonerd.errors import OutputError
from gonerd_scraper.running.failures import failure_from_record, record_from_failure
from gonerd_scraper.running.stages import Stage

__all__ = ["run_in_processes"]


def run_in_processes(
    stages: Sequence[Stage],
    ranks: Sequence[int],
    *,
    world_size: int,
    workers: int,
    where: Path,
) -> Iterator[int]:
    """Run `stages` for each of `ranks`, `workers` at once; yield each rank when it is finished.

    Raises:
        GonerdError: what a stage raised; the other processes are ended.
        OutputError: a process was killed; `where` is named.
    """
    job = pickle.dumps((tuple(stages), world_size))
    count = min(workers, len(ranks))
    processes = [_Process(job) for _ in range(count)]
    idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
    for process in processes:
        idle.put(process)

    def run(rank: int) -> int:
        process = idle.get()
        try:
            process.run(rank, f"{where}: rank {rank} of {world_size}")
        finally:
            idle.put(process)
        return rank

    with ThreadPoolExecutor(count) as threads:
        try:
            waiting: set[Future[int]] = {threads.submit(run, rank) for rank in ranks}
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for finished in sorted(
                    done, key=lambda future: future.exception() is not None
                ):  # what is finished counts, also beside a failure
                    yield finished.result()
        finally:
            for process in processes:
                process.kill()
            threads.shutdown(wait=True, cancel_futures=True)


class _Process:
    def __init__(self, job: bytes) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._ended = False
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None

    def run(self, rank: int, where: str) -> None:
        pipe = self._started()
        try:
            pipe.send_bytes(pickle.dumps(rank))
            failure = pickle.loads(pipe.recv_bytes())  # noqa: S301  # from our own child
        except (EOFError, OSError):
            status = self._lost()
            raise OutputError(
                f"{where} {_ending(status)}; the same command goes on with what is left"
            ) from None
        if failure is not None:
            raise failure_from_record(failure, where)

    def kill(self) -> None:
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def _lost(self) -> int:
        """How the process ended; another rank gets a new one."""
        with self._lock:
            process, self._process, self._pipe = self._process, None, None
        return process.wait() if process is not None else 0

    def _started(self) -> Connection:
        with self._lock:
            if self._pipe is not None:
                return self._pipe
            if self._ended:
                raise OutputError("the processes were ended")
            ours, theirs = socket.socketpair()
            self._process = subprocess.Popen(  # noqa: S603  # our own module, no input in the arguments
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                start_new_session=True,  # Ctrl-C is for the parent, which then ends these
            )
            theirs.close()
            self._pipe = Connection(ours.detach())
            self._pipe.send_bytes(self._job)
            return self._pipe


def _ending(status: int) -> str:
    if status < 0:
        return f"was killed by {signal.Signals(-status).name} (by the system, where memory ran out)"
    return f"ended with status {status}"


def _serve(descriptor: int) -> None:
    from gonerd_scraper.running.executors import run_rank

    pipe = Connection(descriptor)
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        """Take in jobs; where the parent is gone, end at once, whatever runs."""
        try:
            while True:
                jobs.put(pipe.recv_bytes())
        except (EOFError, OSError):
            os._exit(1)

    stages: tuple[Stage, ...] | None = None
    world_size = 0
    threading.Thread(target=listen, daemon=True).start()
    message = jobs.get()
    while True:
        rank = pickle.loads(jobs.get())  # noqa: S301  # from our own parent
        try:
            if stages is None:
                stages, world_size = pickle.loads(message)  # noqa: S301
            run_rank(stages, rank, world_size)
            failure = None
        except Exception as problem:
            failure = record_from_failure(problem)
        pipe.send_bytes(pickle.dumps(failure))


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
