"""Packages of other people's models for tests: install them once (`python -m tests.peers`), run with them.

They pin older libraries than gonerd's extras want, so each set lies in a folder of its own in `.cache/` and
is put before this environment's packages: torch, numpy and the rest are shared, and half a minute brings all.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["PEERS", "InstallError", "install", "run_with"]

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PEERS = tuple(sorted(path.stem for path in HERE.glob("*.txt")))
"""A file of pins each, complete: pip adds nothing to them."""

SOURCES = [ROOT, *(ROOT / name for name in ("scraper", "annotation", "baselines", "leaderboard"))]


class InstallError(Exception):
    """The packages can't be had here; the message says why."""


def install(name: str) -> Path:
    """The folder with the packages of `name`, installed unless they are there already.

    Raises:
        InstallError: pip could not get them.
    """
    pins = HERE / f"{name}.txt"
    key = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / ".cache" / "peers" / f"{name}-{key}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run beside each other
        if (folder / "ready").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        got = subprocess.run(
            [*pip, "--no-deps", "--target", str(folder), "-r", str(pins)],
            capture_output=True,
            text=True,
        )
        if got.returncode != 0:
            errors = [line for line in got.stderr.splitlines() if line.startswith("ERROR")]
            raise InstallError((errors or got.stderr.splitlines() or ["pip said nothing"])[0])
        (folder / "ready").touch()
    return folder


def run_with(
    name: str, arguments: Sequence[str], *, said: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run this Python on `arguments`, the packages of `name` before all others, `said` as its input."""
    paths = [install(name), *SOURCES]
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return subprocess.run(
        [sys.executable, *arguments],
        input=said,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",  # tiny models: threads would only wait for each other
            "PYTHONPATH": os.pathsep.join([*map(str, paths), *filter(None, inherited)]),
        },
    )
