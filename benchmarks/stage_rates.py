"""What each stage of the corpus does in a second on one core; docs/scale.md plans with these figures.

Pages: the 181 of scrapinghub/article-extraction-benchmark as WARC records of about 34 kB, gzipped,
which is what a record of CC-NEWS has. Texts: the first press releases of ../shared/data/mlm, also
in the shape of OSCAR 23.01. Every stage runs on one core, whole commands with their start-up. A
second is one of CPU time, that of all processes of the stage: it is what a core-hour is made of, and
other programs on the machine disturb it less. The median of the rounds counts.

Run: python benchmarks/stage_rates.py [--rounds 3] [--out benchmarks/results/stage_rates.json]
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from extraction import PAGES, pages_by_address
from warc_to_documents import rows, write_warc

from gonerd.machine import environment
from gonerd.records import read_documents, write_json_lines

ROOT = Path(__file__).parents[1]
TEXTS = ROOT.parent / "shared/data/mlm/senate_press_releases.jsonl.xz"
RESULT = ROOT / "benchmarks/results/stage_rates.json"
GONERD = [sys.executable, "-c", "from gonerd.cli.main import main; main()"]
COPIES = 2
"""How often the pages stand in the WARC file, each time under other addresses, to outweigh start-up."""
DOCUMENTS = 2000
"""Press releases that are filtered, signed and merged."""

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    for path in (PAGES, TEXTS):
        if not path.exists():
            sys.exit(f"{path.name} is not there; the benchmark needs it")
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stages = [*warc_stages(folder), *text_stages(folder), *oscar_stages(folder)]
        result: dict[str, Any] = {
            "question": "documents, pages and bytes a second of each stage on one core",
            "stages": {},
        }
        for number in range(options.rounds):
            for stage, unit, run in stages:
                place = folder / "rounds" / f"{stage}-{number}"
                place.mkdir(parents=True)
                started, before = time.perf_counter(), cpu_seconds()
                count = run(place)
                rate = count / (cpu_seconds() - before)
                busy = (cpu_seconds() - before) / (time.perf_counter() - started)
                entry = result["stages"].setdefault(
                    stage, {"unit": f"{unit}/s", "rounds": [], "busy": []}
                )
                entry["rounds"].append(round(rate, 1))
                entry["busy"].append(round(busy, 2))
                print(f"{stage}: {rate:.1f} {unit}/s", file=sys.stderr)
        for entry in result["stages"].values():
            entry["per_second"] = statistics.median(entry["rounds"])
        result["sizes"] = sizes(folder) | {"clean_memory_bytes_per_document": clean_memory(folder)}
    result["machine"] = environment()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def cpu_seconds() -> float:
    """Of this process and all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


Stage = tuple[str, str, Callable[[Path], float]]
"""Name, what is counted, and the work, which gets an empty folder and returns the count."""


def warc_stages(folder: Path) -> Iterator[Stage]:
    """Reading WARC, extracting text, and the command that does both."""
    from gonerd_scraper.extraction.extract import PageInput, read_page
    from gonerd_scraper.warc.reading import read_warc

    served, _ = pages_by_address(PAGES)
    many = {
        (f"copy{copy}.{host}", target): body
        for copy in range(COPIES)
        for (host, target), body in served.items()
    }
    path = write_warc(folder / "pages.warc.gz", many)

    def read(_: Path) -> int:
        return sum(1 for _ in read_warc(path, limit=10_000_000, warn=print))

    def extract(_: Path) -> int:
        for page in islice(read_warc(path, limit=10_000_000, warn=print), len(served)):
            read_page(
                PageInput(
                    url=page.url,
                    headers=page.headers,
                    body=page.body,
                    fetched_at=page.fetched_at,
                    agent="gonerd",
                    noindex="record",
                    tdm="record",
                )
            )
        return len(served)

    def command(place: Path) -> int:
        gonerd("scrape", "--warc", path, "--out", place / "out", "--workers", "1")
        return len(many)

    yield "warc_reading", "records", read
    yield "extraction", "pages", extract
    yield "scrape_warc_command", "pages", command


def text_stages(folder: Path) -> Iterator[Stage]:
    """Rules, signatures, candidates, and the merge of shards, on press releases."""
    from gonerd_scraper.cleaning.filters import apply_rules
    from gonerd_scraper.cleaning.rules import CleanRules
    from gonerd_scraper.cleaning.signatures import Signatures, banding_for
    from gonerd_scraper.running.shards import merged, write_shard

    texts = [record["text"] for record in islice(press_releases(), DOCUMENTS)]
    records = [
        {
            "id": f"{number:016x}",
            "text": text,
            "entities": [],
            "meta": {"url": f"http://releases.example/{number}", "source": "justice"},
        }
        for number, text in enumerate(texts)
    ]
    path = folder / "documents.jsonl"
    write_json_lines(path, records)
    shards = [folder / f"shard-{number}.jsonl" for number in range(4)]
    for number, shard in enumerate(shards):
        write_shard(shard, records[number::4])

    def rules(_: Path) -> int:
        return sum(1 for _ in apply_rules(read_documents(path), CleanRules()))

    def sign(_: Path) -> int:
        signatures = Signatures(banding_for(CleanRules().cluster_threshold))
        signatures.add(texts)
        return len(signatures)

    def merge(place: Path) -> int:
        return write_json_lines(place / "merged.jsonl", merged(shards))

    def command(place: Path) -> int:
        gonerd("clean", path, "--out", place / "out", "--workers", "1")
        return len(records)

    yield "rules", "documents", rules
    yield "signatures", "documents", sign
    yield "merge", "documents", merge
    yield "clean_command", "documents", command


