"""A server that breaks the rules of HTTP itself, one way for each path."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from tests.scraper.small_web import article

HTML = b"Content-Type: text/html; charset=utf-8\r\n"


def whole(body: bytes, *, headers: bytes = HTML, status: bytes = b"200 OK") -> bytes:
    """A proper answer."""
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + headers + length + b"Connection: close\r\n\r\n" + body


def started(headers: bytes = HTML) -> bytes:
    """The head of an answer whose body goes on until the connection ends."""
    return b"HTTP/1.1 200 OK\r\n" + headers + b"Connection: close\r\n\r\n"


@cache
def bomb(mebibytes: int) -> bytes:
    """So many MiB of zeros in a gzip file of a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(mebibytes)) + packer.flush()


def _drip(connection: socket.socket) -> None:
    connection.sendall(started())
    for _ in range(600):
        connection.sendall(b"<p>")
        time.sleep(0.05)


def _endless(connection: socket.socket) -> None:
    connection.sendall(started())
    while True:
        connection.sendall(b"<p>and so on</p>" * 4096)


def _endless_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: of this\r\n" * 4096)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _silent(connection: socket.socket) -> None:
    time.sleep(30)


CHUNKED = HTML + b"Transfer-Encoding: chunked\r\n"
GZIP = HTML + b"Content-Encoding: gzip\r\n"

WAYS: dict[str, bytes | Callable[[socket.socket], None]] = {
    "/bomb": lambda connection: connection.sendall(started(GZIP) + bomb(400)),
    "/bomb-in-bomb": started(GZIP) + gzip.compress(bomb(64)),
    "/drip": _drip,
    "/endless": _endless,
    "/endless-head": _endless_head,
    "/long-header": b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    "/many-headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50_000 + b"\r\n",
    "/odd-header": whole(
        article("Odd Header").encode(),
        headers=HTML + b"X-Naive: caf\xe9 \xff\xfe\r\nX-Smile: \xf0\x9f\x98\x80\r\n",
    ),
    "/bad-name": whole(b"", headers=b"X-Na\xefve: yes\r\n"),
    "/no-http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "/less": whole(b"")[:-4].replace(b"Content-Length: 0", b"Content-Length: 90000") + b"\r\n\r\n<p>short",
    "/more": whole(article("More Than Said").encode()) + b"<p>more than was said</p>",
    "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    "/bad-length": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello",
    "/chunks-cut": started(CHUNKED) + b"400\r\n<p>the first of many",
    "/bad-chunk": started(CHUNKED) + b"zz\r\nhello\r\n0\r\n\r\n",
    "/half-gzip": started(GZIP) + gzip.compress(article("Half").encode())[:-200],
    "/no-gzip": whole(article("No Gzip").encode(), headers=GZIP),
    "/reset": _reset,
    "/silent": _silent,
    "/nothing": b"",
    "/odd-reason": whole(b"", status=b"404 N\xffo\xfe"),
    "/status-999": whole(b"?", status=b"999 Whatever"),
    "/no-reason": b"HTTP/1.1 200\r\n" + HTML + b"Connection: close\r\n\r\n" + article("No Reason").encode(),
    "/a": whole(article("Good Page").encode()),
}  # fmt: skip
"""What each path sends; `/` lists them all, anything else is not there."""


def _answer(
    connection: socket.socket, ways: dict[str, bytes | Callable[[socket.socket], None]]
) -> None:
    with connection:
        try:
            head = b""
            while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
                head += piece
            target = head.split(b" ", 2)[1].decode("latin-1") if b" " in head else ""
            links = "".join(f'<li><a href="{path}">{path}</a></li>' for path in ways)
            way = ways.get(target)
            if target == "/" and way is None:
                way = whole(f"<html><body><ul>{links}</ul></body></html>".encode())
            if way is None:
                way = whole(b"not here", status=b"404 Not Found")
            if callable(way):
                way(connection)
            else:
                connection.sendall(way)
        except OSError:
            pass  # the crawler had enough


@contextmanager
def rude_server(
    ways: dict[str, bytes | Callable[[socket.socket], None]] = WAYS,
    *,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve `ways` while the block runs; yields HOST:PORT."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=speak, args=(connection,), daemon=True).start()

    def speak(connection: socket.socket) -> None:
        try:
            connection.settimeout(40)
            _answer(tls.wrap_socket(connection, server_side=True) if tls else connection, ways)
        except OSError:
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
