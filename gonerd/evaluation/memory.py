"""The most memory that was held: of the process, and of a GPU where the model runs on one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gonerd.machine import give_back_freed_memory, peak_rss_mib

__all__ = [
    "begin_peaks",
    "empty_cache",
    "gpu_peaks_mib",
    "is_out_of_memory",
    "process_peaks",
    "ram_mib",
    "resident_peak_mib",
    "synchronize",
]

CLEAR = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")
RESET_PEAK = "5"
"""What Linux takes for: the peak begins anew at what is resident now (man 5 proc)."""


def begin_peaks(device: str) -> bool:
    """Let the peaks begin anew; False where the system can't do that for the process' memory."""
    torch = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)
    give_back_freed_memory()  # what an encoder keeps is no part of what comes
    try:
        CLEAR.write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def resident_peak_mib() -> int | None:
    """The most that was resident since `begin_peaks`, model and libraries included; None where unknown."""
    try:
        lines = STATUS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return None


def gpu_peaks_mib(device: str) -> tuple[int | None, int | None]:
    """What torch allocated and reserved at most on a GPU since `begin_peaks`; None elsewhere."""
    torch = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return None, None
    allocated = torch.cuda.max_memory_allocated(device) // 2**20
    return allocated, torch.cuda.max_memory_reserved(device) // 2**20


def synchronize(device: str) -> None:
    """Wait until a GPU has done all that it was told; nothing elsewhere."""
    torch = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda"):
        torch.cuda.synchronize(device)


def process_peaks(device: str) -> dict[str, int | None]:
    """The peaks of a whole process, under the names that a result gives them."""
    allocated, reserved = gpu_peaks_mib(device)
    return {
        "peak_rss_mib": peak_rss_mib(),
        "peak_allocated_mib": allocated,
        "peak_reserved_mib": reserved,
    }


def ram_mib() -> int:
    """The machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def is_out_of_memory(problem: Exception) -> bool:
    """Whether it tells of a full GPU, or of a full machine."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(problem, torch.OutOfMemoryError):
        return True
    return isinstance(problem, MemoryError)


def empty_cache() -> None:
    """Give torch's cached blocks on the GPU back, so that what is free is one piece."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
