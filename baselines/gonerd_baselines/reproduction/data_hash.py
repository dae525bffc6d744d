"""Whether what is read from outside is still the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from gonerd.dataset.places import SAMPLE, dataset_folder, is_corpus_file
from gonerd.errors import InputError
from gonerd.files import file_sha256, read_json, write_json

__all__ = ["DataHashes"]


class DataHashes:
    """SHA-256 of files and folders by their bytes; of a name on the Hub by the name.

    A file of the same size and time of change is not read again: 20 GB of texts are hashed once.
    """

    def __init__(self, path: Path) -> None:
        """Keep what is computed in the file `path`."""
        self.path = path
        self._files: dict[str, Any] = {}
        self._places: dict[str, Any] = {}
        if path.is_file():
            found = read_json(path)
            self._files, self._places = dict(found["files"]), dict(found["places"])

    def __call__(self, place: str) -> str:
        """64 hex digits; of a place that is gone what was known of it, so that a run can move elsewhere.

        Raises:
            InputError: a place that can only be a path is not there, or is empty.
        """
        path = Path(place)
        if place == SAMPLE and not path.exists():
            path = dataset_folder(SAMPLE) / "SHA256SUMS"
        if path.is_file():
            return self._known_as(place, self._file(path))
        if path.is_dir():
            lines = [
                f"{self._file(each)}  {each.relative_to(path).as_posix()}\n"
                for each in sorted(path.rglob("*"))
                if each.is_file()
            ]
            if not lines:
                raise InputError(f"{place} is an empty folder")
            return self._known_as(place, hashlib.sha256("".join(lines).encode()).hexdigest())
        before = self._places.get(place)
        if before is not None:
            return str(before)
        if path.is_absolute() or place.startswith(".") or is_corpus_file(place):
            raise InputError(f"{place} does not exist")
        return hashlib.sha256(f"by name: {place}".encode()).hexdigest()

    def _known_as(self, place: str, found: str) -> str:
        self._places[place] = found
        return found

    def keep(self) -> None:
        """Write what is known for the next run."""
        write_json(self.path, {"files": self._files, "places": self._places}, overwrite=True)

    def _file(self, path: Path) -> str:
        status = path.stat()
        now = [status.st_size, status.st_mtime_ns]
        before = self._files.get(str(path.resolve()))
        if isinstance(before, dict) and before.get("of") == now:
            return str(before["sha256"])
        found = file_sha256(path)
        self._files[str(path.resolve())] = {"of": now, "sha256": found}
        return found
