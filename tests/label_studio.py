"""A real Label Studio server for tests: install it once (`python tests/label_studio.py`), start it, use it.

It has an environment of its own, since its packages and gonerd's don't go together. That lies in
`.cache/`, beside a data folder that is migrated already; about 70 seconds and 1 GB, once.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
PINS = Path(__file__).with_name("label_studio_constraints.txt")
VERSION = next(
    line.strip().partition("==")[2]
    for line in PINS.read_text(encoding="utf-8").splitlines()
    if line.startswith("label-studio==")
)

OWNER = "ann@studio.example"
PASSWORD = "gonerd-pass-1"  # of a server that runs during a test, on loopback
TOKEN = "0123456789abcdef0123456789abcdef01234567"

QUIET = {
    "LATEST_VERSION_CHECK": "false",
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "FEATURE_FLAGS_OFFLINE": "true",
    "LOG_LEVEL": "WARNING",
    "DEBUG": "false",
}
"""Without these the server calls home."""

START_S = 180
"""Longest start that is waited for: 4 s as a rule, 20 s with migrations, more on a busy machine."""


class InstallError(Exception):
    """The server's packages can't be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who may log in."""

    email: str
    token: str
    """A legacy token."""
    personal_token: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    owner: Account

    def add_account(self, email: str) -> Account:
        """Invite someone and sign up as them, as people do in the page."""
        headers = {"Authorization": f"Token {self.owner.token}"}
        invite = httpx.get(f"{self.url}/api/invite", headers=headers).raise_for_status().json()
        with httpx.Client(base_url=self.url, follow_redirects=True) as page:
            page.get(invite["invite_url"]).raise_for_status()
            form = {
                "csrfmiddlewaretoken": page.cookies["csrftoken"],
                "email": email,
                "password": PASSWORD,
                "how_find_us": "",
                "elaborate": "",
                "allow_newsletters": "false",
            }
            referer = {"Referer": f"{self.url}/user/signup"}
            page.post(invite["invite_url"], data=form, headers=referer).raise_for_status()
            token = page.get("/api/current-user/token").raise_for_status().json()["token"]
            csrf = {"X-CSRFToken": page.cookies["csrftoken"], "Referer": self.url}
            personal = page.post("/api/token/", headers=csrf).raise_for_status().json()["token"]
        return Account(email, token, personal)


def home() -> Path:
    """Where the server is installed: $GONERD_LABEL_STUDIO, else a folder in `.cache`."""
    named = os.environ.get("GONERD_LABEL_STUDIO")
    return Path(named) if named else ROOT / ".cache" / f"label-studio-{VERSION}"


def install() -> Path:
    """Install the server and migrate its data, unless that was done before; return the folder.

    Raises:
        InstallError: pip could not get the packages.
    """
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "ready").exists():
            return folder
        shutil.rmtree(folder / "env", ignore_errors=True)
        shutil.rmtree(folder / "data", ignore_errors=True)
        venv.create(folder / "env", with_pip=True)
        pip = [folder / "env" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
        got = subprocess.run(
            [*pip, "install", "-q", "-c", PINS, f"label-studio=={VERSION}"],
            capture_output=True,
            text=True,
        )
        if got.returncode != 0:
            errors = [line for line in got.stderr.splitlines() if line.startswith("ERROR")]
            raise InstallError((errors or got.stderr.splitlines() or ["pip said nothing"])[0])
        with running(folder, folder / "data"):
            pass
        (folder / "ready").touch()
    return folder


@contextmanager
def running(folder: Path, data: Path) -> Iterator[Server]:
    """The server of `folder` on a free port of loopback, with `data` as its data folder."""
    data.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = data / "server.log"
    command = [
        *(folder / "env" / "bin" / "label-studio", "start", "--no-browser"),
        *("--log-level", "WARNING", "--internal-host", "127.0.0.1", "--port", str(port)),
        *("--data-dir", data, "--username", OWNER, "--password", PASSWORD),
        *("--user-token", TOKEN, "--enable-legacy-api-token"),
    ]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LABEL_STUDIO", "PYTHON", "DJANGO"))
    }
    environment |= QUIET | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "SECRET_KEY": secrets.token_hex(),
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(word) for word in command], env=environment, stdout=out, stderr=out, cwd=data
        )
    try:
        _wait(process, url, log)
        yield Server(url, Account(OWNER, TOKEN))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"Label Studio did not start:\n{log.read_text()[-2000:]}")


if __name__ == "__main__":
    try:
        print(f"Label Studio {VERSION} in {install()}")
    except InstallError as problem:
        sys.exit(f"Label Studio {VERSION} can't be installed here: {problem}")
