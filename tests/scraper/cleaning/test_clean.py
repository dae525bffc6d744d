"""`gonerd clean` over whole files: split in any way they are the same, and an interrupted run goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from gonerd.cli.main import run
from gonerd.errors import InputError, OutputError
from gonerd.records import read_documents, write_documents
from gonerd.schema import Document, text_sha256
from gonerd.takedown import Takedown
from gonerd_scraper.cleaning.clean import clean_documents
from gonerd_scraper.cleaning.duplicates import jaccard, shingles
from gonerd_scraper.cleaning.explain import explain_document
from gonerd_scraper.cleaning.filters import CleanRules
from gonerd_scraper.cleaning.manual import ManualList
from gonerd_scraper.running.executors import Executor
from tests.scraper.small_web import rows
from tests.scraper.stories import WORDS

GONERD = [sys.executable, "-m", "gonerd.cli.main"]


def story(name: str, *, site: str = "a.example", sentences: int = 8, seed: int = 0) -> Document:
    chance = random.Random(f"{name} {seed}")
    text = "\n".join(
        f"The {' '.join(chance.choices(WORDS, k=12))} and the {chance.choice(WORDS)} of {name}."
        for _ in range(sentences)
    )
    return Document(
        id=name, text=text, meta={"url": f"http://{site}/{name}", "domain": site, "source": "news"}
    )


def altered(document: Document, name: str, **meta: str) -> Document:
    """Another document whose text differs in one word."""
    first, _, rest = document.text.partition(" ")
    return Document(id=name, text=f"{first} other {rest}", meta=dict(document.meta) | meta)


def corpus() -> list[Document]:
    stories = [story(f"{number:03d}") for number in range(60)]
    copies = [altered(d, f"{d.id}x", url=f"http://b.example/{d.id}") for d in stories[:20]]
    same = [Document(id=f"{d.id}y", text=d.text, meta=d.meta) for d in stories[10:25]]
    short = [Document(id=f"short{n}", text="The vote is on Monday.") for n in range(5)]
    every = [*stories, *copies, *same, *short]
    random.Random(1).shuffle(every)
    return every


def gonerd(*arguments, cwd):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [*GONERD, *map(str, arguments)], cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True
    )


def left(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    write_documents(folder / "in.jsonl", corpus())
    clean_documents(folder / "in.jsonl", folder / "x1", CleanRules())
    return folder


def test_one_process_keeps_one_of_each_group(cleaned):
    report = json.loads((cleaned / "x1/report.json").read_text())
    assert report["read"] == 100
    assert report["kept"] == report["clusters"] == 60
    assert report["rejected_by_rule"] == {"duplicate": 15, "near_duplicate": 20, "short": 5}
    kept = list(read_documents(cleaned / "x1/documents.jsonl"))
    assert [d.id for d in kept] == sorted(d.id for d in kept)
    assert {d.meta["cluster"] for d in kept} == {f"{number:03d}" for number in range(60)}
    names = [row["id"] for row in rows(cleaned / "x1/rejected.jsonl")]
    assert names == sorted(names)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--tasks", "3", "--workers", "2"), id="own-processes"),
        pytest.param(("--executor", "local", "--tasks", "2", "--workers", "2"), id="local-x2"),
        pytest.param(("--executor", "ray", "--tasks", "2", "--workers", "2"), id="ray-x2"),
    ],
)
def test_every_executor_leaves_the_same_bytes(cleaned, options, request):
    out = request.node.callspec.id
    ran = gonerd("clean", "in.jsonl", "--out", out, *options, cwd=cleaned)
    assert ran.wait() == 0, ran.stderr.read()
    ran.stderr.close()
    assert left(cleaned / out) == left(cleaned / "x1")
    assert not (cleaned / f"{out}.work").exists()


def test_several_files_and_standard_input_are_one_corpus(cleaned, tmp_path):
    documents = corpus()
    write_documents(tmp_path / "a.jsonl", documents[:30])
    write_documents(tmp_path / "b.jsonl.gz", documents[30:])
    assert run(["clean", *map(str, tmp_path.iterdir()), "--out", str(tmp_path / "out")]) == 0
    piped = subprocess.run(
        [*GONERD, "clean", "-", "--out", "piped"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        input=(cleaned / "in.jsonl").read_bytes(),
        capture_output=True,
    )
    assert piped.returncode == 0, piped.stderr
    for name in ("documents.jsonl", "rejected.jsonl", "report.json"):
        wanted = (cleaned / "x1" / name).read_bytes()
        assert (tmp_path / "out" / name).read_bytes() == wanted
        assert (tmp_path / "piped" / name).read_bytes() == wanted


def test_a_killed_run_goes_on_with_the_ranks_that_are_left(tmp_path):
    documents = [story(f"{number:04d}", sentences=30) for number in range(90)]
    write_documents(tmp_path / "in.jsonl", documents)
    command = ("clean", "in.jsonl", "--out", "out", "--tasks", "3", "--workers", "1")
    killed = gonerd(*command, cwd=tmp_path)
    work = tmp_path / "out.work/judged"
    while not (work / "completions/00000").exists():
        assert killed.poll() is None, killed.stderr.read()
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stderr.close()
    assert not (work / "completions/00002").exists()
    assert not (tmp_path / "out").exists()
    shard = work / "shards/judged.00000.jsonl"
    before = shard.stat().st_mtime_ns
    shard.rename(tmp_path / "shard")  # keeps the file where it can be looked at afterwards
    os.link(tmp_path / "shard", shard)
    again = gonerd(*command, cwd=tmp_path)
    assert again.wait() == 0, again.stderr.read()
    again.stderr.close()
    assert (tmp_path / "shard").stat().st_mtime_ns == before
    clean_documents(tmp_path / "in.jsonl", tmp_path / "alone", CleanRules())
    assert left(tmp_path / "out") == left(tmp_path / "alone")


def test_shards_of_other_input_or_rules_are_not_used(tmp_path):
    write_documents(tmp_path / "in.jsonl", [story("a"), story("b")])
    rank = tmp_path / "out.work/judged"
    (rank / "shards").mkdir(parents=True)
    (rank / "completions").mkdir()
    (rank / "completions/00000").touch()
    (rank / "shards/judged.00000.jsonl").write_text("{}\n")
    (rank / "key.txt").write_text("of another run 1\n")
    report = clean_documents(tmp_path / "in.jsonl", tmp_path / "out", CleanRules())
    assert report["kept"] == 2


def test_two_runs_into_one_folder_are_refused(tmp_path):
    import fcntl

    write_documents(tmp_path / "in.jsonl", [story("a")])
    work = tmp_path / "out.work"
    work.mkdir()
    with (work / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match=r"another gonerd clean works in .*out\.work"):
            clean_documents(tmp_path / "in.jsonl", tmp_path / "out", CleanRules())


FOOTER = "\n".join(
    f"About the Department: {' '.join(random.Random(seed).choices(WORDS, k=120))}."
    for seed in range(5)
)


def with_footer(document: Document) -> Document:
    return Document(id=document.id, text=f"{document.text}\n{FOOTER}", meta=document.meta)


def test_a_footer_that_a_site_repeats_makes_no_duplicates_and_stays_in_the_text(tmp_path):
    short = [with_footer(story(f"s{n}", site="dept.example", sentences=4)) for n in range(8)]
    reprint = altered(
        story("s0", sentences=4), "reprint", url="http://b.example/reprinted/r", domain="b.example"
    )
    write_documents(tmp_path / "in.jsonl", [*short, reprint])
    rules = CleanRules(max_repeated_share=None)
    report = clean_documents(tmp_path / "in.jsonl", tmp_path / "out", rules)
    dropped = {row["id"]: row for row in rows(tmp_path / "out/rejected.jsonl")}
    assert report["rejected_by_rule"] == {"near_duplicate": 1}
    assert dropped["reprint"]["values"]["kept"] == "s0"
    assert report["clusters"] == 8
    for document in read_documents(tmp_path / "out/documents.jsonl"):
        assert document.text.endswith(FOOTER)
    plain = CleanRules(min_repeats=None, max_repeated_share=None)
    report = clean_documents(tmp_path / "in.jsonl", tmp_path / "plain", plain)
    assert report["rejected_by_rule"] == {"near_duplicate": 7}


def test_what_is_taken_down_or_decided_by_hand_goes_before_the_rules(tmp_path, capsys):
    documents = [story("a"), story("b"), story("c"), altered(story("c"), "d")]
    documents += [
        Document(id="short", text="The vote is on Monday.", meta={"url": "http://s.example/"})
    ]
    write_documents(tmp_path / "in.jsonl", documents)
    (tmp_path / "list.txt").write_text("id:a\n")
    (tmp_path / "manual.csv").write_text(
        "id,decision,reviewer,note,text_sha256\na,keep,N,,\nb,drop,N,an advertisement,\nd,keep,N,,\n"
        "short,keep,N,,\nc,drop,N,,0000\nnobody,drop,N,,\n"
    )
    command = ["clean", str(tmp_path / "in.jsonl"), "--takedown", str(tmp_path / "list.txt")]
    command += ["--manual", str(tmp_path / "manual.csv"), "--out", str(tmp_path / "out"), "--json"]
    assert run(command) == 0
    told = capsys.readouterr()
    assert "1 decisions are about a text that has changed, 1 about no document" in told.err
    kept = {d.id: d.meta["cluster"] for d in read_documents(tmp_path / "out/documents.jsonl")}
    dropped = {row["id"]: row for row in rows(tmp_path / "out/rejected.jsonl")}
    assert kept == {"d": "c", "short": "short"}
    assert {name: row["rule"] for name, row in dropped.items()} == {
        "a": "taken_down",
        "b": "manual",
        "c": "near_duplicate",
    }
    assert "id:a" in dropped["a"]["reason"]
    assert "an advertisement" in dropped["b"]["reason"]
    counts = {"keep": 2, "drop": 1, "changed": 1, "unknown": 1}
    assert json.loads(told.out)["manual"] == counts


def test_the_similarity_of_a_duplicate_is_that_to_the_document_that_is_kept(tmp_path):
    first = story("a")
    second = altered(first, "bb", url="http://b.example/longer")
    same = Document(id="c", text=second.text, meta=dict(second.meta))
    write_documents(tmp_path / "in.jsonl", [same, second, first])
    clean_documents(tmp_path / "in.jsonl", tmp_path / "out", CleanRules())
    wanted = round(jaccard(shingles(first.text), shingles(second.text)), 6)
    rows = map(json.loads, (tmp_path / "out/rejected.jsonl").read_text().splitlines())
    assert {row["id"]: (row["rule"], row["values"]) for row in rows} == {
        name: ("near_duplicate", {"kept": "a", "jaccard": wanted}) for name in ("bb", "c")
    }
    assert explain_document(tmp_path / "in.jsonl", "c", CleanRules())["rule"] == "near_duplicate"


def test_both_of_two_duplicates_stay_where_a_reviewer_said_so(tmp_path):
    write_documents(tmp_path / "in.jsonl", [story("a"), altered(story("a"), "b"), story("c")])
    (tmp_path / "manual.csv").write_text("id,decision\na,keep\nb,keep\n")
    clean_documents(
        tmp_path / "in.jsonl",
        tmp_path / "out",
        CleanRules(),
        manual=ManualList.read([tmp_path / "manual.csv"]),
    )
    kept = {d.id: d.meta["cluster"] for d in read_documents(tmp_path / "out/documents.jsonl")}
    assert kept == {"a": "a", "b": "a", "c": "c"}


@pytest.mark.parametrize("turned", [False, True])
def test_a_decision_that_two_documents_meet_is_counted_the_same_in_any_order(tmp_path, turned):
    address = "http://a.example/a"
    documents = [story("a"), story("b"), story("c")]
    documents = [Document(id=d.id, text=d.text, meta={"url": address}) for d in documents]
    write_documents(tmp_path / "in.jsonl", documents[::-1] if turned else documents)
    (tmp_path / "manual.csv").write_text(
        f"url,decision,text_sha256\n{address},keep,{text_sha256(documents[1].text)}\n"
    )
    report = clean_documents(
        tmp_path / "in.jsonl",
        tmp_path / "out",
        CleanRules(),
        manual=ManualList.read([tmp_path / "manual.csv"]),
    )
    assert report["manual"] == {"keep": 1, "drop": 0, "changed": 0, "unknown": 0}


def test_an_id_that_stands_in_two_files_is_told_with_both_places(tmp_path):
    write_documents(tmp_path / "a.jsonl", [story("one")])
    write_documents(tmp_path / "b.jsonl", [story("two"), story("one")])
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    with pytest.raises(
        InputError, match=r"b\.jsonl:2: id 'one' stands there twice, also at .*a\.jsonl:1"
    ):
        clean_documents(paths, tmp_path / "out", CleanRules(), executor=Executor(tasks=2))
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "b.jsonl"}


def test_a_domain_that_is_taken_down_leaves_nothing(tmp_path):
    write_documents(tmp_path / "in.jsonl", [story("a"), story("b", site="www.gone.example")])
    (tmp_path / "list.txt").write_text("gone.example\n")
    report = clean_documents(
        tmp_path / "in.jsonl",
        tmp_path / "out",
        CleanRules(),
        takedown=Takedown.read([tmp_path / "list.txt"]),
    )
    assert report["rejected_by_rule"] == {"taken_down": 1}
    assert "gone.example" not in (tmp_path / "out/documents.jsonl").read_text()
