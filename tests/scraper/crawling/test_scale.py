"""`gonerd scrape --warc` over several files: split in any way, by any executor, the files are the same."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gonerd.errors import InputError, OutputError
from gonerd.takedown import Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.journal import Journal
from gonerd_scraper.crawling.warcs import scrape_warcs, warcs_from_arguments
from gonerd_scraper.running.executors import Executor
from tests.scraper.small_web import article, reasons, rows, texts
from tests.scraper.warc_files import newsroom_warcs, write_warc

GONERD = [sys.executable, "-m", "gonerd.cli.main"]
HTML = (("Content-Type", "text/html; charset=utf-8"),)


@pytest.fixture(scope="module")
def warcs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web") / "warcs"
    newsroom_warcs(folder, articles=16, files=4)
    return folder


def gonerd(*arguments, cwd, path=None):
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = os.environ | {"PYTHONPATH": paths}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        [*GONERD, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True
    )


def scraped(warcs, out, *options, path=None):
    """The files that the command leaves, by name."""
    ran = gonerd("scrape", "--warc", "warcs", "--out", out, *options, cwd=warcs.parent, path=path)
    assert ran.returncode == 0, ran.stderr
    return {name.name: name.read_bytes() for name in (warcs.parent / out).iterdir()}


def cleaned(warcs, out, *options, path=None):
    """The files that `gonerd clean` leaves of what one process scraped."""
    documents, clean = "alone/documents.jsonl", f"{out}-clean"
    ran = gonerd("clean", documents, "--out", clean, *options, cwd=warcs.parent, path=path)
    assert ran.returncode == 0, ran.stderr
    return {name.name: name.read_bytes() for name in (warcs.parent / clean).iterdir()}


@pytest.fixture(scope="module")
def alone(warcs):
    return scraped(warcs, "alone", "--workers", "1")


@pytest.fixture(scope="module")
def alone_clean(warcs, alone):
    return cleaned(warcs, "alone", "--workers", "1")


def test_files_of_one_process_hold_every_page_once(warcs, alone):
    report = json.loads(alone["report.json"])
    assert report["files"] == 4
    assert report["broken"] == []
    assert report["pages"] == report["documents"] + report["rejected"]
    assert 1 <= report["rejected_by_reason"]["duplicate_url"] <= 7  # some of the seven are no pages
    ids = [row["id"] for row in map(json.loads, alone["documents.jsonl"].splitlines())]
    assert ids == sorted(set(ids))
    assert len(ids) == report["documents"] > 40


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--tasks", "3", "--workers", "2"), id="own-processes"),
        pytest.param(("--executor", "local", "--tasks", "1", "--workers", "1"), id="local-x1"),
        pytest.param(("--executor", "local", "--tasks", "2", "--workers", "2"), id="local-x2"),
        pytest.param(("--executor", "ray", "--tasks", "2", "--workers", "2"), id="ray-x2"),
    ],
)
def test_every_executor_leaves_the_same_bytes(warcs, alone, alone_clean, options, request):
    out = request.node.callspec.id
    assert scraped(warcs, out, *options) == alone
    if out.endswith("x2"):
        assert cleaned(warcs, out, *options) == alone_clean
        assert json.loads(alone_clean["report.json"])["kept"] > 10


SBATCH = """#!{python}
import os, re, shutil, subprocess, sys

script = open(sys.argv[-1]).read()
shutil.copy(sys.argv[-1], os.path.join(os.path.dirname(__file__), "script"))
print("Submitted batch job 17", flush=True)
first, last = re.search(r"--array=(\\d+)-(\\d+)", script).groups()
for task in range(int(first), int(last) + 1):
    environment = os.environ | {{"SLURM_ARRAY_TASK_ID": str(task), "SLURM_NODELIST": "n1"}}
    ran = subprocess.run(["bash", sys.argv[-1]], env=environment, stdout=2)
    if ran.returncode:
        sys.exit(ran.returncode)
