"""What Ray leaves of its processes."""

from __future__ import annotations

import time
from pathlib import Path

__all__ = ["processes_of", "wait_until_gone"]


def processes_of(folder: str) -> list[str]:
    """Command lines of this machine's processes that name the folder of a session of Ray."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has just ended
            continue
        if folder in said:
            found.append(said)
    return found


def wait_until_gone(folder: str, *, seconds: float = 30) -> list[str]:
    """Those that are still there after so long."""
    ends = time.monotonic() + seconds
    while (left := processes_of(folder)) and time.monotonic() < ends:
        time.sleep(0.2)
    return left
