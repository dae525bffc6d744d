"""Which of several crawls a host belongs to, and what they hand to each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from gonerd.errors import ConfigError
from gonerd_scraper.urls import host_of, registered_domain

__all__ = ["Handovers", "Shard"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `world_size` crawls that share the sources by registered domain: each host has one owner."""

    rank: int
    world_size: int

    @classmethod
    def from_text(cls, text: str) -> Self:
        """`R/N`.

        Raises:
            ConfigError: it is not of that form, or R is not below N.
        """
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if match is None or int(match[1]) >= int(match[2]):
            raise ConfigError(f"shard is {text!r}, expected R/N with R from 0 to N-1, as in 0/4")
        return cls(int(match[1]), int(match[2]))

    def owner(self, domain: str) -> int:
        """The rank that a registered domain belongs to: the same on every machine."""
        return int.from_bytes(sha256(domain.encode()).digest()[:8], "big") % self.world_size

    def owns(self, url: str) -> bool:
        """Whether the host of `url` is ours to ask."""
        return self.owner(registered_domain(host_of(url))) == self.rank

    def folder(self, out: Path) -> Path:
        """Where this shard of the crawl `out` lies."""
        return out / f"shard-{self.rank:05d}-of-{self.world_size:05d}"


class Handovers:
    """Redirects that lead into a domain of this shard, read from the journals of the others.

    Each call of `news` yields what was added since the one before.
    """

    def __init__(self, folder: Path, shard: Shard, *, journal: str) -> None:
        self._rank = shard.rank
        self._read = {
            Shard(rank, shard.world_size).folder(folder.parent) / journal: 0
            for rank in range(shard.world_size)
            if rank != shard.rank
        }

    def news(self) -> Iterator[list[Any]]:
        """Yield the journal form of each item that another shard hands over."""
        for path, start in self._read.items():
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(start)
                for line in file:
                    if not line.endswith(b"\n"):  # is being written
                        break
                    start += len(line)
                    if b'"handed":' in line:
                        row = json.loads(line)
                        if row.get("to") == self._rank:
                            yield row["handed"]
            self._read[path] = start