"""


@pytest.fixture
def slurm(tmp_path):
    """Programs in the place of Slurm's: sbatch runs the script for one task of the array after another."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sbatch").write_text(SBATCH.format(python=sys.executable))
    (folder / "scontrol").write_text('#!/bin/sh\necho "$3"\n')
    for program in folder.iterdir():
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


def test_slurm_runs_the_script_that_it_is_given(warcs, alone, slurm):
    options = ("--executor", "slurm", "--tasks", "2", "--workers", "1")
    asked = ("--sbatch", "partition=cpu", "--sbatch", "time=01:00:00", "--sbatch", "mem-per-cpu=3G")
    assert scraped(warcs, "slurm", *options, *asked, path=slurm) == alone
    script = (slurm / "script").read_text().splitlines()
    for line in ("array=0-1%1", "partition=cpu", "time=01:00:00", "mem-per-cpu=3G", "wait"):
        assert f"#SBATCH --{line}" in script
    assert not any("None" in line for line in script)


def test_a_slurm_job_that_fails_is_told_in_one_sentence(warcs, slurm):
    (slurm / "sbatch").write_text("#!/bin/sh\necho Submitted batch job 18\nexit 1\n")
    command = ("scrape", "--warc", "warcs", "--out", "failed", "--executor", "slurm")
    ran = gonerd(*command, cwd=warcs.parent, path=slurm)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "2 of 2 ranks did not finish (see " in ran.stderr
    assert "the same command goes on with them" in ran.stderr


def test_without_slurm_one_sentence_says_so(warcs, tmp_path):
    ran = gonerd(*("scrape", "--warc", warcs, "--out", "out", "--executor", "slurm"), cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr.startswith("gonerd: --executor slurm: no sbatch is on the PATH")
    assert "Traceback" not in ran.stderr


def test_a_ray_cluster_that_is_not_there_is_told(warcs, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    ran = gonerd("scrape", "--warc", warcs, "--out", "out", "--executor", "ray", cwd=tmp_path)
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1].startswith(
        "gonerd: --executor ray: no cluster at RAY_ADDRESS=127.0.0.1:1 ("
    )


def test_without_the_extra_one_sentence_names_it(warcs, tmp_path):
    """An interpreter in which datatrove can't be imported stands for one that does not have it."""
    code = (
        "import sys; sys.modules['datatrove'] = None; from gonerd.cli.main import run; "
        f"sys.exit(run(['scrape', '--warc', {str(warcs)!r}, '--out', 'out', '--executor', 'local']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert ran.stderr == (
        "gonerd: this command needs datatrove: install it with pip install 'gonerd[scale]'\n"
    )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--workers", "1"), id="killed"),
        pytest.param(("--executor", "local", "--tasks", "2", "--workers", "2"), id="killed-local"),
    ],
)
def test_a_killed_run_goes_on_at_the_files_that_are_left(warcs, alone, options, request):
    out = warcs.parent / request.node.callspec.id
    command = [*GONERD, "scrape", "--warc", "warcs", "--out", out.name, *options]
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(command, cwd=warcs.parent, env=os.environ | {"PYTHONPATH": paths})
    with process:
        while not (finished := list((out / "work/shards").glob("*.jsonl"))):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    wait_for_lock(out / "work/lock")
    assert not (out / "documents.jsonl").exists()
    again = gonerd(*command[3:], cwd=warcs.parent)
    read_before, _, rest = again.stderr.partition(" of 4 files were read before\n")
    assert len(finished) <= int(read_before) <= 4
    assert rest == ""
    assert {path.name: path.read_bytes() for path in out.iterdir()} == alone


def wait_for_lock(path):
    """Until whatever a killed process had started has ended, too; 30 s at most."""
    with path.open("rb") as lock:
        for _ in range(300):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(0.1)
    pytest.fail(f"{path} is held by a process that was left over")


