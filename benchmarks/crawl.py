"""Crawl speed and memory: sample-newsroom pages over loopback into WARC, manifest and documents.

Three newsrooms of different seed stand side by side, so that 50 hosts answer; their domains get a
number (`harborledger-2.example`). Pages are made before the clock starts. The server runs in a
process of its own on the same cores. Delays are off; robots.txt, ai.txt, redirects, 404s and
refusals that pass are as in any newsroom. The pages are synthetic: the rate is one of this machine,
and says nothing about the web.

Run: python benchmarks/crawl.py [--pages 2000 20000] [--out benchmarks/results/crawl.json]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gonerd.files import write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks/results/crawl.json"
HOSTS, ROOMS = 50, 3
TICK = os.sysconf("SC_CLK_TCK")


class Rooms:
    """Several newsrooms as one web; `X.example` of room K is `X-K.example` outside."""

    def __init__(self, articles: int) -> None:
        from gonerd.newsroom.web import Newsroom

        self._rooms = [
            Newsroom(articles // ROOMS, seed=room, hostile=False, cached_pages=1)
            for room in range(ROOMS)
        ]
        self._made: dict[tuple[str, str], Any] = {}
        for room, newsroom in enumerate(self._rooms):
            for address in newsroom.addresses():
                host, target = address.route
                self.respond(host.replace(".example", f"-{room}.example"), target)

    def respond(
        self, host: str, target: str, *, headers: Mapping[str, str] | None = None, attempt: int = 0
    ) -> Any:
        """The room's answer, under the outer names."""
        key = (host, target)
        found = self._made.get(key) if attempt == 0 else None
        if found is None:
            inner, room = re.sub(r"-\d\.example$", ".example", host), int(host[-9])
            answer = self._rooms[room].respond(inner, target, headers=headers, attempt=attempt)
            found = replace(
                answer,
                headers=tuple((name, _outer(value, room)) for name, value in answer.headers),
                body=_outer(answer.body.decode("latin-1"), room).encode("latin-1"),
            )
            self._made[key] = found
        return found

    def seeds(self) -> list[str]:
        """Front pages of HOSTS hosts that let a crawler in."""
        from gonerd.newsroom.policies import OPEN_SITES

        hosts = [
            site.host.replace(".example", f"-{room}.example")
            for room in range(ROOMS)
            for site in OPEN_SITES
        ]
        return [f"http://{host}/" for host in hosts[:HOSTS]]


def _outer(text: str, room: int) -> str:
    return re.sub(r"\b(www\.[a-z]+)\.example\b", rf"\1-{room}.example", text)


def serve(articles: int) -> None:
    """Serve until standard input ends; the first line of standard output says where and what."""
    from gonerd.newsroom.server import serving

    web = Rooms(articles)
    gc.freeze()  # what is made stays: the collector need not walk it again and again
    with serving(web) as server:
        print(json.dumps({"address": server.address, "seeds": web.seeds()}), flush=True)
        sys.stdin.read()


class Gauge(threading.Thread):
    """Watches a process and its children: proportional memory (PSS) and processor seconds."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._over = threading.Event()
        self.peak_all = self.peak_main = 0.0
        self.main_seconds = 0.0
        self.worker_seconds: dict[int, float] = {}

    def run(self) -> None:
        """Look every half a second."""
        while not self._over.wait(0.5):
            family = [self._root, *_children(self._root)]
            sizes = [_pss_mib(process) for process in family]
            self.peak_main = max(self.peak_main, sizes[0])
            self.peak_all = max(self.peak_all, sum(sizes))
            self.main_seconds = cpu_seconds(self._root) or self.main_seconds
            for process in family[1:]:
                self.worker_seconds[process] = cpu_seconds(process)

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        self.join()


def _children(process: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{process}/task").iterdir()
        found = [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:
        return []
    return found + [below for child in found for below in _children(child)]


def _pss_mib(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024  # type: ignore[index]


def cpu_seconds(process: int) -> float:
    """User and system time of one process, 0 where it is gone."""
    try:
        fields = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        )
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(pages: int, folder: Path) -> dict[str, Any]:
    """One crawl of `pages` pages: its rate, its memory, where the time went."""
    served = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(int(pages * 1.1))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert served.stdout is not None
        where = json.loads(served.stdout.readline())
        seeds = folder / "seeds.txt"
        seeds.write_text("\n".join(where["seeds"]), encoding="utf-8")
        settings = folder / "crawl.toml"
        settings.write_text("max_crawl_delay = 0.0\nbackoff = 0.1\n", encoding="utf-8")
        out = folder / f"crawl-{pages}"
        before = cpu_seconds(served.pid)
        begin = time.perf_counter()
        crawl = subprocess.Popen(
            [
                *(sys.executable, "-c", "from gonerd.cli.main import main; main()", "scrape"),
                *(str(seeds), "--connect-to", where["address"], "--delay", "0"),
                *("--max-pages", str(pages), "--concurrency", "32"),
                *("--config", str(settings), "--out", str(out)),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        gauge = Gauge(crawl.pid)
        gauge.start()
        if crawl.wait() != 0:
            sys.exit(f"the crawl ended with status {crawl.returncode}")
        seconds = time.perf_counter() - begin
        gauge.stop()
        server_seconds = cpu_seconds(served.pid) - before
    finally:
        served.kill()
        served.wait()
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    done = report["pages"]
    return {
        "pages": done,
        "documents": report["documents"],
        "manifest_rows": sum(1 for _ in (out / "manifest.jsonl").open("rb")),
        "hosts": len(report["hosts"]),
        "archive_mb": round(sum(f.stat().st_size for f in (out / "archive").iterdir()) / 1e6, 1),
        "seconds_whole_command": round(seconds, 1),
        "pages_per_second": round(done / seconds, 1),
        "peak_memory_mib_all_processes": round(gauge.peak_all),
        "peak_memory_mib_main_process": round(gauge.peak_main),
        "cpu_ms_per_page": {
            "crawl": round(1000 * gauge.main_seconds / done, 2),
            "extraction_workers": round(1000 * sum(gauge.worker_seconds.values()) / done, 2),
            "server": round(1000 * server_seconds / done, 2),
        },
    }


def main() -> None:
    """Measure each size and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        runs = [measure(pages, Path(folder)) for pages in options.pages]
    result: dict[str, Any] = {
        "question": f"pages/s and memory of a crawl of the sample newsroom, {HOSTS} hosts, delays off",
        "synthetic": True,
        "runs": runs,
        "memory_ratio_largest_to_smallest": round(
            runs[-1]["peak_memory_mib_all_processes"] / runs[0]["peak_memory_mib_all_processes"], 2
        ),
        "floors": {"pages_per_second": 150, "peak_memory_mib": 500},
        "machine": environment(),
    }
    write_json(options.out, result, overwrite=True)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
