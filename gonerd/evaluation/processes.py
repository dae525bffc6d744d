"""Several processes that share one run, as `torchrun` and `accelerate launch` start them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from gonerd.errors import CheckError, ConfigError

__all__ = ["Processes"]

T = TypeVar("T")

LONGEST_WAIT = timedelta(days=30)
"""One process may have far longer documents than the others; a launcher ends all when one fails."""


@dataclass(frozen=True, slots=True)
class Processes:
    """Which of how many processes this one is."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    """Its number among those of the same machine: its GPU."""

    def __post_init__(self) -> None:
        if not (0 <= self.rank < self.count and self.local_rank >= 0):
            raise ConfigError(
                f"RANK is {self.rank} of {self.count} processes, which makes no sense"
            )

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] = os.environ) -> Processes:
        """What the launcher said in RANK, WORLD_SIZE and LOCAL_RANK; one process where it said nothing.

        Raises:
            ConfigError: they are no numbers, or don't fit each other.
        """
        if "WORLD_SIZE" not in environ:
            return cls()
        try:
            return cls(
                rank=int(environ.get("RANK", 0)),
                count=int(environ["WORLD_SIZE"]),
                local_rank=int(environ.get("LOCAL_RANK", 0)),
            )
        except ValueError:
            raise ConfigError(
                "RANK, WORLD_SIZE and LOCAL_RANK must be whole numbers, as torchrun sets them"
            ) from None

    @property
    def is_first(self) -> bool:
        """Whether it is the one that speaks, scores and writes the result."""
        return self.rank == 0

    def device(self, asked: str) -> str:
        """The device that this process uses where `asked` was given: with `cuda`, each its own GPU."""
        return f"cuda:{self.local_rank}" if asked == "cuda" and self.count > 1 else asked

    def share(self, items: Iterable[T], *, together: int = 1) -> Iterator[T]:
        """Yield this process' items: of every `count` groups of `together` one, by position."""
        return (
            item for place, item in enumerate(items) if place // together % self.count == self.rank
        )

    @contextmanager
    def joined(self) -> Iterator[Barrier]:
        """The processes as one group while the block runs; the value lets them wait for each other."""
        if self.count == 1:
            yield Barrier(None)
            return
        from torch import distributed

        ours = not distributed.is_initialized()
        try:
            if ours:
                distributed.init_process_group("gloo", timeout=LONGEST_WAIT)
        except ValueError as problem:  # a variable of the environment is missing
            raise ConfigError(f"WORLD_SIZE is {self.count}, but {problem}") from None
        try:
            yield Barrier(distributed.new_group(backend="gloo", timeout=LONGEST_WAIT))
        finally:
            if ours:
                distributed.destroy_process_group()


class Barrier:
    """Where processes wait for each other."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def wait(self) -> None:
        """Return when every process has come here.

        Raises:
            CheckError: one of them is gone.
        """
        if self._group is not None:
            from torch import distributed

            try:
                distributed.barrier(group=self._group)
            except RuntimeError:
                raise CheckError("another process of this run has ended before its time") from None
