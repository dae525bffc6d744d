"""Which documents come together in a batch, in a seeded order, for any number of workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.tokens.documents import Documents
from gonerd_baselines.tokens.order import SeededOrder

__all__ = ["PackingSampler", "SamplerState"]

WINDOW = 1 << 14
"""Places of the order that are computed at once."""


@dataclass(frozen=True, slots=True)
class SamplerState:
    """Where a sampler stands: the same in all workers after the same number of batches."""

    epoch: int
    place: int
    """Documents of the epoch that have been in a batch."""
    batches: int
    """Batches of all workers so far."""
    seed: int
    batch_tokens: int
    documents: int
    fingerprint: str
    """Of what is read."""

    def as_json(self) -> dict[str, Any]:
        """For a checkpoint."""
        return asdict(self)


class PackingSampler:
    """An endless iterator of batches: the numbers of documents that together have at most T tokens.

    Batches are one sequence, the same for any number of workers: number k is worker k mod W's. A batch
    never reaches over the end of an epoch, so each document comes once an epoch over all
    workers. Each worker walks the whole order, at about 3 million documents a second.
    """

    def __init__(
        self, files: Documents, *, batch_tokens: int, seed: int, worker: int = 0, workers: int = 1
    ) -> None:
        """Stand at the beginning of epoch 0.

        Raises:
            ConfigError: a document is longer than a batch, or there is no such worker.
            InputError: there is no document.
        """
        if not 0 <= worker < workers:
            raise ConfigError(f"worker {worker} of {workers}; they count from 0")
        if not len(files):
            raise InputError(f"{files.name} has no document")
        if files.longest > batch_tokens:
            raise ConfigError(
                f"{files.name} has a document of {files.longest:,} tokens, a batch takes {batch_tokens:,}; "
                f"cut documents with --max-len {batch_tokens}, or take larger batches"
            )
        self.files = files
        self.batch_tokens = batch_tokens
        self.seed = seed
        self.worker = worker
        self.workers = workers
        self.batches = 0
        self._stand_at(0, 0)

    def __iter__(self) -> Iterator[list[int]]:
        return self

    def __next__(self) -> list[int]:
        round_ = [self._batch() for _ in range(self.workers)]
        return round_[self.worker]

    @property
    def state(self) -> SamplerState:
        """What a checkpoint has to hold for `resume`."""
        return SamplerState(
            self.epoch,
            self.place,
            self.batches,
            self.seed,
            self.batch_tokens,
            len(self.files),
            self.files.fingerprint,
        )

    def resume(self, state: SamplerState | dict[str, Any]) -> None:
        """Go on where `state` was taken, with any number of workers; nothing is read again.

        Raises:
            InputError: the state is broken, or of other tokens, another seed or size of batches.
        """
        try:
            there = SamplerState(**state) if isinstance(state, dict) else state
        except TypeError as problem:
            raise InputError(f"the sampler's state is damaged ({problem})") from None
        here = self.state
        for name in ("seed", "batch_tokens", "documents", "fingerprint"):
            if getattr(there, name) != getattr(here, name):
                raise InputError(
                    f"{self.files.name}: the sampler's state has {name} {getattr(there, name)!r}, "
                    f"here it is {getattr(here, name)!r}"
                )
        if not (0 <= there.place < len(self.files) and there.epoch >= 0 and there.batches >= 0):
            raise InputError(
                f"the sampler's state is damaged (epoch {there.epoch}, place {there.place}, "
                f"batches {there.batches})"
            )
        self.batches = there.batches
        self._stand_at(there.epoch, there.place)

    def _stand_at(self, epoch: int, place: int) -> None:
        self.epoch = epoch
        self.place = place
        self._order = SeededOrder(len(self.files), seed=self.seed, epoch=epoch)
        self._window_end = place
        self._coming: Iterator[tuple[int, int]] = iter(())
        self._next = self._read()

    def _read(self) -> tuple[int, int] | None:
        """The next (document, tokens) of the epoch, None at its end."""
        found = next(self._coming, None)
        if found is None and self._window_end < len(self.files):
            documents = self._order(self._window_end, self._window_end + WINDOW)
            self._window_end += len(documents)
            lengths = self.files.lengths_of(documents)
            self._coming = zip(documents.tolist(), lengths.tolist(), strict=True)
            found = next(self._coming)
        return found

    def _batch(self) -> list[int]:
        batch: list[int] = []
        room = self.batch_tokens
        while self._next is not None and self._next[1] <= room:
            document, tokens = self._next
            batch.append(document)
            room -= tokens
            self.place += 1
            self._next = self._read()
        self.batches += 1
        if self._next is None:
            self._stand_at(self.epoch + 1, 0)
        return batch