def oscar_stages(folder: Path) -> Iterator[Stage]:
    """The command that filters and draws from OSCAR, in megabytes of uncompressed lines."""
    path = folder / "oscar.jsonl.zst"
    chance = random.Random(0)
    records = [
        {
            "content": record["text"],
            "warc_headers": {
                "warc-record-id": f"<urn:uuid:{number:032x}>",
                "warc-target-uri": f"http://releases.example/{number}",
            },
            "metadata": {
                "identification": {"label": "en", "prob": chance.uniform(0.7, 1.0)},
                "harmful_pp": chance.uniform(5, 900),
                "tlsh": None,
                "quality_warnings": chance.choice([None, None, ["short_sentences"], ["header"]]),
                "categories": None,
                "sentence_identifications": [],
            },
        }
        for number, record in enumerate(islice(press_releases(), 12_000))
    ]
    write_json_lines(path, records)
    size = sum(len(json.dumps(record, ensure_ascii=False).encode()) + 1 for record in records)

    def command(place: Path) -> float:
        gonerd("oscar", path, "--out", place / "out", "--n", "1000", "--workers", "1")
        return size / 1e6

    yield "oscar_command", "MB", command


def press_releases() -> Iterator[dict[str, Any]]:
    """Records with a text."""
    with lzma.open(TEXTS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def gonerd(*arguments: object) -> None:
    """Run a command; what it says is not of interest unless it fails."""
    ran = subprocess.run([*GONERD, *map(str, arguments)], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"gonerd {arguments[0]} ended with status {ran.returncode}: {ran.stderr}")


def clean_memory(folder: Path) -> int:
    """Bytes by which the peak memory of `gonerd clean` grows with each document more."""
    peaks = {}
    for count in (DOCUMENTS, 6 * DOCUMENTS):
        path = folder / f"{count}.jsonl"
        release = islice(press_releases(), count)
        write_json_lines(
            path,
            ({"id": f"{n:016x}", "text": record["text"]} for n, record in enumerate(release)),
        )
        out = folder / f"memory-{count}"
        command = [*GONERD, "clean", str(path), "--out", str(out), "--workers", "1"]
        # a process between: the peak of a child begins with what its parent holds
        ran = subprocess.run([sys.executable, "-c", PEAK, *command], capture_output=True, text=True)
        if ran.returncode:
            sys.exit(f"gonerd clean ended with status {ran.returncode}: {ran.stderr}")
        peaks[count] = int(ran.stdout.split()[-1]) * 1024
    low, high = sorted(peaks)
    return round((peaks[high] - peaks[low]) / (high - low))


def sizes(folder: Path) -> dict[str, float]:
    """Bytes per page and per document, and what is left of them, from the last round."""
    from gonerd_scraper.cleaning.rules import CleanRules
    from gonerd_scraper.cleaning.signatures import banding_for

    banding = banding_for(CleanRules().cluster_threshold)
    scraped = max(folder.glob("rounds/scrape_warc_command-*/out"))
    pages = json.loads((scraped / "report.json").read_text(encoding="utf-8"))
    documents = scraped / "documents.jsonl"
    texts = [row["text"] for row in rows(documents)]
    cleaned = max(folder.glob("rounds/clean_command-*/out"))
    report = json.loads((cleaned / "report.json").read_text(encoding="utf-8"))
    return {
        "warc_bytes_per_page": round((folder / "pages.warc.gz").stat().st_size / pages["pages"]),
        "documents_per_page": round(pages["documents"] / pages["pages"], 4),
        "jsonl_bytes_per_document": round(documents.stat().st_size / len(texts)),
        "manifest_bytes_per_document": round(
            (scraped / "manifest.jsonl").stat().st_size / len(texts)
        ),
        "characters_per_document": round(statistics.mean(map(len, texts))),
        "signature_bytes_per_document": 4 * banding.slots,
        "signature_bands": banding.bands,
        "characters_per_press_release": round(
            statistics.mean(len(row["text"]) for row in rows(folder / "documents.jsonl"))
        ),
        "press_releases_kept_by_clean": round(report["kept"] / report["read"], 4),
    }


if __name__ == "__main__":
    main()
