"""What is to be published: the files of a dataset folder, and the tag that they get."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gonerd.dataset.card import DatasetFacts
from gonerd.dataset.hub_writing import OutgoingFile
from gonerd.dataset.loading import ALL, load
from gonerd.dataset.sums import SUMS_FILE, read_sums
from gonerd.dataset.withholding import withhold_texts
from gonerd.errors import CheckError
from gonerd.files import file_sha256
from gonerd.takedown import Takedown

__all__ = ["Publication", "prepared"]

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Publication:
    """A dataset folder as it goes to the Hub."""

    folder: Path
    facts: DatasetFacts
    files: tuple[OutgoingFile, ...]

    @property
    def tag(self) -> str:
        """The name of this version, for good."""
        return f"v{self.facts.version}"

    def as_json(self) -> dict[str, Any]:
        """Tag, fingerprint and files with their sizes."""
        return {
            "tag": self.tag,
            "fingerprint": self.facts.fingerprint,
            "texts": self.facts.texts,
            "bytes": sum(file.size for file in self.files),
            "files": [{"name": file.name, "bytes": file.size} for file in self.files],
        }


@contextmanager
def prepared(
    dataset: Path,
    *,
    audit: Callable[[Path], Sequence[str]],
    takedown: Takedown,
    annotations_only: bool = False,
    manifest: Path | None = None,
) -> Iterator[Publication]:
    """The publication of a dataset that passed its audit; without texts, its folder lives for the block.

    `audit` says what is wrong with a dataset folder, one sentence each.
    `manifest` goes with annotations alone: see `withhold_texts`.

    Raises:
        CheckError: the audit found something, or a document is on the take-down list; the message has the
            first of it.
        InputError: `dataset` is no whole dataset.
    """
    dataset = dataset.resolve()  # the word `sample` names a folder here, never the embedded sample
    problems = list(audit(dataset))
    if not problems:
        problems = [
            f"document {document.id!r} is to be taken down by {entry}"
            for document in load(dataset).documents(ALL)
            if (entry := takedown.entry_of(document)) is not None
        ]
    if problems:
        more = f" (and {len(problems) - SHOWN:,} more)" if len(problems) > SHOWN else ""
        raise CheckError(f"the audit failed: {'; '.join(problems[:SHOWN])}{more}")
    if not annotations_only:
        yield _publication(dataset)
        return
    with TemporaryDirectory(prefix="gonerd-annotations-") as folder:
        withhold_texts(dataset, Path(folder), manifest=manifest)
        yield _publication(Path(folder))


def _publication(folder: Path) -> Publication:
    names = [*read_sums(folder / SUMS_FILE), SUMS_FILE]
    files = [
        OutgoingFile(name, path, path.stat().st_size, file_sha256(path))
        for name, path in ((name, folder / name) for name in sorted(names))
    ]
    return Publication(folder, load(folder).facts, tuple(files))
