"""From pages to a dataset published without its texts, and back to the whole dataset, by commands alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gonerd import Entity
from gonerd.cli.main import run
from gonerd.dataset import documents_of, load
from gonerd.newsroom.response import Response, html_response
from gonerd.newsroom.server import serving
from gonerd.records import read_documents, write_documents
from tests.hub.client import gonerd_on, python_on
from tests.hub.server import hub_on_loopback
from tests.scraper.small_web import Pages, listing
from tests.scraper.stories import different

HOST = "www.town.example"
NAMES = {"PER": "Ada Lindqvist", "LOC": "Port Ellery"}
ARTICLES = 10

FETCH = """
from huggingface_hub import snapshot_download
snapshot_download("me/annotations", repo_type="dataset", revision="v1.0.0", local_dir="annotations")
from datasets import load_dataset
print(sum(load_dataset("me/annotations").num_rows.values()))
"""


def story(text: str) -> Response:
    """A page that no other is alike, with the two names."""
    lines = [f"{NAMES['PER']} spoke in {NAMES['LOC']}.", *text.splitlines()]
    body = "".join(f"<p>{line}</p>\n" for line in lines)
    return html_response(
        f"<!DOCTYPE html><html lang='en'><head><title>A story</title></head><body><main><article>"
        f"<h1>A story</h1>\n{body}</article></main></body></html>"
    )


def annotate(documents: Path, out: Path) -> None:
    """Mark the two names that every story has."""
    write_documents(
        out,
        (
            type(document)(
                id=document.id,
                text=document.text,
                entities=tuple(
                    Entity(found.start(), found.end(), label)
                    for label, name in NAMES.items()
                    for found in re.finditer(re.escape(name), document.text)
                ),
                meta=document.meta,
            )
            for document in read_documents(documents)
        ),
    )


def test_annotations_go_out_and_the_whole_dataset_comes_back(tmp_path: Path) -> None:
    paths = [f"/story-{number}" for number in range(ARTICLES)]
    texts = [document.text for document in different(ARTICLES)]
    town = Pages({HOST: {"/": listing(*paths)} | dict(zip(paths, map(story, texts), strict=True))})
    crawl, rebuilt = str(tmp_path / "crawl"), str(tmp_path / "rebuilt")
    with serving(town) as server, hub_on_loopback() as hub:
        here = ["--connect-to", server.address, "--delay", "0", "--workers", "1"]
        urls = [f"http://{HOST}{path}" for path in paths]
        assert run(["scrape", *urls, "--out", crawl, *here]) == 0
        annotate(tmp_path / "crawl/documents.jsonl", tmp_path / "annotated.jsonl")
        whole = tmp_path / "whole"
        assert run(["build", str(tmp_path / "annotated.jsonl"), "--out", str(whole)]) == 0
        words = ["publish", "whole", "--repo-id", "me/annotations", "--annotations-only"]
        done = gonerd_on(hub, tmp_path, *words, "--manifest", "crawl/manifest.jsonl")
        assert done.returncode == 0, done.stderr
        commit = hub.repositories["me/annotations"].at("v1.0.0")
        assert commit is not None
        for content in (file.content for file in commit.files.values()):
            assert not any(word.encode() in content for word in (*NAMES.values(), "spoke in"))
        fetched = python_on(hub, tmp_path, FETCH)
        assert fetched.stdout.split() == [str(ARTICLES)], fetched.stderr
        annotations = str(tmp_path / "annotations")
        words = ["rebuild", "--manifest", annotations, "--out"]
        assert run([*words, f"{rebuilt}-live", "--from", "live", *here]) == 0
    # the sites are gone now, the archive is not
    assert run([*words, f"{rebuilt}-warc", "--from", "warc", "--archive", crawl]) == 0
    for way in ("live", "warc"):
        texts, again = f"{rebuilt}-{way}/documents.jsonl", str(tmp_path / f"again-{way}")
        assert run(["join", annotations, "--texts", texts, "--out", again]) == 0
        require_the_same(Path(again), whole)


def require_the_same(again: Path, whole: Path) -> None:
    assert load(again).facts.fingerprint == load(whole).facts.fingerprint
    joined = {document.id: document for document in documents_of(again, "all")}
    assert len(joined) == ARTICLES
    assert joined == {document.id: document for document in documents_of(whole, "all")}
    assert json.loads((again / "gonerd.json").read_text())["texts"]
