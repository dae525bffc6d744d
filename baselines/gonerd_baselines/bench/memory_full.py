"""Whether a process ended because memory was full."""

from __future__ import annotations

import signal

import torch

__all__ = ["is_full", "tells_of_full_memory"]

_WORDS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "status_alloc_failed",
    "cannot allocate memory",
)
"""Of CUDA, of torch's allocator on a processor, of C++, of CUDA's libraries and of the system."""


def is_full(problem: BaseException) -> bool:
    """Whether an error says so."""
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(problem, RuntimeError | OSError) and _says_so(str(problem))


def tells_of_full_memory(status: int, said: str) -> bool:
    """Whether a process' end does: the system's own way is to kill, C++'s to abort and say `bad_alloc`."""
    return status == -signal.SIGKILL or (status != 0 and _says_so(said))


def _says_so(text: str) -> bool:
    return any(words in text.lower() for words in _WORDS)
