"""Pages from the WARC files that a crawl wrote, or was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from gonerd.errors import InputError
from gonerd_scraper.rebuilding.captures import Capture, StepError
from gonerd_scraper.rebuilding.manifest import ManifestRow
from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.warc.reading import read_page_at

__all__ = ["OwnArchive"]


class OwnArchive:
    """Looks for the file below each of `folders`, by its whole name and then by its last part."""

    name = "warc"

    def __init__(self, folders: Sequence[Path], *, limit: int) -> None:
        self._folders = tuple(folders)
        self._limit = limit

    async def captures(self, row: ManifestRow) -> AsyncIterator[Capture | StepError]:
        """Yield the one capture, its bytes checked.

        Raises:
            StepError: the file is not there, or its bytes are others.
        """
        yield await asyncio.to_thread(self.capture, row)

    def capture(self, row: ManifestRow) -> Capture:
        """The answer that the manifest's `warc` speaks of."""
        place = row.place
        if place is None:
            raise StepError("no_coordinates", "the manifest names no WARC file")
        problem = StepError("no_file", f"{place.file} is not there")
        for path in self._found(place.file):  # a copy elsewhere may be whole where this one is not
            try:
                return self._read(path, place)
            except StepError as found:
                problem = found
        raise problem

    def _read(self, path: Path, place: RecordPlace) -> Capture:
        where = f"{place.file} at byte {place.offset}"
        try:
            with path.open("rb") as file:
                page = read_page_at(file, place, limit=self._limit)
        except InputError:
            # its own words quote the file, and a manifest may name any file of this machine
            raise StepError("wrong_bytes", f"{where}: no WARC record is there") from None
        except OSError as problem:
            raise StepError("no_file", f"{path}: {problem.strerror}", transient=True) from None
        if page is None or (page.place.length, page.place.sha256) != (place.length, place.sha256):
            raise StepError("wrong_bytes", f"{where}: the bytes are not those of the manifest")
        if page.problem is not None:
            reason, detail = page.problem
            raise StepError(reason, f"{where}: {detail}")
        return Capture(
            where=where,
            url=page.url,
            headers=page.headers,
            body=page.body,
            fetched_at=page.fetched_at,
            status=page.status,
            verified=True,
        )

    def _found(self, name: str) -> Iterator[Path]:
        candidates = [folder / name for folder in self._folders]
        candidates += [Path(name), *(folder / Path(name).name for folder in self._folders)]
        return filter(_is_file, dict.fromkeys(candidates))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
