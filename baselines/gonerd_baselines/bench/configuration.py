"""What a benchmark was told: the resolved options, saved beside its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.attention import AUTO, BACKENDS
from gonerd_baselines.bench.implementation import Implementation, checked_implementation
from gonerd_baselines.bench.peer import HEADS
from gonerd_baselines.bench.row import Row
from gonerd_baselines.bench.task import DTYPES, Task

__all__ = ["Configuration"]

SECONDS_A_CELL = 5.0
"""On a GPU timed runs end after so many, and so do those before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Every combination of these is a cell."""

    rows: tuple[Row, ...]
    implementations: tuple[Implementation, ...] = ("transformers", "sdpa", "ours")
    lengths: tuple[int, ...] = (512, 4096)
    """Tokens of a document; with real lengths the one to which is padded and cut."""
    batch: int = 1
    """Documents of a batch."""
    dtypes: tuple[str, ...] = ("float32",)
    heads: tuple[str, ...] = ("token",)
    device: str = "cpu"
    attention_backend: str = AUTO
    """Of our encoder."""
    repeat: int = 3
    """Timed runs of a cell."""
    warm_up: int = 1
    """Runs before."""
    real_lengths: tuple[int, ...] = ()
    """Tokens of real documents; empty for batches of equal lengths."""
    lengths_from: str = ""
    """Whose they are."""
    memory_limit_mib: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        for name in self.implementations:
            checked_implementation(name)
        for values, known, what in (
            (self.dtypes, tuple(DTYPES), "--dtype"),
            (self.heads, HEADS, "--head"),
            ((self.attention_backend,), (AUTO, *BACKENDS), "--attention-backend"),
        ):
            for value in values:
                if value not in known:
                    raise ConfigError(
                        f"{what} {value!r} is unknown; expected one of {', '.join(known)}"
                    )
        for length in self.lengths:
            if length < 1:
                raise ConfigError(f"--length {length}: a document has 1 token or more")
            if not any(row.takes(length) for row in self.rows):
                most = max(row.positions for row in self.rows)
                raise ConfigError(
                    f"--length {length}: no row has positions for so many; expected {most} at most, "
                    "or a row of the groups efficient, extended, reference"
                )
        if self.memory_limit_mib is not None and self.device.startswith("cuda"):
            raise ConfigError(
                "--memory-limit bounds the address space, of which CUDA takes more than there is memory; "
                "expected it with --device cpu only"
            )
        if self.real_lengths and len(self.lengths) != 1:
            raise ConfigError(
                f"documents of real lengths are padded to one length, --length names {len(self.lengths)}"
            )

    def as_json(self) -> dict[str, Any]:
        """Rows by name; real lengths by their number and sum."""
        fields = asdict(self)
        fields["rows"] = [row.name for row in self.rows]
        real = fields.pop("real_lengths")
        fields["documents"] = {"count": len(real), "tokens": sum(real)} if real else None
        return fields

    def tasks(self) -> Iterator[Task]:
        """One for every cell that has positions, in the order of the tables."""
        arrangements = ("padded", "sorted", "packed") if self.real_lengths else ("uniform",)
        for head in self.heads:
            for dtype in self.dtypes:
                for row in self.rows:
                    for length in filter(row.takes, self.lengths):
                        for name in self.implementations:
                            for arrangement in arrangements:
                                if (arrangement == "packed") != (
                                    name == "ours"
                                ) and self.real_lengths:
                                    continue
                                yield self._task(row, name, length, dtype, head, arrangement)

    def _task(
        self, row: Row, name: Implementation, length: int, dtype: str, head: str, arrangement: str
    ) -> Task:
        return Task(
            row=row,
            implementation=name,
            length=length,
            batch=self.batch,
            dtype=dtype,
            head=head,
            device=self.device,
            attention_backend=self.attention_backend,
            arrangement=arrangement,
            lengths=self.real_lengths,
            repeat=self.repeat,
            warm_up=self.warm_up,
            at_most_seconds=SECONDS_A_CELL if self.device.startswith("cuda") else None,
            memory_limit_mib=self.memory_limit_mib,
            threads=self.threads,
        )
