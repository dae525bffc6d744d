"""The two stages that draw a sample of OSCAR: lots of what the rules keep, then the texts of those drawn.

The second stage reads its lines again, in the order in which the first saw them, and parses only what
was drawn: neither keeps texts or lots in memory, whatever their number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.errors import InputError, SchemaError
from gonerd.files import read_byte_lines, text_to_write, write_json
from gonerd.records import record_from_document
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.distillation.oscar import (
    OscarRecord,
    OscarRules,
    document_from_oscar,
    oscar_record,
    reasons_against,
)
from gonerd_scraper.lots import lot, places_up_to, write_lots
from gonerd_scraper.running.shards import shard_path, write_shard

__all__ = ["Draw", "Input", "Sift", "by_lot", "by_place", "counts_path", "lots_path"]

LINE_BITS = 40
"""Of the 64 bits of a place; those above are the file's."""

Key = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read, and the name under which messages speak of it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sift:
    """First stage: ask the rules for each line, write a lot for each document kept.

    A rank leaves its lots, its counts, the broken lines and, where asked for, the rejected ones.
    """

    inputs: tuple[Input, ...]
    rules: OscarRules
    takedown: Takedown
    seed: int
    skip_broken: bool
    list_rejected: bool
    folder: Path

    def __call__(
        self, _data: Iterable[Any] | None, rank: int = 0, world_size: int = 1
    ) -> Iterator[dict[str, Any]]:
        """Yield the rank's counts.

        Raises:
            SchemaError: a line is broken and `skip_broken` is off; the message names file and line.
            InputError: a file is missing, or cut off inside its compression and `skip_broken` is off.
        """
        counts = _Counts()
        with ExitStack() as stack:

            def sink(name: str) -> Callable[[dict[str, Any]], None]:
                path = shard_path(self.folder, name, rank)
                out = stack.enter_context(text_to_write(path, overwrite=True))
                return lambda row: _write_row(out.write, row)

            broken = sink("broken")
            rejected = sink("rejected") if self.list_rejected else None
            write_lots(
                lots_path(self.folder, rank),
                self._lots(counts, broken, rejected, rank, world_size),
            )
        write_json(counts_path(self.folder, rank), counts.as_json(), overwrite=True)
        yield counts.as_json()

    def _lots(
        self,
        counts: _Counts,
        broken: Callable[[dict[str, Any]], None],
        rejected: Callable[[dict[str, Any]], None] | None,
        rank: int,
        world_size: int,
    ) -> Iterator[tuple[int, int]]:
        for file, number, line in _own_lines(self.inputs, rank, world_size):
            name = self.inputs[file].name
            try:
                record = _parsed(line)
            except InputError as problem:
                if not self.skip_broken:
                    raise
                broken({"file": name, "line": number, "problem": str(problem)})
                counts.broken += 1
                continue
            except SchemaError as problem:
                if not self.skip_broken:
                    raise SchemaError(
                        f"{name}:{number}: {problem} (--on-broken skip leaves such lines out)"
                    ) from None
                broken({"file": name, "line": number, "problem": str(problem)})
                counts.broken += 1
                continue
            reasons = self._reasons(record)
            counts.add(record, reasons)
            if not reasons:
                yield lot(self.seed, record.id), file << LINE_BITS | number
            elif rejected is not None:
                row = {"file": name, "line": number, "id": record.id, "url": record.url}
                rejected(row | {"reason": reasons[0], "reasons": reasons})

    def _reasons(self, record: OscarRecord) -> list[str]:
        reasons = reasons_against(record, self.rules)
        urls = () if record.url is None else (record.url,)
        if self.takedown.reason(id=record.id, urls=urls) is not None:
            reasons.insert(0, TAKEN_DOWN)
        return reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Second stage: the documents whose lots are no higher than `highest`, ordered by lot."""

    inputs: tuple[Input, ...]
    seed: int
    highest: int
    sifted: Path
    """The folder of the first stage, run with the same world size."""
    folder: Path

    def __call__(
        self, _data: Iterable[Any] | None, rank: int = 0, world_size: int = 1
    ) -> Iterator[int]:
        """Yield how many the rank has drawn."""
        path = shard_path(self.folder, "documents", rank)
        yield write_shard(path, self._drawn(rank, world_size), key=by_lot(self.seed))

    def _drawn(self, rank: int, world_size: int) -> Iterator[dict[str, Any]]:
        places = places_up_to(lots_path(self.sifted, rank), self.highest)
        wanted = next(places, None)
        files = {
            place >> LINE_BITS for place in places_up_to(lots_path(self.sifted, rank), self.highest)
        }
        for file, number, line in _own_lines(self.inputs, rank, world_size, files=files):
            if wanted is None:
                return
            if file << LINE_BITS | number == wanted:
                yield record_from_document(document_from_oscar(_parsed(line)))
                wanted = next(places, None)


@dataclass(slots=True)
class _Counts:
    """What a rank has seen; `failing` counts each reason, also where another came first."""

    read: int = 0
    broken: int = 0
    kept: int = 0
    kept_characters: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    failing: Counter[str] = field(default_factory=Counter[str])

    def add(self, record: OscarRecord, reasons: list[str]) -> None:
        self.read += 1
        if reasons:
            self.rejected[reasons[0]] += 1
            self.failing.update(reasons)
        else:
            self.kept += 1
            self.kept_characters += len(record.text)

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "broken": self.broken,
            "kept": self.kept,
            "kept_characters": self.kept_characters,
            "rejected_by_reason": dict(self.rejected),
            "failing_each_rule": dict(self.failing),
        }


def by_lot(seed: int) -> Key:
    """The order of a sample: by lot, so that its beginning is a sample as well, then by id and text."""

    def key(record: Any) -> tuple[int, str, str]:
        return lot(seed, record["id"]), record["id"], record["meta"]["text_sha256"]

    return key


def by_place(row: Any) -> tuple[str, int]:
    """The order of broken and rejected lines."""
    return row["file"], row["line"]


def lots_path(folder: Path, rank: int) -> Path:
    """Where a rank writes its lots."""
    return folder / "shards" / f"lots.{rank:05d}.bin"


def counts_path(folder: Path, rank: int) -> Path:
    """Where a rank writes its counts."""
    return folder / "shards" / f"counts.{rank:05d}.json"


def _own_lines(
    inputs: tuple[Input, ...], rank: int, world_size: int, *, files: set[int] | None = None
) -> Iterator[tuple[int, int, bytes | InputError]]:
    """Yield (file, line number, line) of one rank's share, in order; blank lines are passed over.

    Files are dealt out where there are enough of them, else lines are. A file that breaks off ends in
    the problem instead of a line. Of files that are not among `files`, nothing is opened.
    """
    whole = len(inputs) >= world_size
    for file in range(rank, len(inputs), world_size) if whole else range(len(inputs)):
        if files is not None and file not in files:
            continue
        number = 0
        try:
            for number, line in read_byte_lines(inputs[file].path):
                if (whole or number % world_size == rank) and line and not line.isspace():
                    yield file, number, line
        except InputError as problem:
            if not inputs[file].path.is_file():
                raise
            if whole or (number + 1) % world_size == rank:
                said = str(problem).replace(str(inputs[file].path), inputs[file].name)
                yield file, number + 1, InputError(said)


def _parsed(line: bytes | InputError) -> OscarRecord:
    if isinstance(line, InputError):
        raise line
    try:
        value = json.loads(line.decode("utf-8"))
        if b"\\ud" in line or b"\\uD" in line:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as problem:
        raise SchemaError(f"not JSON at column {problem.colno} ({problem.msg})") from None
    except UnicodeDecodeError as problem:
        raise SchemaError(
            f"byte 0x{problem.object[problem.start]:02x} at column {problem.start + 1} is not UTF-8"
        ) from None
    except UnicodeEncodeError:
        raise SchemaError("a character is half of a surrogate pair (U+D800 to U+DFFF)") from None
    except RecursionError:
        raise SchemaError("nested too deep") from None
    except ValueError as problem:  # a number of thousands of digits
        raise SchemaError(f"not JSON that can be read ({problem})") from None
    return oscar_record(value)


def _write_row(write: Callable[[str], Any], row: dict[str, Any]) -> None:
    write(json.dumps(row, ensure_ascii=False) + "\n")
