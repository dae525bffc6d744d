"""The newsroom on a port: a small HTTP/1.1 server that can misbehave at the level of bytes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol

from gonerd.errors import InputError
from gonerd.newsroom.response import Response

__all__ = ["HostLog", "Server", "Web", "serving"]

_LOG = logging.getLogger(__name__)
_HEAD_LIMIT = 64 * 1024
_IDLE = 30.0
_HOP_ONLY = (204, 304)


class Web(Protocol):
    """Whatever answers requests; the newsroom, or a few pages in a test."""

    def respond(
        self, host: str, target: str, *, headers: Mapping[str, str] | None = None, attempt: int = 0
    ) -> Response:
        """Answer one request; `attempt` says how often the same was asked before."""
        ...


@dataclass(slots=True)
class HostLog:
    """What one host has seen: when requests came (seconds, monotonic), for what, how many at once."""

    times: list[float] = field(default_factory=list[float])
    targets: list[str] = field(default_factory=list[str])
    agents: Counter[str] = field(default_factory=Counter[str])
    at_once: int = 0
    most_at_once: int = 0
    too_early: int = 0

    def shortest_gap(self) -> float | None:
        """Give the least time between the starts of two requests, or None for fewer than two."""
        gaps = [after - before for before, after in zip(self.times, self.times[1:], strict=False)]
        return min(gaps, default=None)


@dataclass(slots=True)
class Server:
    """A running server. `hosts` is written by its thread: read it after the client has its answers.

    `too_early` of a host counts requests for an address that came before its Retry-After was over.
    """

    host: str
    port: int
    hosts: dict[str, HostLog]

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def requests(self) -> int:
        """Requests so far, all hosts together."""
        return sum(len(log.times) for log in self.hosts.values())


@contextmanager
def serving(web: Web, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Serve `web` from a thread of its own while the block runs; port 0 takes any free one.

    Raises:
        InputError: the port is taken or not ours to take.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="newsroom", daemon=True)
    thread.start()
    listener = _Listener(web)
    try:
        opening = asyncio.start_server(
            listener.converse, host, port, limit=_HEAD_LIMIT, backlog=512
        )
        try:
            server = asyncio.run_coroutine_threadsafe(opening, loop).result()
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise InputError(
                f"{host}:{port}: the newsroom can't be served there ({reason})"
            ) from None
        bound = server.sockets[0].getsockname()
        try:
            yield Server(host=bound[0], port=bound[1], hosts=listener.hosts)
        finally:
            asyncio.run_coroutine_threadsafe(_close(server, listener), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server, listener: _Listener) -> None:
    server.close()  # in the loop's own thread: a connection may be ending just now
    await listener.hang_up()


class _Listener:
    """Answers connections; one object for all of them."""

    def __init__(self, web: Web) -> None:
        self.hosts: dict[str, HostLog] = defaultdict(HostLog)
        self._web = web
        self._asked: Counter[tuple[str, str]] = Counter()
        self._wait_until: dict[tuple[str, str], float] = {}
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until either side has had enough."""
        task = asyncio.current_task()
        if task is not None:
            self._open[task] = writer
        try:
            while await self._exchange(reader, writer):
                pass
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            TimeoutError,
        ):
            _LOG.debug("a client went away")
        except asyncio.CancelledError:
            # only `hang_up` cancels; Python 3.11 reports a connection that ends cancelled as an error
            _LOG.debug("hung up")
        finally:
            if task is not None:
                self._open.pop(task, None)
            with suppress(ConnectionError):
                writer.close()

    async def hang_up(self) -> None:
        """Drop every open connection."""
        tasks = list(self._open)
        for writer in list(self._open.values()):
            writer.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IDLE)
        request, *lines = head[:-4].decode("latin-1").split("\r\n")
        method, _, rest = request.partition(" ")
        target, _, version = rest.rpartition(" ")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        host = headers.get("host", "").lower().partition(":")[0]
        keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        if target.startswith("http://"):  # the form that proxies are asked in
            target = "/" + target.split("/", 3)[3] if target.count("/") > 2 else "/"
        if not host or not target.startswith("/") or method not in ("GET", "HEAD"):
            status = 405 if host and target.startswith("/") else 400
            await _send(writer, Response(status=status), method=method, keep=False)
            return False
        response, log = self._answered(host, target, headers)
        log.at_once += 1
        log.most_at_once = max(log.most_at_once, log.at_once)
        try:
            return await _send(writer, response, method=method, keep=keep)
        finally:
            log.at_once -= 1

    def _answered(
        self, host: str, target: str, headers: Mapping[str, str]
    ) -> tuple[Response, HostLog]:
        now, key = time.monotonic(), (host, target)
        log = self.hosts[host]
        log.times.append(now)
        log.targets.append(target)
        log.agents[headers.get("user-agent", "")] += 1
        log.too_early += now + 0.05 < self._wait_until.pop(key, 0.0)
        response = self._web.respond(host, target, headers=headers, attempt=self._asked[key])
        self._asked[key] += 1
        wait = float(response.header("Retry-After") or 0)
        if dated := dict(response.later).get("Retry-After"):
            wait = int(time.time() + dated) - time.time()  # a date in a header has whole seconds
        if wait:
            self._wait_until[key] = now + wait
        return response, log


async def _send(
    writer: asyncio.StreamWriter, response: Response, *, method: str, keep: bool
) -> bool:
    """Send the answer as it wants to be sent; return whether the connection goes on."""
    if response.delay:
        await asyncio.sleep(response.delay)
    if response.silent:
        return False
    chunked = response.chunked and method != "HEAD"
    keep = keep and not response.header("Content-Length")
    writer.write(_head(response, chunked=chunked, keep=keep))
    if method == "HEAD" or response.status in _HOP_ONLY:
        await writer.drain()
        return keep
    body = response.body if response.cut_after is None else response.body[: response.cut_after]
    size = max(1, -(-len(body) // response.pieces))
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        await writer.drain()
        if response.pause:
            await asyncio.sleep(response.pause)
    if response.cut_after is not None:
        await asyncio.sleep(0.02)  # a reset overtakes what the client has not read yet
        writer.transport.abort()
        return False
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return keep


def _head(response: Response, *, chunked: bool, keep: bool) -> bytes:
    status = HTTPStatus(response.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    now = time.time()
    lines += [
        f"{name}: {formatdate(now + seconds, usegmt=True)}" for name, seconds in response.later
    ]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    elif response.status not in _HOP_ONLY and response.header("Content-Length") is None:
        lines.append(f"Content-Length: {len(response.body)}")
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
