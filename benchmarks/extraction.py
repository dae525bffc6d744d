"""Extraction quality: 181 real news pages, crawled over loopback under their own names.

The measure is that benchmark's own (`shingle_f1`); the peer, trafilatura alone, runs on the same pages.

Run: python benchmarks/extraction.py [--out benchmarks/results/extraction.json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gonerd.machine import environment

sys.path.insert(0, str(Path(__file__).parent))  # a test loads this file by its path
from shingle_f1 import interval, page_counts, paired_difference, scores

ROOT = Path(__file__).parents[1]
PAGES = ROOT.parent / "shared/data/html/scrapinghub_aeb.tar.xz"
RESULT = ROOT / "benchmarks/results/extraction.json"

HALVES = 2
"""Rules were written with one half of the pages in sight, by a hash of their keys; both are reported."""


class PageServer(ThreadingHTTPServer):
    """Serves pages by Host and path; anything else is not there."""

    def __init__(self, pages: dict[tuple[str, str], bytes]) -> None:
        self.pages = pages
        super().__init__(("127.0.0.1", 0), _Handler)

    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PageServer

    def do_GET(self) -> None:  # the library's name
        body = self.server.pages.get((self.headers.get("Host", "").partition(":")[0], self.path))
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        pass


def in_sight(key: str) -> bool:
    """Whether a page is of the half that was looked at while rules were written."""
    return sha256(key.encode()).digest()[0] % HALVES == 0


def pages_by_address(archive: Path) -> tuple[dict[tuple[str, str], bytes], dict[str, str]]:
    """(host, path) to page, and the http address of each page to its gold text."""
    served: dict[tuple[str, str], bytes] = {}
    gold: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        files = {
            member.name.removeprefix("./"): member for member in tar.getmembers() if member.isfile()
        }

        def content(name: str) -> bytes:
            file = tar.extractfile(files[name])
            assert file is not None
            return file.read()

        for key, entry in json.loads(content("ground-truth.json")).items():
            host, path = address(entry["url"])
            served[host, path] = content(f"html/{key}.html")
            gold[f"http://{host}{path}"] = entry["articleBody"]
    return served, gold


def keys_by_url(archive: Path) -> dict[str, str]:
    """The http address of each page to its key in the benchmark."""
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if name.endswith("ground-truth.json"))
        file = tar.extractfile(name)
        assert file is not None
        entries = json.load(file)
    return {"http://" + "".join(address(entry["url"])): key for key, entry in entries.items()}


def address(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def crawl(served: dict[tuple[str, str], bytes], urls: list[str], out: Path) -> float:
    """Run `gonerd scrape` on `urls` as a user would; return its seconds."""
    server = PageServer(served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listed = out / "urls.txt"
    listed.write_text("\n".join(urls), encoding="utf-8")
    settings = out / "crawl.toml"
    # the question is about extraction: no page is to be kept out
    settings.write_text('noindex = "record"\ntdm = "record"\n')
    command = [
        *(sys.executable, "-c", "from gonerd.cli.main import main; main()", "scrape", str(listed)),
        *("--connect-to", f"127.0.0.1:{server.server_port}", "--no-follow", "--delay", "0"),
        *("--config", str(settings), "--out", str(out / "crawl")),
    ]
    started = time.perf_counter()
    try:
        subprocess.run(command, check=True, cwd=ROOT)
    finally:
        server.shutdown()
        server.server_close()
    return time.perf_counter() - started


def trafilatura_alone(served: dict[tuple[str, str], bytes], urls: list[str]) -> list[str]:
    """The peer: trafilatura's own defaults without comments, on the same pages."""
    import trafilatura

    return [
        trafilatura.extract(
            served[address(url)], url=url, include_comments=False, deduplicate=False
        )
        or ""
        for url in urls
    ]


def _noindex(record: dict[str, Any]) -> bool:
    return bool({"noindex", "none"} & set(record["meta"]["robots"]["directives"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=PAGES)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if not options.pages.exists():
        sys.exit(f"{options.pages.name} is not there; the benchmark needs its 181 pages")
    served, gold = pages_by_address(options.pages)
    with tempfile.TemporaryDirectory() as folder:
        seconds = crawl(served, list(gold), Path(folder))
        lines = (Path(folder) / "crawl/documents.jsonl").read_text(encoding="utf-8").splitlines()
        report = json.loads((Path(folder) / "crawl/report.json").read_text())
    found = {record["meta"]["url"]: record for record in map(json.loads, lines)}
    pages = [
        page_counts(text, found[url]["text"] if url in found else "") for url, text in gold.items()
    ]
    polite = [
        page_counts(text, found[url]["text"] if url in found and not _noindex(found[url]) else "")
        for url, text in gold.items()
    ]
    alone = [
        page_counts(text, extracted)
        for text, extracted in zip(
            gold.values(), trafilatura_alone(served, list(gold)), strict=True
        )
    ]
    keys = keys_by_url(options.pages)
    halves = {
        name: [c for url, c in zip(gold, pages, strict=True) if in_sight(keys[url]) is seen]
        for name, seen in (("in_sight", True), ("unseen", False))
    }
    extractor = next(iter(found.values()))["meta"]["extractor"]
    result = {
        "question": "extraction F1 on the 181 pages of scrapinghub/article-extraction-benchmark",
        **{name: round(value, 4) for name, value in scores(pages).items()},
        "f1_interval_95": [round(value, 4) for value in interval(pages)],
        "f1_of_halves": {name: round(scores(half)["f1"], 4) for name, half in halves.items()},
        "f1_with_noindex_pages_kept_out": round(scores(polite)["f1"], 4),
        "peer_trafilatura_alone": {
            **{name: round(value, 4) for name, value in scores(alone).items()},
            "f1_interval_95": [round(value, 4) for value in interval(alone)],
        },
        "above_trafilatura_alone": paired_difference(pages, alone),
        "pages": len(gold),
        "documents": len(found),
        "rejected": report["rejected_by_reason"],
        "seconds_whole_command": round(seconds, 1),
        "extractor": extractor,
        "machine": environment(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
