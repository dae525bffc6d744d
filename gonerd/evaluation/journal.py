"""What an unfinished run has on disk: its predictions so far, so that a killed run goes on where it was."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from gonerd.errors import CheckError, OutputError, SchemaError
from gonerd.files import read_json, write_json
from gonerd.records import json_from_line

__all__ = ["Journal", "JournalWriter", "unfinished_folder"]

RUN_FILE = "run.json"
MODEL_FILE = "model.json"
LOCK_FILE = "lock"
SYNC_SECONDS = 1.0
"""A line is handed to the system when it is written, and forced to the disk at least so often."""

Place = tuple[int, int, int]
"""Which file, at which byte, how many bytes."""


def unfinished_folder(out: Path) -> Path:
    """Where a run that is to become `out` keeps what it has so far."""
    return out.parent / f"{out.name}.unfinished"


class Journal:
    """The folder of an unfinished run.

    `run.json` says what is run. `predictions-RANK.jsonl` holds a line for each document, in the form of
    the result's own file, and `seconds-RANK.jsonl` one `[stretch, seconds, reread]` for each of those; a
    stretch is what lies between one start and the next. Each process appends to its own two files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: IO[bytes] | None = None

    def prepare(self, identity: Mapping[str, Any], *, anew: bool) -> int:
        """Begin, or get ready to go on: cut off what was written by halves; return how many lines are there.

        One process alone does this, before any of them writes.

        Args:
            identity: what makes the run what it is; only the same may go on.
            anew: throw away what is there.

        Raises:
            OutputError: an unfinished run of something else is there, or the run is going on at this moment.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock_folder()
        file = self.folder / RUN_FILE
        if anew or not file.exists():  # without the file it was killed before it had begun
            self._empty_folder()
            write_json(file, {"stretch": 0, **identity})
            return 0
        found = read_json(file)
        stretch = int(found.pop("stretch", 0))
        asked = json.loads(json.dumps(identity))
        if found != asked:
            raise OutputError(_refusal(self.folder, found, asked))
        write_json(file, {"stretch": stretch + 1, **identity}, overwrite=True)
        lines = 0
        for path in self._parts():
            whole = _cut_to_whole_lines(path)
            _cut_to_whole_lines(self._seconds_of(path), most=whole)
            lines += whole
        return lines

    def index(self) -> dict[str, Place]:
        """Where each document's line stands."""
        places: dict[str, Place] = {}
        for number, path in enumerate(self._parts()):
            start = 0
            with path.open("rb") as lines:
                for line in lines:
                    doc_id = json.loads(line)["doc_id"]
                    if doc_id in places:
                        raise CheckError(f"{path}: document {doc_id!r} is predicted twice")
                    places[doc_id] = number, start, len(line)
                    start += len(line)
        return places

    @contextmanager
    def reading(self) -> Iterator[LinesByDocument]:
        """The lines by document, while the block runs."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in self._parts()]
            yield LinesByDocument(files, self.index())

    @contextmanager
    def writing(self, rank: int) -> Iterator[JournalWriter]:
        """Append lines of process `rank` while the block runs; all that was written is then on the disk."""
        stretch = int(read_json(self.folder / RUN_FILE)["stretch"])
        path = self.folder / f"predictions-{rank}.jsonl"
        with path.open("ab") as predictions, self._seconds_of(path).open("ab") as seconds:
            writer = JournalWriter(predictions, seconds, stretch)
            try:
                yield writer
            finally:
                writer.sync()

    def stretches(self) -> tuple[list[float], int]:
        """Seconds of each stretch that predicted anything, and how many documents were read once more.

        Processes work at the same time, so that a stretch lasts as long as its longest.
        """
        by_stretch: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        reread = 0
        for number, path in enumerate(self._parts()):
            with self._seconds_of(path).open("rb") as lines:
                for line in lines:
                    stretch, seconds, again = json.loads(line)
                    by_stretch[stretch][number] += seconds
                    reread += again
        return [max(by_stretch[stretch].values()) for stretch in sorted(by_stretch)], reread

    def note_model(self, record: Mapping[str, Any]) -> None:
        """Keep what a model says of itself once it has answered.

        Raises:
            OutputError: in an earlier stretch it said something else.
        """
        file = self.folder / MODEL_FILE
        if not file.exists():
            write_json(file, record)
            return
        found, now = read_json(file), json.loads(json.dumps(record))
        if found != now:
            raise OutputError(_refusal(self.folder, found, now, "model"))

    def model(self) -> dict[str, Any] | None:
        """What `note_model` kept."""
        file = self.folder / MODEL_FILE
        return read_json(file) if file.exists() else None

    def note_peaks(self, rank: int, peaks: Mapping[str, int | None]) -> None:
        """Keep the most memory that process `rank` held, in this stretch or an earlier one."""
        file = self.folder / f"peaks-{rank}.json"
        earlier = read_json(file) if file.exists() else {}
        write_json(file, _most(earlier, peaks), overwrite=True)

    def peaks(self) -> dict[str, int | None]:
        """The most memory that any one process held."""
        most: dict[str, int | None] = {}
        for file in sorted(self.folder.glob("peaks-*.json")):
            most = _most(most, read_json(file))
        return most

    def _lock_folder(self) -> None:
        """Keep other runs out of the folder until it is released, or this process ends in whatever way."""
        lock = (self.folder / LOCK_FILE).open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise OutputError(
                f"{self.folder} is in use: the run is going on in another process"
            ) from None
        self._lock = lock

    def _empty_folder(self) -> None:
        for path in self.folder.iterdir():
            if path.name != LOCK_FILE:
                path.unlink()

    def remove_if_empty(self) -> None:
        """Throw the folder away if no document is in it."""
        if not any(path.stat().st_size for path in self._parts()):
            self.remove()

    def remove(self) -> None:
        """Throw the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Let another run go on with it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("predictions-*.jsonl"))

    def _seconds_of(self, part: Path) -> Path:
        return part.with_name(part.name.replace("predictions-", "seconds-"))


