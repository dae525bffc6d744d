"""Programs that take a Hub on loopback for the Hub: their environment is set before they import anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.hub.server import Hub
from tests.places import ROOT

__all__ = ["gonerd_on", "python_on"]

# huggingface_hub waits 1, 2, 4, 8 and 8 seconds between its attempts; a test need not
AT_ONCE = (
    "from huggingface_hub.utils import http_backoff as attempts; "
    "attempts.__kwdefaults__.update(base_wait_time=0.01, max_wait_time=0.01)\n"
)
COMMAND = AT_ONCE + "import sys; from gonerd.cli.main import run; sys.exit(run(sys.argv[1:]))"


def python_on(
    hub: Hub, folder: Path, code: str, *words: str, token: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `code` in `folder` with the Hub's token (or another, or none: the empty one), and its own cache."""
    folders = ("", "scraper", "annotation", "baselines", "leaderboard")
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))
    } | {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(folder / ".hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_TOKEN": hub.token if token is None else token,
        "NO_PROXY": "*",
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in folders),
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert hub.token not in done.stdout + done.stderr
    return done


def gonerd_on(
    hub: Hub, folder: Path, *words: str, token: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a gonerd command."""
    return python_on(hub, folder, COMMAND, *words, token=token)