def test_the_first_page_of_an_address_counts_by_the_order_of_the_files(tmp_path):
    """Neither by their names nor by who is done first: the first file is the larger one."""
    same = "http://a.example/same"
    gone = (same, 404, HTML, b"gone")
    many = [(f"http://a.example/{n}", 200, HTML, article(f"Town {n}").encode()) for n in range(20)]
    first = write_warc(
        tmp_path / "b.warc.gz", [gone, *many, (same, 200, HTML, article("First").encode())]
    )
    second = write_warc(
        tmp_path / "a.warc.gz", [(same, 200, HTML, article("Second").encode()), gone]
    )
    out, executor = tmp_path / "out", Executor(tasks=2, workers=2)
    scrape_warcs([first, second], out, CrawlConfig(), executor=executor, note=print)
    [document] = [row for row in rows(out / "documents.jsonl") if row["meta"]["url"] == same]
    assert "First" in document["text"]
    refused = [row["reason"] for row in rows(out / "rejected.jsonl")]
    assert refused == ["duplicate_url", "http_status", "http_status"]


def test_a_broken_file_is_told_and_the_others_are_kept(tmp_path):
    pages = [(f"http://a.example/{n}", 200, HTML, article(f"Town {n}").encode()) for n in range(6)]
    cut = write_warc(tmp_path / "cut.warc.gz", pages[:3])
    cut.write_bytes(cut.read_bytes()[:-200])
    other = tmp_path / "other.warc.gz"
    other.write_bytes(b"this is no archive")
    whole = write_warc(tmp_path / "whole.warc.gz", pages[3:])
    told: list[str] = []
    report = scrape_warcs(
        [cut, other, whole], tmp_path / "out", CrawlConfig(workers=1), note=told.append
    )
    assert report["documents"] == 5
    assert report["broken"] == told
    assert any(str(cut) in line for line in told)
    assert any(str(other) in line for line in told)
    assert not any(str(whole) in line for line in told)


def test_what_was_asked_to_be_taken_down_is_not_read(tmp_path):
    canonical = '<link rel="canonical" href="http://b.example/told">'
    path = write_warc(
        tmp_path / "a.warc.gz",
        [
            ("http://a.example/kept", 200, HTML, article("Kept").encode()),
            ("http://a.example/gone", 200, HTML, article("Gone").encode()),
            ("http://c.example/copy", 200, HTML, article("Copy", head=canonical).encode()),
        ],
    )
    (tmp_path / "list.txt").write_text("http://a.example/gone\ndomain:b.example\n")
    ran = gonerd(
        *("scrape", "--warc", path, "--takedown", "list.txt", "--out", "out"), cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    assert reasons(tmp_path / "out") == {
        "http://a.example/gone": "taken_down",
        "http://c.example/copy": "taken_down",
    }
    assert list(texts(tmp_path / "out")) == ["http://a.example/kept"]
    assert "Gone" not in (tmp_path / "out/documents.jsonl").read_text()


def test_what_was_asked_to_be_taken_down_does_not_come_in_by_a_revisit(tmp_path):
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, title in (("http://a.example/gone", "Gone"), ("http://a.example/kept", "Kept")):
            first = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(article(title).encode()),
                http_headers=StatusAndHeaders("200 OK", list(HTML), "HTTP/1.1"),
            )
            writer.write_record(first)
            again = writer.create_revisit_record(
                url.replace("a.example", "mirror.example"),
                first.rec_headers.get_header("WARC-Payload-Digest"),
                url,
                "2024-01-31T12:00:00Z",
            )
            writer.write_record(again)
            first.raw_stream.close()
    (tmp_path / "list.txt").write_text("http://a.example/gone\n")
    takedown = Takedown.read([tmp_path / "list.txt"])
    scrape_warcs([path], tmp_path / "out", CrawlConfig(workers=1), takedown=takedown, note=print)
    assert reasons(tmp_path / "out") == dict.fromkeys(
        ("http://a.example/gone", "http://mirror.example/gone"), "taken_down"
    )
    assert sorted(texts(tmp_path / "out")) == [
        "http://a.example/kept",
        "http://mirror.example/kept",
    ]