class JournalWriter:
    """Appends one document after another."""

    def __init__(self, predictions: IO[bytes], seconds: IO[bytes], stretch: int) -> None:
        self._predictions = predictions
        self._seconds = seconds
        self._stretch = stretch
        self._synced = time.monotonic()

    def add(self, record: Mapping[str, Any], *, seconds: float, reread: int = 0) -> None:
        """Append a prediction's record, with the seconds that it took.

        The seconds go first: a line without a prediction is cut off, a prediction has always its seconds.
        """
        self._write(self._seconds, [self._stretch, round(seconds, 6), reread])
        self._write(self._predictions, record)
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Force what was written to the disk."""
        for file in (self._seconds, self._predictions):
            os.fsync(file.fileno())
        self._synced = time.monotonic()

    @staticmethod
    def _write(file: IO[bytes], value: Any) -> None:
        file.write((json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode())
        file.flush()


class LinesByDocument:
    """Lines of several files, each found by its document."""

    def __init__(self, files: Sequence[IO[bytes]], places: Mapping[str, Place]) -> None:
        self._files = files
        self._places = places

    def __getitem__(self, doc_id: str) -> str:
        """The line of a document, with its line feed.

        Raises:
            CheckError: there is none.
        """
        if doc_id not in self._places:
            raise CheckError(f"the run has no prediction for document {doc_id!r}")
        number, start, length = self._places[doc_id]
        self._files[number].seek(start)
        return self._files[number].read(length).decode()


def _cut_to_whole_lines(path: Path, *, most: int | None = None) -> int:
    """Cut a file after its last line that is whole JSON, and after `most` lines; return how many are left."""
    end = count = 0
    path.touch()
    with path.open("rb+") as lines:
        for line in lines:
            if count == most or not _is_whole(line):
                break
            end += len(line)
            count += 1
        lines.truncate(end)
    return count


def _is_whole(line: bytes) -> bool:
    if not line.endswith(b"\n"):
        return False
    try:
        json_from_line(line.decode())
    except (SchemaError, UnicodeDecodeError):  # a power cut can leave a block of zeros
        return False
    return True


def _refusal(folder: Path, found: Any, asked: Any, name: str = "") -> str:
    return (
        f"{folder} holds an unfinished run of something else: {_difference(found, asked, name)}; "
        f"the same command goes on with it, --force begins anew"
    )


def _difference(found: Any, asked: Any, name: str = "") -> str:
    """The first field in which two JSON values differ, with both."""
    if isinstance(found, dict) and isinstance(asked, dict):
        for key in sorted({*found, *asked}):
            if found.get(key) != asked.get(key):
                inner = f"{name}.{key}" if name else key
                return _difference(found.get(key), asked.get(key), inner)
    return f"its {name} is {json.dumps(found)}, {json.dumps(asked)} was asked for"


def _most(one: Mapping[str, int | None], other: Mapping[str, int | None]) -> dict[str, int | None]:
    most: dict[str, int | None] = {}
    for name in {**one, **other}:
        values = [value for value in (one.get(name), other.get(name)) if value is not None]
        most[name] = max(values, default=None)
    return most
