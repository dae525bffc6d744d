"""The crawl's manifest, as far as it is published with annotations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gonerd.cli.main import run
from gonerd.dataset import load
from gonerd.dataset.withholding import withhold_texts
from gonerd.errors import CheckError, SchemaError
from tests.gonerd.annotated import built

WARC = {"file": "/home/ada/crawl/a.warc.gz", "offset": 5, "length": 7, "sha256": "0" * 64}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "gonerd"
    built(folder)
    return folder


def manifest(whole: Path, path: Path, **changed: Any) -> Path:
    """A row for every document but the first, and one of another page."""
    rows = [
        {
            "id": document.id,
            "url": document.meta["url"],
            "title": "Words of the text",
            "note": "known to nobody",
            "warc": WARC,
            "fetched_at": "2024-05-01T10:00:00Z",
            "text_sha256": document.meta["text_sha256"],
        }
        | changed
        for document in load(whole).documents("all")
        if document.id != "d000"
    ]
    rows.append({"id": "stranger", "url": "http://other.test/", "text_sha256": "1" * 64})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_rows_of_the_datasets_own_pages_go_without_titles_and_folders(
    whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    withhold_texts(whole, tmp_path / "out", manifest=manifest(whole, tmp_path / "m.jsonl"))
    text = (tmp_path / "out/manifest.jsonl").read_text()
    rows = {row["id"]: row for row in map(json.loads, text.splitlines())}
    assert rows.keys() == {document.id for document in load(whole).documents("all")}
    assert rows["d001"]["warc"] == WARC | {"file": "a.warc.gz"}
    assert "warc" not in rows["d000"]
    assert rows["d000"]["url"] == "https://www.herald.test/story/0"
    for word in ("Words of the text", "known to nobody", "/home/ada", "stranger"):
        assert word not in text
    assert "manifest.jsonl" in (tmp_path / "out/SHA256SUMS").read_text()


def test_a_file_of_the_crawl_keeps_its_folder(whole: Path, tmp_path: Path) -> None:
    for number, (file, kept) in enumerate(
        [("archive/a.warc.gz", "archive/a.warc.gz"), ("../b/a.warc.gz", "a.warc.gz")]
    ):
        (tmp_path / str(number)).mkdir()
        crawl = manifest(whole, tmp_path / "m.jsonl", warc=WARC | {"file": file})
        withhold_texts(whole, tmp_path / str(number), manifest=crawl)
        lines = (tmp_path / str(number) / "manifest.jsonl").read_text().splitlines()
        assert {row["warc"]["file"] for row in map(json.loads, lines) if "warc" in row} == {kept}


def test_a_manifest_of_something_else_is_refused(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    other = manifest(whole, tmp_path / "m.jsonl", text_sha256="2" * 64)
    with pytest.raises(
        CheckError, match=r"m\.jsonl:1: document 'd\d+' has another text than in the"
    ):
        withhold_texts(whole, tmp_path / "out", manifest=other)
    (tmp_path / "m.jsonl").write_text('{"id": "stranger"}\n')
    (tmp_path / "two").mkdir()
    with pytest.raises(CheckError, match=r"m\.jsonl knows none of the dataset's pages"):
        withhold_texts(whole, tmp_path / "two", manifest=other)
    (tmp_path / "m.jsonl").write_text("[1]\n")
    (tmp_path / "three").mkdir()
    with pytest.raises(SchemaError, match=r"m\.jsonl:1: no row of a manifest"):
        withhold_texts(whole, tmp_path / "three", manifest=other)


def test_a_manifest_goes_with_annotations_only(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["publish", str(whole), "--repo-id", "me/gonerd", "--manifest", "m.jsonl", "--dry-run"]
    assert run(words) == 2
    assert "--manifest goes with --annotations-only" in capsys.readouterr().err


def test_a_folder_called_sample_is_that_folder(
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And never the embedded sample, which the same word names elsewhere."""
    monkeypatch.chdir(tmp_path)
    words = ["publish", "sample", "--repo-id", "me/gonerd", "--dry-run", "--json"]
    assert run(words) == 1
    assert "sample is no dataset folder" in capsys.readouterr().err
    (tmp_path / "sample").symlink_to(whole)
    assert run(words) == 0
    assert json.loads(capsys.readouterr().out)["fingerprint"] == load(whole).facts.fingerprint