def test_files_are_found_by_name_folder_and_pattern_once_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a/1.warc.gz", "a/b/2.warc", "a/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files = [Path("a/1.warc.gz"), Path("a/b/2.warc")]
    assert warcs_from_arguments([Path("a")]) == files
    assert warcs_from_arguments([Path("a/b/2.warc"), Path("a")]) == files[::-1]
    assert warcs_from_arguments([Path("a/*/*.warc")]) == files[1:]
    assert warcs_from_arguments([tmp_path / "a/*.warc.gz"]) == [tmp_path / files[0]]
    (tmp_path / "a/c.warc").mkdir()  # a folder with the name of a file, and a link to nothing
    (tmp_path / "a/d.warc.gz").symlink_to("nowhere")
    (tmp_path / "a/c.warc/3.WARC.GZ").touch()
    found = {*files, Path("a/c.warc/3.WARC.GZ")}
    assert set(warcs_from_arguments([Path("a")])) == found
    assert set(warcs_from_arguments([Path("a/*")])) == found | {Path("a/notes.txt")}
    with pytest.raises(InputError, match=r"a/\*\.zip: no WARC file is there"):
        warcs_from_arguments([Path("a/*.zip")])
    with pytest.raises(InputError, match="nowhere does not exist"):
        warcs_from_arguments([Path("nowhere")])


def test_force_neither_takes_the_work_of_a_running_process_nor_other_files(tmp_path):
    path = write_warc(
        tmp_path / "a.warc.gz", [("http://a.example/", 200, HTML, article("Kept").encode())]
    )
    out = tmp_path / "out"
    (out / "work/shards").mkdir(parents=True)
    (out / "work/shards/one.jsonl").touch()
    (out / "documents.jsonl").touch()
    with (out / "work/lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="out is being written by another gonerd scrape"):
            scrape_warcs([path], out, CrawlConfig(), force=True, note=print)
    assert (out / "work/shards/one.jsonl").exists()
    assert (out / "documents.jsonl").exists()
    (out / "manifest.jsonl.4711.partial").touch()  # of one that was killed
    scrape_warcs([path], out, CrawlConfig(), force=True, note=print)
    assert {p.name for p in out.iterdir()} == {
        *("config.json", "documents.jsonl", "manifest.jsonl", "rejected.jsonl", "report.json")
    }
    (out / "thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match=r"out holds thesis\.tex, which no scrape left"):
        scrape_warcs([path], out, CrawlConfig(), force=True, note=print)
    assert [p.name for p in out.iterdir()] == ["thesis.tex"]


def test_the_folder_of_a_running_crawl_is_refused_with_and_without_force(tmp_path):
    path = write_warc(
        tmp_path / "a.warc.gz", [("http://a.example/", 200, HTML, article("Kept").encode())]
    )
    out = tmp_path / "out"
    with closing(Journal(out)):
        (out / "documents.jsonl").touch()
        with pytest.raises(OutputError, match="out is being written by another gonerd scrape"):
            scrape_warcs([path], out, CrawlConfig(), force=True, note=print)
        with pytest.raises(OutputError, match="out exists already"):
            scrape_warcs([path], out, CrawlConfig(), note=print)
    assert {p.name for p in out.iterdir()} == {"crawl.jsonl", "documents.jsonl"}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    path = write_warc(
        tmp_path / "a.warc.gz", [("http://a.example/", 200, HTML, article("Kept").encode())]
    )
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match="out exists already"):
        scrape_warcs([path], tmp_path / "out", CrawlConfig(), note=lambda line: None)
    assert (tmp_path / "out/thesis.tex").read_text() == "mine"
