"""Killed at any moment, a crawl goes on and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from gonerd.errors import InputError, OutputError
from gonerd.newsroom.server import serving
from gonerd_scraper.crawling.journal import JOURNAL, Journal, read_rows
from tests.places import ROOT
from tests.scraper.small_web import Pages, crawl, listing, page, plain, rows

HOSTS = [f"www.town{number}.example" for number in range(3)]
NAMES = [f"/{number}" for number in range(9)]


def big_web() -> Pages:
    return Pages(
        {
            host: {
                "/": listing(*NAMES),
                **{name: page(f"Place {name[1:]} of {host}") for name in NAMES},
            }
            for host in HOSTS
        }
    )


def content(out: Path) -> list[tuple[str, str, str]]:
    return [(row["id"], row["meta"]["url"], row["text"]) for row in rows(out / "documents.jsonl")]


def archived(out: Path) -> list[str]:
    urls = []
    for path in sorted((out / "archive").iterdir()):
        with path.open("rb") as file:
            urls += [
                record.rec_headers.get_header("WARC-Target-URI")
                for record in ArchiveIterator(file, check_digests="raise")
                if record.rec_type == "response"
            ]
    return sorted(url for url in urls if not url.endswith((".txt", ".json", ".xml")))


def started(address: str, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from gonerd.cli.main import main; main()", "scrape"]
    command += [*(f"http://{host}/" for host in HOSTS), "--connect-to", address, "--delay", "0.01"]
    return subprocess.Popen(
        [*command, "--workers", "1", "--out", str(out)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_crawl_that_is_killed_again_and_again_ends_like_an_undisturbed_one(tmp_path):
    with serving(big_web()) as server:
        crawl(server.address, tmp_path / "calm", *(f"http://{host}/" for host in HOSTS))
        out = tmp_path / "killed"
        kills = 0
        for goal in (9, 25, 45, 10**9):
            process = started(server.address, out)
            while process.poll() is None and lines(out / JOURNAL) < goal:
                time.sleep(0.01)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
    assert kills == 3
    assert content(out) == content(tmp_path / "calm")
    assert archived(out) == archived(tmp_path / "calm")
    assert (out / "report.json").exists()


def test_what_was_being_written_when_the_crawl_died_is_cut_off(tmp_path):
    with serving(big_web()) as server:
        seeds = [f"http://{host}/" for host in HOSTS]
        crawl(server.address, tmp_path, *seeds)
        before = content(tmp_path)
        (archive,) = (tmp_path / "archive").iterdir()
        with archive.open("ab") as file:
            file.write(b"\x1f\x8b half a record")
        (tmp_path / "archive" / "gonerd-00001.warc.gz").write_bytes(b"never accounted for")
        with (tmp_path / JOURNAL).open("ab") as file:
            file.write(b'{"event": "fetc')
        asked = server.requests
        crawl(server.address, tmp_path, *seeds)
        assert server.requests == asked
    assert content(tmp_path) == before
    assert len(archived(tmp_path)) == 30
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["gonerd-00000.warc.gz"]


def test_an_answer_that_was_archived_and_not_read_is_read_without_asking_again(tmp_path):
    with serving(big_web()) as server:
        seeds = [f"http://{HOSTS[0]}/"]
        crawl(server.address, tmp_path, *seeds)
        before = content(tmp_path)
        journal = tmp_path / JOURNAL
        kept = [
            line for line in journal.read_text().splitlines() if json.loads(line)["event"] != "end"
        ]
        unread = [
            line
            for line in kept
            if not (json.loads(line)["event"] == "read" and "document" in json.loads(line))
        ]
        journal.write_text("\n".join(unread) + "\n")
        asked = [target for target in server.hosts[HOSTS[0]].targets if target in NAMES]
        crawl(server.address, tmp_path, *seeds)
        again = [target for target in server.hosts[HOSTS[0]].targets if target in NAMES]
    assert asked == again
    assert content(tmp_path) == before


def test_an_archive_that_lost_bytes_is_told_and_nothing_is_overwritten(tmp_path):
    with serving(big_web()) as server:
        crawl(server.address, tmp_path, f"http://{HOSTS[0]}/")
        (archive,) = (tmp_path / "archive").iterdir()
        os.truncate(archive, 100)
        with pytest.raises(InputError, match="found 100 bytes, the crawl log accounts for"):
            crawl(server.address, tmp_path, f"http://{HOSTS[0]}/")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """As on a full disk, nothing can be written behind so many bytes of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_is_told_as_that_and_the_crawl_goes_on_once_there_is_room(tmp_path):
    seeds = [f"http://{host}/" for host in HOSTS]
    with serving(big_web()) as server:
        crawl(server.address, tmp_path / "calm", *seeds)
        out = tmp_path / "full"
        for size in (10_000, 20_000):
            with largest_file(size), pytest.raises(OSError, match="File too large"):
                crawl(server.address, out, *seeds)
        crawl(server.address, out, *seeds)
    assert content(out) == content(tmp_path / "calm")
    assert archived(out) == archived(tmp_path / "calm")


def test_rows_that_find_no_room_leave_no_part_of_them(tmp_path):
    journal = Journal(tmp_path)
    journal.append([{"event": "start"}])
    before = journal.path.read_bytes()
    with largest_file(len(before) + 30), pytest.raises(OSError, match="File too large"):
        journal.append([{"event": "found"}, {"event": "found", "found": ["x" * 50]}])
    assert journal.path.read_bytes() == before
    journal.append([{"event": "end"}])
    journal.close()
    assert [row["event"] for _, row in read_rows(journal.path)] == ["start", "end"]


def test_two_crawls_can_not_write_into_one_folder(tmp_path):
    holder = Journal(tmp_path)
    try:
        with pytest.raises(OutputError, match="is being written by another gonerd scrape"):
            crawl("127.0.0.1:9", tmp_path, f"http://{HOSTS[0]}/")
    finally:
        holder.close()


def test_force_begins_anew_and_removes_nothing_else(tmp_path):
    with serving(big_web()) as server:
        crawl(server.address, tmp_path, f"http://{HOSTS[0]}/")
        (tmp_path / "note.txt").write_text("mine")
        crawl(server.address, tmp_path, f"http://{HOSTS[1]}/", force=True)
    assert {url.split("/")[2] for _, url, _ in content(tmp_path)} == {HOSTS[1]}
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_force_takes_nothing_from_a_crawl_that_is_running(tmp_path):
    with serving(big_web()) as server:
        crawl(server.address, tmp_path, f"http://{HOSTS[0]}/")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with (
        closing(Journal(tmp_path)),
        pytest.raises(OutputError, match="is being written by another gonerd scrape"),
    ):
        crawl("127.0.0.1:9", tmp_path, f"http://{HOSTS[1]}/", force=True)
    assert {path: path.read_bytes() for path in before} == before


def test_what_was_followed_before_counts_towards_the_limits_of_traps(tmp_path):
    class Calendar(Pages):
        def respond(self, host, target, **request):
            if target != "/" and not target.startswith("/calendar/"):
                return plain("not here", status=404)
            month = int(target.rpartition("/")[2] or 0)
            return listing(f"/calendar/{month + 1}")

    with serving(Calendar({})) as server:
        for limit in (12, 24, 60):
            with pytest.raises(InputError):
                crawl(
                    server.address,
                    tmp_path,
                    "http://www.days.example/",
                    max_pages=limit,
                    max_depth=99,
                )
    months = [row["url"] for row in rows(tmp_path / "rejected.jsonl") if row["reason"] == "trap"]
    assert months == ["http://www.days.example/calendar/31"]
