"""Seconds that a stream of results takes, without those that its own input takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["Stopwatch"]

T = TypeVar("T")


class Stopwatch:
    """Runs while a result is waited for, and stands while the input is asked for its next item."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._aside = 0.0
        self._lapped = 0.0
        self._waiting: int | None = None

    def timed(self, results: Iterable[T]) -> Iterator[T]:
        """Yield `results`; the time until each has come counts."""
        source = iter(results)
        while True:
            self._aside, self._waiting = 0.0, threading.get_ident()
            begin = time.perf_counter()
            try:
                result = next(source)
            except StopIteration:
                return
            finally:
                self.seconds += time.perf_counter() - begin - self._aside
                self._waiting = None
            yield result

    def left_out(self, items: Iterable[T]) -> Iterator[T]:
        """Yield `items`; making them does not count, unless another thread does it meanwhile."""
        source = iter(items)
        while True:
            begin = time.perf_counter()
            try:
                item = next(source)
            except StopIteration:
                return
            finally:
                if self._waiting == threading.get_ident():
                    self._aside += time.perf_counter() - begin
            yield item

    def lap(self) -> float:
        """Seconds since the last lap, or since the beginning."""
        since, self._lapped = self.seconds - self._lapped, self.seconds
        return since
