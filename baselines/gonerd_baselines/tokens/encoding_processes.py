"""Chunks encoded beside each other: in this process, or in several that end with it."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

from gonerd.dataset.tokenizer_files import TokenizerFiles
from gonerd.errors import OutputError
from gonerd_baselines.tokens.chunk import encoded_chunk, write_chunk
from gonerd_baselines.tokens.encoding import TextEncoder, text_encoder

__all__ = ["ChunkTask", "encode_chunks"]

AHEAD = 2
"""Chunks that wait for each process."""

_THREADS = "TOKENIZERS_PARALLELISM"


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """Texts, and the file that their chunk becomes."""

    path: Path
    texts: list[str]
    sha256: str


def encode_chunks(tasks: Iterable[ChunkTask], encoder: TextEncoder, *, processes: int) -> None:
    """Write the chunk of every task; at most `AHEAD` for each process are in memory.

    Raises:
        OutputError: a process was lost; what is done stays.
    """
    with _one_thread():
        if processes == 1:
            for task in tasks:
                _encode(task, encoder)
            return
        pool = ProcessPoolExecutor(
            processes,
            get_context("spawn"),
            initializer=_start,
            initargs=(encoder.files.name, dict(encoder.files.contents), encoder.max_len),
        )
        waiting: deque[Future[None]] = deque()
        try:
            for task in tasks:
                waiting.append(pool.submit(_encode_here, task))
                while len(waiting) >= AHEAD * processes:
                    waiting.popleft().result()
            while waiting:
                waiting.popleft().result()
        except BrokenProcessPool:
            raise OutputError(
                "a process that tokenized was lost (killed, or out of memory); the same command goes on"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _encode(task: ChunkTask, encoder: TextEncoder) -> None:
    write_chunk(task.path, encoded_chunk(encoder, task.texts, sha256=task.sha256))


_encoders: list[TextEncoder] = []
"""That of this worker process."""


def _start(name: str, contents: dict[str, bytes], max_len: int | None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _encoders.append(text_encoder(TokenizerFiles(name, contents), max_len=max_len))


def _end_with_parent() -> None:
    """A parent that was killed closes nothing, and its workers would wait for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _encode_here(task: ChunkTask) -> None:
    _encode(task, _encoders[0])


@contextmanager
def _one_thread() -> Iterator[None]:
    """`tokenizers` uses every core by itself, whatever number of processes was asked for."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
