"""The commands as a user types them."""

from __future__ import annotations

import json

import pytest

from gonerd.cli.main import run
from gonerd.newsroom.server import serving
from gonerd.records import read_documents, write_documents
from gonerd.schema import Document
from gonerd_scraper.crawling.sources import DEFAULT_SOURCES, read_sources
from tests.scraper.small_web import Pages, listing, page, rows
from tests.scraper.stories import different, stories


def test_scrape_clean_and_sample_go_together(tmp_path, capsys):
    host = "www.ledger.example"
    names = [f"/{number}" for number in range(4)]
    pages = {name: page(f"Town {name[1:]}") for name in names}
    with serving(Pages({host: {"/": listing(*names), **pages}})) as server:
        (tmp_path / "sources.toml").write_text(
            f'[[source]]\ndomain = "ledger.example"\nkind = "justice"\nweight = 0.5\nseeds = ["http://{host}/"]\n'
        )
        crawl = [
            "scrape",
            str(tmp_path / "sources.toml"),
            "--connect-to",
            server.address,
            "--delay",
            "0",
        ]
        assert run([*crawl, "--workers", "1", "--out", str(tmp_path / "crawl"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["hosts"][host]["pages"] == 5
    assert (
        run(
            [
                "clean",
                str(tmp_path / "crawl/documents.jsonl"),
                "--out",
                str(tmp_path / "clean"),
                "--json",
            ]
        )
        == 0
    )
    cleaned = json.loads(capsys.readouterr().out)
    assert cleaned["kept"] + cleaned["rejected"] == cleaned["read"] == report["documents"]
    out = tmp_path / "sample.jsonl"
    assert (
        run(["sample", str(tmp_path / "clean/documents.jsonl"), "--n", "50", "--out", str(out)])
        == 0
    )
    told = capsys.readouterr()
    assert "is the most that keeps the shares" in told.err
    assert all(document.meta["source"] == "justice" for document in read_documents(out))


def test_clean_keeps_the_older_of_two_duplicates_and_notes_the_cluster(tmp_path):
    documents = different(6)
    copy = Document(
        id="zzz", text=documents[0].text, meta={"url": "http://b.example/x", "date": "2020-01-01"}
    )
    near = Document(
        id="yyy",
        text=documents[1].text + " One more word.",
        meta={"url": "http://c.example/long/address"},
    )
    write_documents(tmp_path / "in.jsonl", [*documents, copy, near])
    assert run(["clean", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out")]) == 0
    kept = {d.id: d.meta["cluster"] for d in read_documents(tmp_path / "out/documents.jsonl")}
    dropped = {row["id"]: row for row in rows(tmp_path / "out/rejected.jsonl")}
    assert dropped["000"]["rule"] == "duplicate"
    assert dropped["000"]["values"] == {"kept": "zzz", "jaccard": 1.0}
    assert dropped["yyy"]["rule"] == "near_duplicate"
    assert kept["zzz"] == "000"
    assert kept["001"] == "001"
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["rejected_by_rule"] == {"duplicate": 1, "near_duplicate": 1}


def test_clean_gives_the_same_files_for_any_order(tmp_path):
    documents = [
        *stories(12),
        *(Document(id=f"x{d.id}", text=d.text, meta=d.meta) for d in different(12)),
    ]
    write_documents(tmp_path / "a.jsonl", documents)
    write_documents(tmp_path / "b.jsonl", reversed(documents))
    for name in "ab":
        assert run(["clean", str(tmp_path / f"{name}.jsonl"), "--out", str(tmp_path / name)]) == 0
    for name in ("documents.jsonl", "rejected.jsonl", "report.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_explain_says_why_one_document_goes(tmp_path, capsys):
    short = Document(id="s", text="The vote is on Monday.", meta={"url": "http://a.example/s"})
    write_documents(tmp_path / "in.jsonl", [*different(2), short])
    assert (
        run(["clean", str(tmp_path / "in.jsonl"), "--explain", "http://a.example/s", "--json"]) == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert found["kept"] is False
    assert found["rules"]["short"] == "5 words, fewer than 50"
    assert found["measures"]["words"] == 5
    assert run(["clean", str(tmp_path / "in.jsonl"), "--explain", "http://a.example/0"]) == 0
    assert capsys.readouterr().out.startswith("http://a.example/0: KEPT")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["clean", "missing.jsonl", "--out", "o"], 1, "missing.jsonl does not exist"),
        (["clean", "empty.jsonl", "--out", "o"], 1, "empty.jsonl holds no document"),
        (["clean", "twice.jsonl", "--out", "o"], 1, "id 'a' stands there twice"),
        (["clean", "short.jsonl", "--out", "o"], 1, "none of 1 documents is left (short 1)"),
        (["clean", "broken.jsonl", "--out", "o"], 1, "broken.jsonl:1: not JSON at column 2"),
        (["clean", "short.jsonl"], 2, "--out is missing"),
        (
            ["clean", "short.jsonl", "--explain", "http://x.example/"],
            1,
            "no document has the id or address",
        ),
        (["sample", "empty.jsonl", "--out", "s.jsonl"], 1, "no document to draw from"),
        (
            ["sample", "short.jsonl", "--weight", "justice", "--out", "s.jsonl"],
            2,
            "expected NAME=SHARE",
        ),
        (
            ["sample", "short.jsonl", "--weight", "justice=2", "--out", "s.jsonl"],
            2,
            "expected a share from 0 to 1",
        ),
        (["scrape", "nothing.toml", "--out", "o"], 1, "nothing.toml does not exist"),
        (
            ["scrape", "bad.toml", "--out", "o"],
            2,
            "bad.toml: source 1: kind is 'blog', expected justice or news",
        ),
        (["scrape", "http://", "--out", "o"], 2, "'http://' is no web address"),
        (["scrape", "urls.txt", "--out", "o"], 2, "urls.txt:2: 'ftp://x' is no web address"),
        (
            ["scrape", "http://a.example/", "--connect-to", "nowhere", "--out", "o"],
            2,
            "expected HOST:PORT",
        ),
        (
            ["scrape", "http://a.example/", "--config", "bad.toml", "--out", "o"],
            2,
            "key 'source' is unknown",
        ),
        (
            ["scrape", "--warc", "x.warc", "http://a.example/", "--out", "o"],
            2,
            "SOURCES or --warc, not both",
        ),
        (["scrape", "--warc", "x.warc", "--out", "o"], 1, "x.warc does not exist"),
    ],
)
def test_mistakes_are_told_in_one_sentence_and_leave_nothing(
    tmp_path, monkeypatch, capsys, arguments, status, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "broken.jsonl").write_text("{x\n")
    (tmp_path / "urls.txt").write_text("# pages\nftp://x\n")
    (tmp_path / "bad.toml").write_text('[[source]]\ndomain = "a.example"\nkind = "blog"\n')
    one = Document(id="a", text="Too short.", meta={"url": "http://a.example/a", "source": "news"})
    write_documents(tmp_path / "short.jsonl", [one])
    write_documents(tmp_path / "twice.jsonl", [one, one])
    assert run(arguments) == status
    assert message in capsys.readouterr().err
    assert not [path for path in ("o", "s.jsonl") if (tmp_path / path).exists()]


def test_the_sources_of_the_paper_are_shipped():
    sources = read_sources(DEFAULT_SOURCES)
    assert [s.domain for s in sources][:3] == ["justice.gov", "ctvnews.ca", "msn.com"]
    assert sources[0].kind == "justice"
    assert sum(s.weight or 0 for s in sources) == pytest.approx(0.489, abs=0.001)
    assert all(s.seeds for s in sources)


@pytest.mark.parametrize(
    "command",
    [
        "clean crawl/documents.jsonl --out crawl --force",
        "oscar crawl/documents.jsonl --out crawl --force",
        "mix CCNEWS --cc-news crawl --out crawl --force",
        "build crawl/documents.jsonl --out crawl --force",
        "scrape --warc crawl/archive --out crawl --force",
        "clean crawl/documents.jsonl --out crawl/documents.jsonl --force",
    ],
)
def test_force_never_removes_what_is_to_be_read(tmp_path, monkeypatch, capsys, command):
    monkeypatch.chdir(tmp_path)
    write_documents(tmp_path / "crawl" / "documents.jsonl", stories(3))
    (tmp_path / "crawl" / "archive").mkdir()
    (tmp_path / "crawl" / "archive" / "gonerd-00000.warc.gz").write_bytes(b"kept")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert run(command.split()) == 1
    assert " in it; give another name" in (said := capsys.readouterr().err) or (
        "clears; give another --out" in said or "is a file" in said
    )
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "command",
    [
        "sample d.jsonl --weight news=0.2 --weight news=0.3 --out s.jsonl",
        "dedup d.jsonl --pairs-out same.jsonl --out same.jsonl",
    ],
)
def test_what_is_said_twice_is_a_usage_error(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    write_documents(tmp_path / "d.jsonl", stories(3))
    assert run(command.split()) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["d.jsonl"]
