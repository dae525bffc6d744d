"""Killed at each point of a commit and of the outputs, a crawl ends like one that nobody disturbed.

The crawl runs in a process of its own whose start script wraps the function that comes next to the
point; the wrapper kills the process with SIGKILL there, and nowhere else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from gonerd.newsroom.server import serving
from tests.places import ROOT
from tests.scraper.crawling.test_resume import HOSTS, big_web
from tests.scraper.small_web import crawl, rows

SEEDS = [f"http://{host}/" for host in HOSTS]

# Each cuts in at the Nth call: the code before `call` is done, what follows never happens.
POINTS = {
    "before_archive_append": "at(ArchiveWriter, 'append', 7)",
    "in_an_archive_record": "at(ArchiveWriter, 'append', 7, before=torn_record)",
    "after_archive_append_before_sync": "at(ArchiveWriter, 'sync', 5)",
    "between_archive_sync_and_journal": "at(Journal, 'append', 6)",
    "in_a_journal_line": "at(Journal, 'append', 6, before=torn_line)",
    "after_the_journal": "at(Journal, 'append', 6, after=True)",
    "between_fetched_and_read": "at(answers, 'read_page', 1, on='pickle')",
    "in_documents": "at(outputs, '_write', 5)",
    "after_documents_before_report": "at(outputs.Tally, 'report', 1)",
    "in_the_report": "at(outputs, 'write_text', 1, after=True)",
}

START = """
import os, signal, sys
from gonerd_scraper.crawling import answers
from gonerd_scraper.crawling import outputs
from gonerd_scraper.warc.archive import ArchiveWriter
from gonerd_scraper.crawling.journal import Journal

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def torn_record(writer, response, **more):
    if writer._file is None:
        writer._begin(response.fetched_at)
    writer._file.write(b"\\x1f\\x8b half a record")
    writer._file.flush()

def torn_line(journal, rows):
    journal._file.write(b'{"event":"fetched","item":["http')
    journal._file.flush()

def at(owner, name, number, before=None, after=False, on=""):
    kept, calls = getattr(owner, name), [0]
    if on:  # the job itself runs in another process: die when it is handed over
        pool = answers.WorkerPool
        return at(pool, "run", number + 8)
    def cut(*arguments, **more):
        calls[0] += 1
        if calls[0] == number and not after:
            if before is not None:
                before(*arguments, **more)
            die()
        result = kept(*arguments, **more)
        if calls[0] == number:
            die()
        return result
    setattr(owner, name, cut)

{point}
from gonerd.cli.main import main
main()
"""


def run(address: str, out: Path, point: str) -> int:
    words = ["scrape", *SEEDS, "--connect-to", address, "--delay", "0", "--workers", "1"]
    return subprocess.run(
        [sys.executable, "-c", START.replace("{point}", point), *words, "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    ).returncode


def archive_content(out: Path) -> list[tuple[str, str, str]]:
    """Type, address and payload digest of all records but policies, which each run asks for anew."""
    found = []
    for path in sorted((out / "archive").iterdir()):
        for record in ArchiveIterator(BytesIO(path.read_bytes()), check_digests="raise"):
            record.content_stream().read()
            headers = record.rec_headers
            url = headers.get_header("WARC-Target-URI") or ""
            if record.rec_type != "warcinfo" and not url.endswith((".txt", ".json", ".xml")):
                digest = headers.get_header("WARC-Payload-Digest") or ""
                found.append((record.rec_type, url, digest))
    return sorted(found)


def without_time_and_place(row: dict) -> dict:
    meta = row.get("meta", row)
    kept = {key: value for key, value in meta.items() if key not in ("warc", "fetched_at")}
    return (row | {"meta": kept}) if "meta" in row else kept


def documents_and_manifest(out: Path) -> list[list[dict]]:
    names = ("documents.jsonl", "manifest.jsonl", "rejected.jsonl")
    return [[without_time_and_place(row) for row in rows(out / name)] for name in names]


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    out = tmp_path_factory.mktemp("calm")
    with serving(big_web()) as server:
        crawl(server.address, out, *SEEDS)
    return out


@pytest.mark.parametrize("point", POINTS)
def test_a_crawl_killed_there_ends_as_if_nothing_had_happened(point, calm, tmp_path):
    with serving(big_web()) as server:
        assert run(server.address, tmp_path, POINTS[point]) == -signal.SIGKILL
        assert not (tmp_path / "report.json").exists() or point == "in_the_report"
        crawl(server.address, tmp_path, *SEEDS)
        pages = [t for log in server.hosts.values() for t in log.targets if t[1:].isdigit()]
    assert archive_content(tmp_path) == archive_content(calm)
    assert documents_and_manifest(tmp_path) == documents_and_manifest(calm)
    assert len(pages) - 27 <= 16  # no more is asked for twice than was in hand
    assert not list(tmp_path.glob("*.partial"))
    for row in rows(tmp_path / "manifest.jsonl"):
        place = row["warc"]
        data = (tmp_path / place["file"]).read_bytes()[place["offset"] :][: place["length"]]
        assert next(iter(ArchiveIterator(BytesIO(data)))).rec_type == "response"
