"""How far a run is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gonerd.console import note

__all__ = ["progress"]

LINE_SECONDS = 30.0

Advance = Callable[[], None]


@contextmanager
def progress(total: int, *, done: int = 0, shown: bool = True) -> Iterator[Advance]:
    """Show documents, documents per second and the time left on stderr; the value counts one on.

    Args:
        total: how many documents there are.
        done: how many were there before; they don't count for the speed.
        shown: off for all but one of several processes.
    """
    if not shown:
        yield lambda: None
    elif sys.stderr.isatty():
        with _bar(total, done) as advance:
            yield advance
    else:
        yield _Lines(total, done).advance


class _Lines:
    """One line every half minute; a run that is over before has none."""

    def __init__(self, total: int, done: int) -> None:
        self._total, self._done, self._before = total, done, done
        self._begin = self._said = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._said < LINE_SECONDS:
            return
        self._said = now
        rate = (self._done - self._before) / (now - self._begin)
        left = (self._total - self._done) / rate
        note(
            f"{self._done:,} of {self._total:,} documents, {rate:,.1f} documents/s, "
            f"{_clock(left)} left"
        )


@contextmanager
def _bar(total: int, done: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    begin = time.monotonic()

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            seconds = max(time.monotonic() - begin, 1e-9)
            return Text(f"{(task.completed - done) / seconds:,.1f} documents/s")

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(""),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("documents", total=total, completed=done)
        yield lambda: bar.advance(task)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
