"""Environments for the programs that a benchmark compares with.

Their dependencies contradict each other's and gonerd's, so each peer lives in a virtual environment
of its own, made on first use below the user's cache folder, and is run as a process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import venv
from collections.abc import Sequence
from pathlib import Path

__all__ = ["peer_python"]


def peer_python(name: str, requirements: Sequence[str]) -> Path:
    """The interpreter of the environment `name`, which holds `requirements` (pinned, as pip takes them).

    Raises:
        subprocess.CalledProcessError: pip could not install them; what it said stands on stderr.
    """
    key = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gonerd/peers"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{key}"
    python = folder / "bin" / "python"
    with (cache / f"{name}-{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two benchmarks may want it at once
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
            pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
            subprocess.run([*pip, "--upgrade", "pip"], check=True)
            subprocess.run([*pip, *requirements], check=True)
            (folder / "complete").touch()
    return python
