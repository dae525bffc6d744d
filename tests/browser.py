"""The browser that page tests drive: find it, or install it (`python tests/browser.py`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

__all__ = ["LAUNCH_OPTIONS", "find_browser"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Without these a browser calls home, and under root it refuses to start.
LAUNCH_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def find_browser() -> str | None:
    """The path of a Chromium or Chrome: $GONERD_BROWSER, else the first on PATH."""
    named = os.environ.get("GONERD_BROWSER")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> None:
    """Install Debian's Chromium where that can be done, else playwright's own."""
    if find_browser():
        return
    if shutil.which("apt-get") and (os.geteuid() == 0 or shutil.which("sudo")):
        become = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*become, "apt-get", "update", "-qq"], check=True)
        subprocess.run(
            [*become, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=True,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            stdout=sys.stderr,
        )
    if not find_browser():
        sys.exit(
            "no Chromium was found or could be installed: install one, or name it in $GONERD_BROWSER"
        )


if __name__ == "__main__":
    install()
