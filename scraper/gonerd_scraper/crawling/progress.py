"""What a crawl shows while it runs: a table of hosts on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gonerd.console import note

__all__ = ["CrawlDisplay", "HostProgress", "RecentRate", "Watcher"]

SHOWN_HOSTS = 12
LINE_SECONDS = 30.0
"""Between two lines where there is no terminal."""
NARROW, WIDE = 56, 100
"""Columns of a terminal: with fewer than the first, a host has only what matters most; from the second on,
its reasons are shown one by one."""
WINDOW = 10.0
"""Seconds over which the rate is taken."""
MARK = 1.0
"""Seconds from one total that is kept for the rate to the next."""


class Watcher(Protocol):
    """Is told what happens, for a display."""

    def fetched(self, host: str, kind: str, size: int) -> None:
        """An answer of `size` bytes is in the archive."""

    def settled(self, host: str, reason: str) -> None:
        """A page became a document (empty reason) or was rejected."""

    def queued(self, host: str, waiting: int, total: int) -> None:
        """So many addresses of one host wait, and of all hosts, that the limits leave room for."""


@dataclass(slots=True)
class HostProgress:
    """What one host gave so far, and how much of it waits."""

    pages: int = 0
    bytes: int = 0
    documents: int = 0
    waiting: int = 0
    started: float = field(default_factory=time.monotonic)
    rejected: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Pages per second since the host was first met."""
        return self.pages / max(time.monotonic() - self.started, 0.1)


class RecentRate:
    """What is counted in a second, over the last `WINDOW` seconds: a crawl that stalls shows it."""

    def __init__(self, started: float) -> None:
        self._marks = deque([(started, 0)])

    def at(self, now: float, total: int) -> float:
        """The rate, where `total` was reached by `now`."""
        if now - self._marks[-1][0] >= MARK:
            self._marks.append((now, total))
        while len(self._marks) > 1 and now - self._marks[1][0] >= WINDOW:
            self._marks.popleft()
        since, before = self._marks[0]
        return (total - before) / max(now - since, MARK)


