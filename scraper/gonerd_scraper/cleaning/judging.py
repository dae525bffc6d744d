"""The stages of cleaning that run for each rank: sites' paragraphs are counted, then documents are judged."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from gonerd.records import record_from_document, write_json_lines
from gonerd.schema import Document, text_sha256
from gonerd.takedown import TAKEN_DOWN, Takedown
from gonerd_scraper.cleaning.boilerplate import SiteParagraphs, own_text
from gonerd_scraper.cleaning.filters import CleanRules, Rejection, first_rejection
from gonerd_scraper.cleaning.manual import DROP, ManualList
from gonerd_scraper.cleaning.signatures import Banding, signed
from gonerd_scraper.running.shards import shard_path
from gonerd_scraper.running.spool import document_from_line
from gonerd_scraper.running.stages import lines_of_rank

__all__ = [
    "CountParagraphs",
    "JudgeDocuments",
    "compared_text",
    "counts_path",
    "judged_path",
    "read_repeated",
    "rejected_row",
    "write_repeated",
]

TOGETHER = 256
"""Documents signed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParagraphs:
    """Counts how often the paragraphs of each site stand in a rank's share of the documents."""

    paths: tuple[Path, ...]
    folder: Path
    takedown: Takedown

    def __call__(
        self, _data: Iterable[Any] | None, rank: int = 0, world_size: int = 1
    ) -> Iterator[Path]:
        """Yield where the counts lie, which `SiteParagraphs.read` takes."""
        counts = SiteParagraphs()
        for _, document in _documents(self.paths, rank, world_size):
            if self.takedown.entry_of(document) is None:
                counts.add(document)
        path = counts_path(self.folder, rank)
        path.parent.mkdir(parents=True, exist_ok=True)
        counts.write(path)
        yield path


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeDocuments:
    """Asks the rules about a rank's share of the documents, and signs those that pass.

    A row of its shard has `id`, `at` (where the document was read), and either `rejected`, its row in
    rejected.jsonl, or `document`, `digest` of its text and `signature`. Where the manual list speaks of the
    document, `manual` is the decision's name and what came of it: `keep`, `drop`, `changed`, `taken_down`.
    """

    paths: tuple[Path, ...]
    folder: Path
    rules: CleanRules
    takedown: Takedown
    manual: ManualList
    repeated: Path | None
    """Numpy file with the paragraphs that sites repeat."""
    banding: Banding

    def __call__(
        self, _data: Iterable[Any] | None, rank: int = 0, world_size: int = 1
    ) -> Iterator[Path]:
        """Yield the shard, written whole."""
        path = judged_path(self.folder, rank)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json_lines(path, self._rows(rank, world_size), overwrite=True)
        yield path

    def _rows(self, rank: int, world_size: int) -> Iterator[dict[str, Any]]:
        repeated = read_repeated(self.repeated)
        documents = _documents(self.paths, rank, world_size)
        while some := list(islice(documents, TOGETHER)):
            judged = [(at, d, self._verdict(d, repeated)) for at, d in some]
            kept = [document for _, document, verdict in judged if verdict is None]
            size = 4 * self.banding.slots
            signatures = signed([compared_text(d, repeated) for d in kept], self.banding)
            next_signature = iter(range(0, len(signatures), size))
            for at, document, verdict in judged:
                row: dict[str, Any] = {"id": document.id, "at": at}
                row |= self._said(document, verdict)
                if verdict is not None:
                    yield row | {"rejected": rejected_row(document, verdict)}
                    continue
                start = next(next_signature)
                yield row | {
                    "document": record_from_document(document),
                    "digest": text_sha256(document.text)[:32],
                    "signature": b64encode(signatures[start : start + size]).decode(),
                }

    def _verdict(self, document: Document, repeated: Set[int]) -> Rejection | None:
        entry = self.takedown.entry_of(document)
        if entry is not None:
            return Rejection(TAKEN_DOWN, f"on the take-down list: {entry}", {"entry": entry})
        said = self.manual.decision(document)
        if said is not None:
            return Rejection("manual", said.said) if said.decision == DROP else None
        return first_rejection(document, self.rules, repeated=repeated)

    def _said(self, document: Document, verdict: Rejection | None) -> dict[str, Any]:
        said, changed = self.manual.decision(document), self.manual.changed(document)
        if said is not None:
            out = verdict is not None and verdict.rule == TAKEN_DOWN
            return {"manual": [said.name, TAKEN_DOWN if out else said.decision]}
        return {"manual": [changed.name, "changed"]} if changed is not None else {}


def counts_path(folder: Path, rank: int) -> Path:
    """Where a rank's counts of paragraphs lie."""
    return folder / "shards" / f"paragraphs.{rank:05d}.bin"


def judged_path(folder: Path, rank: int) -> Path:
    """Where a rank's judged documents lie."""
    return shard_path(folder, "judged", rank)


def write_repeated(path: Path, repeated: Set[int]) -> None:
    """Save the paragraphs that sites repeat, for `read_repeated`."""
    import numpy as np

    with path.open("wb") as out:
        np.save(out, np.array(sorted(repeated), np.uint64))


def read_repeated(path: Path | None) -> frozenset[int]:
    """The paragraphs that sites repeat; none without a file."""
    import numpy as np

    return frozenset() if path is None else frozenset(np.load(path).tolist())


def compared_text(document: Document, repeated: Set[int]) -> str:
    """What duplicates are told by: the text without what any site repeats; all of it where that is all."""
    own = own_text(document, repeated, anywhere=True)
    return own if own.strip() else document.text


def rejected_row(document: Document, verdict: Rejection) -> dict[str, Any]:
    """The line of rejected.jsonl."""
    return {
        "id": document.id,
        "url": str(document.meta.get("url", "")),
        "stage": "clean",
        "rule": verdict.rule,
        "reason": verdict.reason,
        "values": dict(verdict.values),
    }


def _documents(
    paths: tuple[Path, ...], rank: int, world_size: int
) -> Iterator[tuple[str, Document]]:
    for path, number, line in lines_of_rank(paths, rank, world_size):
        at = f"{path}:{number}"
        yield at, document_from_line(line, at)
