"""Where a figure was measured: processor, memory, versions, commit. Never the machine's name."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = [
    "cores",
    "environment",
    "give_back_freed_memory",
    "gonerd_version",
    "hardware",
    "keep_freed_memory",
    "peak_rss_mib",
    "take_one_thread",
]

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
"""mallopt's parameters, as malloc.h numbers them."""

PACKAGES = (
    "gonerd",
    "datasets",
    "huggingface-hub",
    "numpy",
    "pyarrow",
    "rensa",
    "seqeval",
    "spacy",
    "tokenizers",
    "torch",
    "trafilatura",
    "transformers",
    "triton",
)


def environment() -> dict[str, Any]:
    """What a result records of its surroundings."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu_model(),
        "cores": cores(),
        "ram_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "commit": _commit(),
        **_gpu(),
    }


@cache
def gonerd_version() -> str:
    """The installed version, or the one that pyproject.toml names in a checkout that nobody installed."""
    installed = _version("gonerd")
    if installed is not None:
        return installed
    import tomllib

    project = Path(__file__).resolve().parent.parent / "pyproject.toml"
    found: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    return found


def hardware(device: str = "cpu") -> str:
    """Processor and cores, after the GPU if one is used; timings compare only where this is the same."""
    processor = f"{_cpu_model()}, {cores()} cores"
    return f"{_gpu()['gpu']}; {processor}" if device.startswith("cuda") else processor


def peak_rss_mib() -> int:
    """The most memory this process has held so far, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 2**20


def keep_freed_memory() -> bool:
    """Make glibc keep what is freed for the next that asks, and say whether it does.

    Blocks of more than 32 MiB it otherwise gives back at once, and taking them again costs a page fault for
    every 4 KiB: a seventh of an encoder's time at 16,384 tokens on a CPU.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))


def take_one_thread() -> None:
    """Let numpy's products in this process use one thread: it is one of as many as there are cores.

    Else each process has a thread on every core, and most of their time goes into waiting for each other.
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def give_back_freed_memory() -> None:
    """Make glibc give back what is free, kept or not; where another C library runs, nothing."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return


def _gpu() -> dict[str, str | None]:
    """CUDA's version, the driver's and the GPU's name, where torch is in use and sees a GPU; else None each.

    Torch is not imported for it: a model without torch ran on no GPU.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return {"cuda": None, "driver": None, "gpu": None}
    return {
        "cuda": torch.version.cuda,
        "driver": _driver(),
        "gpu": torch.cuda.get_device_name(),
    }


def _driver() -> str | None:
    """The version of NVIDIA's driver, as its kernel module or else its own tool tells it."""
    module = Path("/sys/module/nvidia/version")
    if module.exists():
        return module.read_text(encoding="ascii").strip()
    try:
        said = subprocess.run(
            ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.split("\n")[0].strip() or None


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout that this code runs from, marked where files differ from it.

    Results of benchmarks don't count: each would mark the next one. Of a copy without git's folder the
    variable GONERD_COMMIT says it.
    """
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return os.environ.get("GONERD_COMMIT") or None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "-uno", "--", ".", ":!benchmarks/results")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}-dirty" if changed else commit


def _git(root: Path, *words: str) -> str:
    said = subprocess.run(  # noqa: S603 - fixed words
        ["git", *words],  # noqa: S607 - git is found by PATH, as the user's own would be
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return said.stdout.strip()
