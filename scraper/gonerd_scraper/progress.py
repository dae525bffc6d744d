"""What a crawl shows while it runs: totals and the hosts that are busy, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import Any, Self

__all__ = ["CrawlDisplay"]

SHOWN_HOSTS = 12


class CrawlDisplay:
    """A `Watcher` that draws pages, bytes, rejects, rate, queue and time left, on a terminal only."""

    def __init__(self) -> None:
        self.pages = 0
        self.bytes = 0
        self.documents = 0
        self.rejected: Counter[str] = Counter()
        self._hosts: Counter[str] = Counter()
        self._waiting = 0
        self._started = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                get_renderable=self._table,
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
            self.pages += 1
            self._hosts[host] += 1

    def settled(self, host: str, reason: str) -> None:  # noqa: ARG002  # the protocol's name
        """A page became a document (empty reason) or was rejected."""
        if reason:
            self.rejected[reason] += 1
        else:
            self.documents += 1

    def queued(self, waiting: int) -> None:
        """So many addresses wait."""
        self._waiting = waiting

    def _table(self) -> Any:
        from rich.table import Table

        seconds = max(time.monotonic() - self._started, 0.1)
        rate = self.pages / seconds
        left = f"{self._waiting / rate:.0f} s" if rate else "?"
        table = Table(box=None, show_header=False)
        table.add_row(
            "pages", f"{self.pages}  ({rate:.1f}/s, {self.bytes / 1e6:.1f} MB, {seconds:.0f} s)"
        )
        table.add_row("documents", str(self.documents))
        table.add_row("waiting", f"{self._waiting}  (about {left} at this rate)")
        if self.rejected:
            table.add_row(
                "rejected", ", ".join(f"{reason} {n}" for reason, n in self.rejected.most_common(6))
            )
        for host, count in self._hosts.most_common(SHOWN_HOSTS):
            table.add_row(f"  {host}", str(count))
        return table