class CrawlDisplay:
    """A `Watcher` that shows pages, bytes, rejects by reason, rate and time left: of all and by host.

    The time left is that of what is known to wait: a crawl that still finds pages takes longer.
    """

    def __init__(self, *, delay: float = 0.0, line_seconds: float = LINE_SECONDS) -> None:
        self.pages = 0
        self.bytes = 0
        self.documents = 0
        self.rejected: Counter[str] = Counter()
        self._delay = delay
        self._hosts: dict[str, HostProgress] = {}
        self._waiting = 0
        self._started = time.monotonic()
        self._recent = RecentRate(self._started)
        self._line_seconds = line_seconds
        self._next_line = self._started + line_seconds
        self._live: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._live = Live(
                get_renderable=self.table,
                console=Console(stderr=True),
                refresh_per_second=4,
                transient=True,
            )
            self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, problem, trace)

    def fetched(self, host: str, kind: str, size: int) -> None:
        """An answer of `size` bytes is in the archive."""
        self.bytes += size
        if kind == "page":
            found = self._host(host)
            found.pages += 1
            found.bytes += size
            self.pages += 1
        if self._live is None and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + self._line_seconds
            note(self.line())

    def settled(self, host: str, reason: str) -> None:
        """A page became a document (empty reason) or was rejected."""
        found = self._host(host)
        if reason:
            self.rejected[reason] += 1
            found.rejected[reason] += 1
        else:
            self.documents += 1
            found.documents += 1

    def queued(self, host: str, waiting: int, total: int) -> None:
        """So many addresses of one host wait, and of all hosts."""
        self._host(host).waiting = waiting
        self._waiting = total

    def line(self) -> str:
        """All of it in one line."""
        rejected = ", ".join(f"{reason} {count}" for reason, count in self.rejected.most_common(4))
        return (
            f"{self.pages} pages of {len(self._hosts)} hosts, {_size(self.bytes)}, "
            f"{self.rate():.1f} pages/s, {self.documents} documents, {self.rejected.total()} rejected"
            f"{f' ({rejected})' if rejected else ''}, {self._waiting} waiting ({self._left()} left)"
        )

    def rate(self) -> float:
        """Pages per second of the last seconds."""
        return self._recent.at(time.monotonic(), self.pages)

    def table(self) -> _View:
        """The table for a terminal; its width decides how many columns there are."""
        return _View(self)

    def head(self) -> Text:
        """How far all of it is."""
        seconds = time.monotonic() - self._started
        return Text.assemble(
            (f"{self.pages:,} pages", "bold"),
            f"  {self.rate():.1f}/s  {_size(self.bytes)}  in {_time(seconds)}",
            ("  left ", "dim"),
            f"{self._left()} for {self._waiting:,} waiting",
            overflow="ellipsis",
            no_wrap=True,
        )

    def outcome(self) -> Text:
        """What came of it."""
        rejected = self.rejected.total()
        return Text.assemble(
            (f"{self.documents:,} documents", "green"),
            (f"  {rejected:,} rejected  ", "yellow" if rejected else "dim"),
            (_reasons(self.rejected), "dim"),
            overflow="ellipsis",
            no_wrap=True,
        )

    def host_rows(self, most: int) -> tuple[list[tuple[str, HostProgress]], int]:
        """The hosts that are busy first, at most so many, and how many more there are."""
        busy = sorted(self._hosts.items(), key=lambda pair: (pair[1].waiting == 0, -pair[1].pages))
        return busy[:most], max(0, len(busy) - most)

    def host_left(self, host: HostProgress) -> float:
        """Seconds for what waits, at the pace that this host was met with so far."""
        return host.waiting * max(1 / max(host.rate, 1e-6), self._delay)

    def _host(self, name: str) -> HostProgress:
        return self._hosts.setdefault(name, HostProgress())

    def _left(self) -> str:
        """As long as the slowest host takes: each is asked one page at a time.

        Where a limit leaves fewer pages than wait, all hosts together take them.
        """
        waiting = [host for host in self._hosts.values() if host.waiting]
        seconds = max(map(self.host_left, waiting), default=0.0)
        if sum(host.waiting for host in waiting) > self._waiting and self.rate():
            seconds = min(seconds, self._waiting / self.rate())
        return _time(seconds)


class _View:
    """Draws a display as wide and as high as there is room."""

    def __init__(self, display: CrawlDisplay) -> None:
        self._display = display

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        display, width = self._display, options.max_width
        yield display.head()
        yield display.outcome()
        names = ("pages", "left", "rejected")
        if width >= NARROW:
            names = ("pages", "docs", "size", *(("rate",) if width >= WIDE else ()), *names[1:])
        table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
        table.add_column("host", ratio=2, no_wrap=True, overflow="ellipsis")
        for name in names[: -1 if width >= WIDE else None]:
            table.add_column(name, justify="right", no_wrap=True)
        if width >= WIDE:
            table.add_column("rejected", ratio=3, no_wrap=True, overflow="ellipsis")
        rows, more = display.host_rows(max(3, min(SHOWN_HOSTS, console.height - 6)))
        for host_name, host in rows:
            reasons = _reasons(host.rejected) if width >= WIDE else f"{host.rejected.total():,}"
            cells = {
                "pages": f"{host.pages:,}",
                "docs": f"{host.documents:,}",
                "size": _size(host.bytes),
                "rate": f"{host.rate:.1f}/s",
                "left": _time(display.host_left(host)),
                "rejected": reasons,
            }
            style = "" if host.waiting else "dim"
            table.add_row(Text(host_name), *(cells[name] for name in names), style=style)
        yield table
        if more:
            yield Text(f"and {more} more hosts", style="dim")


def _reasons(rejected: Counter[str]) -> str:
    return "  ".join(f"{reason} {count:,}" for reason, count in rejected.most_common())


def _size(count: int) -> str:
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
