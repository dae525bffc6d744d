"""The page on a local address, for one person's own browser."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, OutputError
from gonerd_leaderboard.page import DATA

__all__ = ["holds_page", "page_server"]

LOOPBACK = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    """Files of one folder, read only; says nothing for each request."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, the name is the base's
        del format, args


def holds_page(folder: Path) -> bool:
    """Whether `folder` was written by `gonerd leaderboard build`."""
    return (folder / "index.html").is_file() and (folder / DATA).is_file()


def page_server(folder: Path, *, port: int = 0) -> ThreadingHTTPServer:
    """A server of the page in `folder`, on loopback only; `port` 0 takes a free one.

    Raises:
        InputError: `folder` holds no page.
        OutputError: the port is taken or may not be used.
    """
    if not holds_page(folder):
        raise InputError(f"{folder} holds no page; gonerd leaderboard build writes one")
    handler = partial(_Handler, directory=str(folder))
    try:
        return ThreadingHTTPServer((LOOPBACK, port), handler)
    except OSError as problem:
        raise OutputError(f"port {port} can't be used: {problem.strerror}") from None
