"""The page on a local address, for one person's own browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gonerd.errors import GonerdError, InputError, OutputError
from gonerd_leaderboard.page import DATA, build_page

__all__ = ["BuiltPage", "LivePage", "holds_page", "page_server"]

LOOPBACK = "127.0.0.1"

Signature = frozenset[tuple[str, int, int]]
"""Names, sizes and times of files."""


class BuiltPage:
    """A page that somebody built."""

    def __init__(self, folder: Path) -> None:
        """Take `folder`.

        Raises:
            InputError: it holds no page.
        """
        if not holds_page(folder):
            raise InputError(f"{folder} holds no page; gonerd leaderboard build writes one")
        self.folder = folder

    def current(self) -> Path:
        """The folder."""
        return self.folder


class LivePage:
    """A page of submissions that is built again when they have changed.

    While a submission is broken the page stays as it was, and `note` is told why, once.
    """

    def __init__(
        self,
        submissions: Path,
        work: Path,
        *,
        verified: Path | None = None,
        reported: Path | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Build the page a first time, below `work`.

        Raises:
            GonerdError: see `build_page`.
        """
        self._submissions, self._work = submissions, work
        self._verified, self._reported = verified, reported
        self._note = note
        self._lock = threading.Lock()
        self._number = 0
        self._seen = self._signature()
        self._folder = self._build()
        self._left: Path | None = None

    def current(self) -> Path:
        """The folder of the page as the submissions are now."""
        with self._lock:
            found = self._signature()
            if found != self._seen:
                self._seen = found
                try:
                    before, self._folder = self._folder, self._build()
                except (GonerdError, OSError) as problem:
                    self._note(f"the page stays as it was: {problem}")
                else:
                    if self._left is not None:
                        shutil.rmtree(self._left)
                    self._left = before  # a request that came before may still read it
                    self._note("submissions have changed; the page is built again")
            return self._folder

    def _build(self) -> Path:
        self._number += 1
        return build_page(
            self._submissions,
            self._work / str(self._number),
            verified=self._verified,
            reported=self._reported,
        ).path

    def _signature(self) -> Signature:
        files = [path for path in (self._verified,) if path is not None and path.is_file()]
        for folder in filter(None, (self._submissions, self._reported)):
            files += [path for path in folder.rglob("*") if path.is_file()]
        found = set()
        for path in files:
            try:
                state = path.stat()
            except FileNotFoundError:  # removed since it was listed
                continue
            found.add((str(path), state.st_size, state.st_mtime_ns))
        return frozenset(found)


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder, read only; says nothing for each request."""

    def __init__(self, page: BuiltPage | LivePage, *rest: Any) -> None:
        self._page = page
        super().__init__(*rest, directory=str(page.current()))

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name is the base's
        del format, args


def holds_page(folder: Path) -> bool:
    """Whether `folder` was written by `gonerd leaderboard build`."""
    return (folder / "index.html").is_file() and (folder / DATA).is_file()


def page_server(page: BuiltPage | LivePage, *, port: int = 0) -> ThreadingHTTPServer:
    """A server of a page, on loopback only; `port` 0 takes a free one.

    Raises:
        OutputError: the port is taken or may not be used.
    """
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(_Handler, page))
    except OSError as problem:
        raise OutputError(f"port {port} can't be used: {problem.strerror}") from None
