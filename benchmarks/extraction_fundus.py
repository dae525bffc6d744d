"""Extraction on the real pages that ship with fundus: text of the English ones, metadata of all.

Gold is fundus' own extraction, checked by its authors: 63 pages of 30 publishers, 42 in English.
Text is measured as in benchmarks/extraction.py, against trafilatura alone by a paired bootstrap over
pages. Of the metadata it is asked whether the title is the same but for signs and case, whether the
set of authors is, and whether the day of publication is.

Run: python benchmarks/extraction_fundus.py [--out benchmarks/results/extraction_fundus.json]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.machine import environment
from gonerd_scraper.extraction.extract import PageInput, Reading, extractor_record, read_page

sys.path.insert(0, str(Path(__file__).parent))  # a test loads this file by its path
from shingle_f1 import Counts, interval, page_counts, paired_difference, scores

ROOT = Path(__file__).parents[1]
PAGES = ROOT.parent / "shared/data/html/fundus_pages.tar.xz"
RESULT = ROOT / "benchmarks/results/extraction_fundus.json"


@dataclass(frozen=True, slots=True)
class GoldPage:
    """One page with what fundus found in it; `day` is that of the crawl."""

    url: str
    html: bytes
    english: bool
    text: str
    title: str
    authors: tuple[str, ...]
    published: str
    day: str


def gold_pages(archive: Path) -> list[GoldPage]:
    """All pages of the archive, by key."""
    with tarfile.open(archive) as tar:
        files = {
            member.name.removeprefix("./"): member for member in tar.getmembers() if member.isfile()
        }

        def content(name: str) -> bytes:
            file = tar.extractfile(files[name])
            assert file is not None
            return file.read()

        return [
            GoldPage(
                url=entry["url"],
                html=content(f"html/{key}.html"),
                english=entry["english"],
                text=entry["articleBody"],
                title=entry["title"] or "",
                authors=tuple(entry["authors"] or ()),
                published=(entry["publishing_date"] or "")[:10],
                day=entry["crawl_date"][:10],
            )
            for key, entry in sorted(json.loads(content("ground-truth.json")).items())
        ]


def read(page: GoldPage) -> Reading:
    """What a crawl would read on `page`; nothing is kept out, the question is about extraction."""
    return read_page(
        PageInput(
            url=page.url,
            headers=(("Content-Type", "text/html"),),
            body=page.html,
            fetched_at=f"{page.day}T23:59:59Z",
            agent="gonerd",
            noindex="record",
            tdm="record",
        )
    )


def trafilatura_alone(page: GoldPage) -> str:
    """The peer: trafilatura's own defaults without comments."""
    import trafilatura

    found = trafilatura.extract(page.html, url=page.url, include_comments=False, deduplicate=False)
    return found or ""


def trafilatura_metadata(page: GoldPage) -> dict[str, Any]:
    """Title, authors and date by trafilatura alone."""
    from trafilatura.metadata import extract_metadata

    dates = {"original_date": True, "extensive_search": True, "max_date": page.day}
    found = extract_metadata(page.html, default_url=page.url, date_config=dates)
    return {
        "title": found.title,
        "authors": (found.author or "").split("; ") if found.author else [],
        "date": found.date,
    }


def right(page: GoldPage, meta: dict[str, Any]) -> dict[str, bool]:
    """For title, authors and date whether they are those of the gold."""
    return {
        "title": _letters(meta.get("title") or "") == _letters(page.title),
        "authors": sorted(map(_letters, meta.get("authors") or []))
        == sorted(map(_letters, page.authors)),
        "date": (meta.get("date") or "")[:10] == page.published,
    }


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def metadata_counts(
    pages: list[GoldPage], found: Callable[[GoldPage], dict[str, Any]]
) -> dict[str, int]:
    """On how many pages each of title, authors and date is right."""
    verdicts = [right(page, found(page)) for page in pages]
    return {name: sum(verdict[name] for verdict in verdicts) for name in verdicts[0]}


def rounded(counts: list[Counts]) -> dict[str, Any]:
    """F1, precision, recall and the interval of F1, to four places."""
    return {
        **{name: round(value, 4) for name, value in scores(counts).items()},
        "f1_interval_95": [round(value, 4) for value in interval(counts)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if not options.pages.exists():
        sys.exit(f"{options.pages.name} is not there; the benchmark needs its 63 pages")
    pages = gold_pages(options.pages)
    read(pages[0])  # what is loaded once is no cost of a page
    started = time.process_time()
    readings = [read(page) for page in pages]
    seconds = time.process_time() - started
    english = [
        (page, reading) for page, reading in zip(pages, readings, strict=True) if page.english
    ]
    ours = [page_counts(page.text, reading.text) for page, reading in english]
    alone = [page_counts(page.text, trafilatura_alone(page)) for page, _ in english]
    meta = {page.url: reading.meta for page, reading in zip(pages, readings, strict=True)}
    result = {
        "question": "extraction F1 on the 42 English pages that ship with fundus, metadata on all 63",
        **rounded(ours),
        "peer_trafilatura_alone": rounded(alone),
        "above_trafilatura_alone": paired_difference(ours, alone),
        "pages": len(english),
        "metadata_right": metadata_counts(pages, lambda page: meta[page.url]),
        "peer_metadata_right": metadata_counts(pages, trafilatura_metadata),
        "metadata_pages": len(pages),
        "cpu_seconds_per_page": round(seconds / len(pages), 4),
        "extractor": extractor_record(),
        "machine": environment(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
