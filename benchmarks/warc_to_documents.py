"""WARC to filtered documents on one core, beside news-please on the same file.

The 181 pages of scrapinghub/article-extraction-benchmark, as one WARC file. Ours: the commands
`gonerd scrape --warc` and `gonerd clean`, one after the other, with the rules as they are except that
no page is kept out for what it says about robots (the question is about pages, not permission). The
peer: `NewsPlease.from_warc` on every record that warcio reads, and the articles written as JSON;
it filters nothing and looks for no duplicates. It is kept from the network, where it would wait for
answers: `fetch_images=False`, and every try to connect fails at once.

Start-up, reading and writing count for both. Both run on the same single core (affinity), by turns.
F1 is that of benchmarks/extraction.py, over all pages: of what each extracted, before our filter.

Run: python benchmarks/warc_to_documents.py [--rounds 3] [--out benchmarks/results/warc_to_documents.json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from extraction import PAGES, interval, page_counts, pages_by_address, scores
from peers import peer_python

from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/warc_to_documents.json"
PEER = ["news-please==1.6.16", "newspaper4k[all]==0.9.6"]

PEER_PROGRAM = """
import json, socket, sys

tries = []

def refused(*arguments, **named):
    tries.append(arguments)
    raise OSError("the benchmark runs without a network")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused

from newsplease import NewsPlease
from warcio.archiveiterator import ArchiveIterator

failed = []
with open(sys.argv[1], "rb") as file, open(sys.argv[2], "w", encoding="utf-8") as out:
    for record in ArchiveIterator(file):
        if record.rec_type != "response":
            continue
        try:
            article = NewsPlease.from_warc(record, fetch_images=False)
        except Exception as problem:
            failed.append(type(problem).__name__)
            continue
        out.write(json.dumps(article.get_serializable_dict(), ensure_ascii=False) + "\\n")
json.dump({"connections_tried": len(tries), "failed": failed}, open(sys.argv[3], "w"))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if not options.pages.exists():
        sys.exit(f"{options.pages.name} is not there; the benchmark needs its 181 pages")
    peer = peer_python("news-please", PEER)
    served, gold = pages_by_address(options.pages)
    core = max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warc = write_warc(folder / "pages.warc.gz", served)
        (folder / "peer.py").write_text(PEER_PROGRAM, encoding="utf-8")
        (folder / "open.toml").write_text('noindex = "record"\ntdm = "record"\n', encoding="utf-8")
        rounds = []
        for number in range(options.rounds):
            out = folder / str(number)
            out.mkdir()
            gonerd = [sys.executable, "-c", "from gonerd.cli.main import main; main()"]
            pages = out / "pages"
            scrape = ("--config", str(folder / "open.toml"), "--workers", "1")
            steps = [
                [*gonerd, "scrape", "--warc", str(warc), "--out", str(pages), *scrape],
                [*gonerd, "clean", str(pages / "documents.jsonl"), "--out", str(out / "clean")],
            ]
            ours = [measured(step, core) for step in steps]
            files = [str(warc), str(out / "peer.jsonl"), str(out / "peer.json")]
            theirs = measured([str(peer), str(folder / "peer.py"), *files], core)
            rounds.append(round_result(len(gold), ours, theirs))
            print(json.dumps(rounds[-1]), file=sys.stderr)
        found = {row["meta"]["url"]: row["text"] for row in rows(out / "pages/documents.jsonl")}
        kept = [row["meta"]["url"] for row in rows(out / "clean/documents.jsonl")]
        articles = {row["url"]: row["maintext"] or "" for row in rows(out / "peer.jsonl")}
        report = json.loads((out / "clean/report.json").read_text(encoding="utf-8"))
        said = json.loads((out / "peer.json").read_text(encoding="utf-8"))
    ratios = [entry["ratio"] for entry in rounds]
    mine = statistics.median(entry["gonerd"]["pages_per_second"] for entry in rounds)
    peers = statistics.median(entry["news_please"]["pages_per_second"] for entry in rounds)
    result = {
        "question": "WARC to filtered documents: pages/s on one core, and F1, beside news-please",
        "pages": len(gold),
        "gonerd": {
            "pages_per_second": mine,
            **quality(gold, found, list(gold)),
            "documents": len(found),
            "kept_by_clean": len(kept),
            "rejected_by_clean": report["rejected_by_rule"],
        },
        "news_please": {
            "pages_per_second": peers,
            **quality(gold, articles, list(gold)),
            "documents": len(articles),
            **said,
            "requirements": PEER,
        },
        "on_the_pages_that_clean_keeps": {
            "gonerd": quality(gold, found, kept),
            "news_please": quality(gold, articles, kept),
        },
        # two pages end in an error there: their tokenizer needs data that it downloads
        "on_the_pages_that_news_please_reads": {
            "pages": len(articles),
            "gonerd": quality(gold, found, list(articles)),
            "news_please": quality(gold, articles, list(articles)),
        },
        "ratio": round(statistics.median(ratios), 2),
        "ratio_smallest": min(ratios),
        "rounds": rounds,
        "machine": environment(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


def write_warc(path: Path, served: dict[tuple[str, str], bytes]) -> Path:
    """One WARC file with a response for each page."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="WARC/1.1")
        for (host, target), body in served.items():
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], "HTTP/1.1")
            record = writer.create_warc_record(
                f"http://{host}{target}", "response", payload=BytesIO(body), http_headers=headers
            )
            writer.write_record(record)
    return path


def measured(command: Sequence[str], core: int) -> dict[str, float]:
    """Seconds and CPU seconds of a command and its children, all on one core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    ran = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    seconds = time.perf_counter() - started
    if ran.returncode:
        sys.exit(f"{' '.join(command[:4])} ended with status {ran.returncode}: {ran.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu_seconds": cpu}


def round_result(
    pages: int, ours: list[dict[str, float]], theirs: dict[str, float]
) -> dict[str, Any]:
    """Pages a second of both, by the clock and by CPU time, which other programs disturb less."""
    mine = {name: sum(step[name] for step in ours) for name in ("seconds", "cpu_seconds")}
    return {
        "gonerd": rates(pages, mine) | {"clean_seconds": round(ours[1]["seconds"], 2)},
        "news_please": rates(pages, theirs),
        "ratio": round(theirs["seconds"] / mine["seconds"], 2),
        "ratio_by_cpu_time": round(theirs["cpu_seconds"] / mine["cpu_seconds"], 2),
    }


def rates(pages: int, spent: dict[str, float]) -> dict[str, float]:
    """Pages a second, and the seconds they come from."""
    return {
        "pages_per_second": round(pages / spent["seconds"], 2),
        "seconds": round(spent["seconds"], 2),
        "cpu_seconds": round(spent["cpu_seconds"], 2),
    }


def quality(gold: dict[str, str], found: dict[str, str], urls: list[str]) -> dict[str, Any]:
    """F1, precision and recall over the pages `urls`; a page without a text has an empty one."""
    pages = [page_counts(gold[url], found.get(url, "")) for url in urls]
    return {name: round(value, 4) for name, value in scores(pages).items()} | {
        "f1_interval_95": [round(value, 4) for value in interval(pages)]
    }


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    main()
