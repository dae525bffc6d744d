"""The page on a local address, for one person's own browser."""

from __future__ import annotations

import io
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

from gonerd.errors import GonerdError, InputError, OutputError
from gonerd_leaderboard.filling import Filling
from gonerd_leaderboard.page import DATA, build_page

__all__ = ["BuiltPage", "LivePage", "holds_page", "page_server"]

LOOPBACK = "127.0.0.1"

HTTP = 80
"""The port that a browser does not name."""

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
        datasets: Sequence[str] = (),
        verified: Path | None = None,
        reported: Path | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Build the page a first time, below `work`; the gold of `datasets` is part of it, no text is.

        Raises:
            GonerdError: see `build_page`.
        """
        self._submissions, self._work = submissions, work
        self._datasets = tuple(datasets)
        self._verified, self._reported = verified, reported
        self._note = note
        self._lock = threading.Lock()
        self._number = 0
        self._seen = self._signature()
        self._folder = self._build(None)
        self._left: Path | None = None

    def current(self) -> Path:
        """The folder of the page as the submissions are now."""
        with self._lock:
            found = self._signature()
            if found != self._seen:
                self._seen = found
                try:
                    before, self._folder = self._folder, self._build(self._folder)
                except (GonerdError, OSError) as problem:
                    self._note(f"the page stays as it was: {problem}")
                else:
                    if self._left is not None:
                        shutil.rmtree(self._left)
                    self._left = before  # a request that came before may still read it
                    self._note("submissions have changed; the page is built again")
            return self._folder

    def _build(self, before: Path | None) -> Path:
        self._number += 1
        return build_page(
            self._submissions,
            self._work / str(self._number),
            before=before,
            datasets=self._datasets,
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
    """Files of one folder, read only, and what fills them in; says nothing for each request."""

    server: _PageServer

    def __init__(self, page: BuiltPage | LivePage, filling: Filling | None, *rest: Any) -> None:
        self._filling = filling
        self._folder = page.current()
        super().__init__(*rest, directory=str(self._folder))

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Answer GET and HEAD, only to who asks for this address under its own name."""
        if self.headers.get("Host") not in self.server.names:
            # a name of elsewhere that was made to lead here would make its page one with this one
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "another host was asked for")
            return None
        try:
            path = self.path.partition("?")[0]
            text = self._filling.answer(self._folder, path) if self._filling else None
        except (GonerdError, OSError) as problem:
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=str(problem))
            return None
        if text is None:
            if "\0" in unquote(path):  # no file's name, and open() takes it for a bug
                self.send_error(HTTPStatus.NOT_FOUND, "File not found")
                return None
            return super().send_head()
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            # any page can load a script from anywhere, and see what it says
            self.send_error(HTTPStatus.FORBIDDEN, "asked for by another page")
            return None
        data = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        return io.BytesIO(data)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name is the base's
        del format, args


class _PageServer(ThreadingHTTPServer):
    @property
    def names(self) -> tuple[str, ...]:
        """As which a browser on this machine may ask for it."""
        hosts = (LOOPBACK, "localhost")
        names = tuple(f"{host}:{self.server_port}" for host in hosts)
        return (*names, *hosts) if self.server_port == HTTP else names

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves before it has its answer is no bug."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def holds_page(folder: Path) -> bool:
    """Whether `folder` was written by `gonerd leaderboard build`."""
    return (folder / "index.html").is_file() and (folder / DATA).is_file()


def page_server(
    page: BuiltPage | LivePage, *, filling: Filling | None = None, port: int = 0
) -> ThreadingHTTPServer:
    """A server of a page, on loopback only; `port` 0 takes a free one.

    What `filling` has is answered from there, from memory.

    Raises:
        OutputError: the port is taken or may not be used.
    """
    try:
        return _PageServer((LOOPBACK, port), partial(_Handler, page, filling))
    except OSError as problem:
        raise OutputError(f"port {port} can't be used: {problem.strerror}") from None
