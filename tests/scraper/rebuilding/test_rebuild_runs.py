"""Rebuilds as a command, and killed in the middle."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.newsroom.server import serving
from gonerd_scraper.crawling.journal import Journal
from gonerd_scraper.rebuilding.journal import JOURNAL
from gonerd_scraper.rebuilding.rebuild import rebuild_documents
from tests.places import ROOT
from tests.scraper import small_web
from tests.scraper.rebuilding.archives import BASES, Archives, settings
from tests.scraper.small_web import Pages, article, crawl, page, rows

HOST = "www.town.example"
NAMES = [f"place{number}" for number in range(16)]
URLS = [f"http://{HOST}/{name}" for name in NAMES]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    out = tmp_path_factory.mktemp("crawled") / "crawl"
    with serving(Pages({HOST: {f"/{name}": page(name) for name in NAMES}})) as server:
        crawl(server.address, out, *URLS, follow=False)
    return out


def options(address: str, out: Path) -> list[str]:
    bases = [part for name, base in BASES.items() for part in (f"--{name.replace('_', '-')}", base)]
    return ["--out", str(out), "--connect-to", address, "--workers", "1", *bases]


def test_a_rebuild_that_is_killed_again_and_again_ends_like_an_undisturbed_one(crawled, tmp_path):
    shutil.copy(crawled / "manifest.jsonl", tmp_path / "manifest.jsonl")
    texts = [*NAMES[:3], "Elsewhere", *NAMES[4:-2]]
    found = [
        ("20261120000000", url, article(text).encode())
        for url, text in zip(URLS, texts, strict=False)
    ]
    command = [sys.executable, "-c", "from gonerd.cli.main import main; main()", "rebuild"]
    command += ["--manifest", str(tmp_path / "manifest.jsonl"), "--from", "warc,wayback"]
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    with serving(Archives(captures=found)) as server:

        def started(out: Path, delay: str) -> subprocess.Popen[bytes]:
            with (tmp_path / "told").open("wb") as told:
                return subprocess.Popen(
                    [*command, *options(server.address, out), "--delay", delay],
                    cwd=ROOT,
                    stdout=subprocess.DEVNULL,
                    stderr=told,
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )

        config = settings(server.address, steps=("warc", "wayback"))
        source = tmp_path / "manifest.jsonl"
        rebuild_documents(source, calm, config, pool=small_web.workers, note=print)
        kills = 0
        for goal in (3, 9, 10**9):
            process = started(killed, "0.04")
            while process.poll() is None and lines(killed / JOURNAL) < goal:
                time.sleep(0.01)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
    assert kills == 2
    told = (tmp_path / "told").read_text()
    assert "settled before; going on with the rest" in told
    assert "3 of 16 documents are missing: 2 were found nowhere, 1 read differently now" in told
    for name in ("documents.jsonl", "rebuild.jsonl"):
        assert (killed / name).read_bytes() == (calm / name).read_bytes()
    report, undisturbed = (json.loads((out / "report.json").read_text()) for out in (killed, calm))
    assert report["runs"] == 3
    for part in ("runs", "seconds"):
        del report[part], undisturbed[part]
    assert report == undisturbed


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_the_command_says_what_came_back_and_succeeds(crawled, tmp_path, capsys):
    command = ["rebuild", "--manifest", str(crawled / "manifest.jsonl"), "--from", "warc"]
    command += ["--workers", "1", "--out", str(tmp_path / "out")]
    assert run(command) == 0
    assert capsys.readouterr().out.startswith("16 of 16 documents are the same again (warc 16): ")
    assert run([*command, "--force", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rebuilt"], report["runs"]) == (16, 1)
    assert json.loads((tmp_path / "out/report.json").read_text()) == report
    assert rows(tmp_path / "out/documents.jsonl") == rows(crawled / "documents.jsonl")


def test_missing_documents_are_a_failure_unless_that_is_allowed(crawled, tmp_path, capsys):
    shutil.copy(crawled / "manifest.jsonl", tmp_path / "manifest.jsonl")
    command = ["rebuild", "--manifest", str(tmp_path / "manifest.jsonl"), "--from", "warc"]
    command += ["--out", str(tmp_path / "out")]
    assert run([*command, "--json"]) == 1
    said = capsys.readouterr()
    assert "16 of 16 documents are missing" in said.err
    assert json.loads(said.out)["failed_steps"] == {"warc": {"no_file": 16}}
    assert run([*command, "--allow-missing"]) == 0
    assert "16 were found nowhere" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--from", "warc,moon", "found 'moon', expected some of warc, commoncrawl, wayback, live"),
        ("--wayback", "web.archive.org", "expected an http or https address"),
        ("--connect-to", "nowhere", "expected HOST:PORT"),
    ],
)
def test_options_that_make_no_sense_are_refused(option, value, message, crawled, tmp_path, capsys):
    command = ["rebuild", "--manifest", str(crawled / "manifest.jsonl")]
    assert run([*command, "--out", str(tmp_path / "out"), option, value]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_two_rebuilds_do_not_write_one_folder(crawled, tmp_path, capsys):
    held = Journal(tmp_path / "out", name=JOURNAL)
    try:
        command = ["rebuild", "--manifest", str(crawled / "manifest.jsonl")]
        assert run([*command, "--out", str(tmp_path / "out")]) == 1
    finally:
        held.close()
    assert "is being written by another gonerd rebuild" in capsys.readouterr().err
