"""Near-duplicates of files: the verified pairs, and the documents without the dropped ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import require_file_to_write, text_to_write
from gonerd.records import write_json_lines
from gonerd.schema import Document
from gonerd.takedown import Takedown
from gonerd_scraper.cleaning.boilerplate import SiteParagraphs
from gonerd_scraper.cleaning.duplicates import Clusters, Pair, pairs_of_groups, verified_pairs
from gonerd_scraper.cleaning.judging import compared_text
from gonerd_scraper.cleaning.selection import precedence
from gonerd_scraper.cleaning.signatures import Signatures, banding_for
from gonerd_scraper.running.spool import Spool

__all__ = ["deduplicate"]

TOGETHER = 256
"""Documents signed at once."""


def deduplicate(
    paths: Sequence[Path],
    *,
    threshold: float = 0.8,
    pairs_out: Path | None = None,
    out: Path | None = None,
    min_repeats: int | None = None,
    takedown: Takedown | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Find the pairs of documents of `paths` with at least this similarity; return the counts.

    `pairs_out` gets the pairs, ordered by their ids; `out` the documents, ordered by id, without those
    that go: of documents that are alike, directly or through others, the best stays (`precedence`). With
    `min_repeats`, paragraphs that stand on so many documents of a site do not count. Texts lie in a
    temporary file; memory holds the ids, the signatures and the pairs.

    Raises:
        InputError: there is no document, or an id stands there twice.
        OutputError: a file to write exists and `force` is off, or it is a folder.
    """
    for path in (pairs_out, out):
        if path is not None:
            require_file_to_write(path, overwrite=force)
    banding = banding_for(threshold)
    signatures = Signatures(banding)
    with Spool() as spool:
        sites = SiteParagraphs()
        for document in spool.fill(paths, takedown or Takedown.read()):
            if min_repeats is not None:
                sites.add(document)
        if not len(spool):
            raise InputError(f"{', '.join(map(str, paths))} holds no document")
        repeated = sites.repeated(min_repeats)

        def text_of(position: int) -> str:
            return compared_text(spool.document(position), repeated)

        groups = _signed(map(text_of, range(len(spool))), signatures)
        firsts = [group[0] for group in groups]
        of_first = {group[0]: number for number, group in enumerate(groups)}
        found = (
            (of_first[a], of_first[b], similarity)
            for a, b, similarity in verified_pairs(
                signatures.candidates(firsts), text_of, threshold=threshold
            )
        )
        pairs = sorted(
            Pair.of(spool.ids[i], spool.ids[j], similarity)
            for i, j, similarity in pairs_of_groups(groups, found)
        )
        kept = _kept(spool, pairs)
        if pairs_out is not None:
            write_json_lines(pairs_out, map(asdict, pairs), overwrite=force)
        if out is not None:
            with text_to_write(out, overwrite=force) as file:
                file.writelines(spool.line(position) + "\n" for position in kept)
        return {
            "schema_version": 1,
            "threshold": threshold,
            "documents": len(spool),
            "taken_down": spool.taken_down,
            "pairs": len(pairs),
            "kept": len(kept),
            "dropped": len(spool) - len(kept),
            "method": {
                "bands": banding.bands,
                "rows": banding.rows,
                "signature_bytes": 4 * banding.slots,
                "recall_at_threshold": round(banding.recall(threshold), 5),
            },
        }


def _signed(texts: Iterable[str], signatures: Signatures) -> list[list[int]]:
    """Sign `texts`; return the positions of each different one, ascending, in the order of the first."""
    groups: dict[bytes, list[int]] = {}
    position = 0
    texts = iter(texts)
    while some := list(islice(texts, TOGETHER)):
        signatures.add(some)
        for text in some:
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            groups.setdefault(digest, []).append(position)
            position += 1
    return list(groups.values())


def _kept(spool: Spool, pairs: Sequence[Pair]) -> list[int]:
    """The positions of the documents that stay, by id."""
    clusters = Clusters()
    for pair in pairs:
        clusters.join(pair.a, pair.b)
    alike = {name for pair in pairs for name in (pair.a, pair.b)}
    best: dict[str, tuple[Any, ...]] = {}
    for document in _documents(spool, alike):
        group, rank = clusters.name(document.id), precedence(document)
        best[group] = min(best.get(group, rank), rank)
    stay = {rank[-1] for rank in best.values()}
    order = sorted(range(len(spool)), key=spool.ids.__getitem__)
    return [p for p in order if spool.ids[p] not in alike or spool.ids[p] in stay]


def _documents(spool: Spool, names: set[str]) -> Iterator[Document]:
    return (spool.document(p) for p, name in enumerate(spool.ids) if name in names)
