"""What serves as a manifest, and what is refused."""

from __future__ import annotations

import pytest

from gonerd.errors import InputError, OutputError, SchemaError
from gonerd.newsroom.server import serving
from gonerd_scraper.rebuilding.rebuild import rebuild_documents
from tests.scraper.rebuilding.archives import Archives, settings
from tests.scraper.rebuilding.stories import NOWHERE, changed, rebuilt, stories
from tests.scraper.small_web import rows


def test_force_never_removes_the_manifest_that_is_read(crawled, tmp_path):
    rebuilt(crawled / "manifest.jsonl", tmp_path / "out", steps=("warc",))
    documents = tmp_path / "out/documents.jsonl"
    with pytest.raises(OutputError, match="which --force clears"):
        rebuild_documents(
            documents,
            tmp_path / "out",
            settings(NOWHERE, steps=("warc",)),
            force=True,
            note=lambda _: None,
        )
    assert documents.read_bytes() == (crawled / "documents.jsonl").read_bytes()


def test_a_published_table_is_enough(crawled, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = [
        {"id": r["id"], "url": r["url"], "title": r["title"], "text_sha256": r["text_sha256"]}
        for r in rows(crawled / "manifest.jsonl")
    ]
    pq.write_table(pa.Table.from_pylist(known), tmp_path / "rows.parquet")
    with serving(Archives(live=stories())) as server:
        report, _, _ = rebuilt(
            tmp_path / "rows.parquet", tmp_path / "out", server.address, steps=("warc", "live")
        )
    assert report["rebuilt_from"] == {"live": 2}
    texts = {row["id"]: row["text"] for row in rows(crawled / "documents.jsonl")}
    for row in rows(tmp_path / "out/documents.jsonl"):
        assert row["text"] == texts[row["id"]]
        assert "warc" not in row["meta"]


def test_the_folder_of_a_published_dataset_is_a_manifest(crawled, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = [
        {k: r[k] for k in ("id", "url", "text_sha256")} for r in rows(crawled / "manifest.jsonl")
    ]
    (tmp_path / "published/data").mkdir(parents=True)
    for split, row in zip(("train", "test"), known, strict=True):
        file = tmp_path / f"published/data/{split}-00000-of-00001.parquet"
        pq.write_table(pa.Table.from_pylist([row]), file)
    with serving(Archives(live=stories())) as server:
        report, _, _ = rebuilt(
            tmp_path / "published", tmp_path / "out", server.address, steps=("live",)
        )
        again, _, _ = rebuilt(
            tmp_path / "published", tmp_path / "out", server.address, steps=("live",)
        )
    assert report["rebuilt"] == again["rebuilt"] == 2
    pq.write_table(pa.Table.from_pylist([{**known[1], "url": "http://other.example/"}]), file)
    with pytest.raises(OutputError, match="another manifest"):
        rebuilt(tmp_path / "published", tmp_path / "out", steps=("live",))


def test_a_damaged_table_is_told_in_one_sentence(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, folder = tmp_path / "rows.parquet", tmp_path / "folder.parquet"
    folder.mkdir()
    known = [{"url": f"http://a.example/{n}", "text_sha256": f"{n:064x}"} for n in range(500)]
    pq.write_table(pa.Table.from_pylist(known), path)
    whole = path.read_bytes()
    for damaged in (whole[:-20], whole[:100] + b"\xff" * 300 + whole[400:], b"PAR1"):
        path.write_bytes(damaged)
        with pytest.raises(SchemaError, match=r"rows\.parquet: not a whole Parquet file: "):
            rebuilt(path, tmp_path / "out")
    with pytest.raises(
        InputError, match=r"folder\.parquet holds no manifest\.jsonl and no data/\*\.parquet"
    ):
        rebuilt(folder, tmp_path / "out")


def test_documents_serve_as_their_own_manifest(crawled, tmp_path):
    report, _, _ = rebuilt(crawled / "documents.jsonl", tmp_path / "out", steps=("warc",))
    assert report["rebuilt"] == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a", "url": "ftp://x", "text_sha256": "%s"}', r":1: 'url' is 'ftp://x'"),
        ('{"id": "a", "url": "http://x.example/"}', r":1: 'text_sha256' is None"),
        ('{"id": 7, "url": "http://x.example/", "text_sha256": "%s"}', r":1: 'id' is 7"),
        ("[1]", r":1: found list, expected an object"),
        (
            '{"url": "http://x.example/", "text_sha256": "%s", "warc": {"file": "x", "offset": -1}}',
            r":1: 'warc' is .* expected numbers",
        ),
        (
            '{"url": "http://x.example/", "text_sha256": "%s", "fetched_at": "soon"}',
            r":1: 'fetched_at' is 'soon'",
        ),
        (
            '{"url": "http://x.example/", "text_sha256": "%s", "title": ["x"]}',
            r":1: 'title' is \['x'\], expected a string",
        ),
        (
            '{"url": "http://x.example/", "text_sha256": "%s", "extractor": "x"}',
            r":1: 'extractor' is 'x', expected an object",
        ),
        ("", r"holds no row"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_with_its_line(line, message, tmp_path):
    source = tmp_path / "manifest.jsonl"
    source.write_text((line.replace("%s", "0" * 64) + "\n") if line else "")
    with pytest.raises((SchemaError, InputError), match=message):
        rebuilt(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_refusals_are_told(manifest, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        rebuilt(tmp_path / "missing.jsonl", tmp_path / "out")
    rebuilt(manifest, tmp_path / "out", steps=("warc",))
    one = tmp_path / "one.jsonl"
    one.write_text(manifest.read_text().splitlines()[0] + "\n")
    with pytest.raises(OutputError, match="holds a rebuild of another manifest"):
        rebuilt(one, tmp_path / "out", steps=("warc",))
    with pytest.raises(OutputError, match="no rebuild"):
        rebuilt(manifest, tmp_path, steps=("warc",))
    one.write_text(one.read_text() * 2)
    with pytest.raises(SchemaError, match="stands there twice"):
        rebuilt(one, tmp_path / "two", steps=("warc",))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "../" * 40 + "etc/passwd", "/etc/passwd"])
def test_a_name_of_an_archive_that_no_crawl_wrote_tells_nothing_of_the_file(
    name, manifest, tmp_path
):
    place = rows(manifest)[0]["warc"]
    changed(manifest, warc=place | {"file": name})
    report, outcomes, _ = rebuilt(manifest, tmp_path / "out", steps=("warc",))
    assert report["unavailable"] == 2
    (told,) = {entry["detail"] for row in outcomes.values() for entry in row["tried"]}
    assert told.endswith(("is not there", "no WARC record is there"))


@pytest.mark.parametrize(
    "place", [{"offset": 10**30}, {"length": 2**63}, {"within": 5}, {"within": [1]}]
)
def test_a_place_that_no_file_has_is_refused(place, manifest, tmp_path):
    changed(manifest, warc=rows(manifest)[0]["warc"] | place)
    with pytest.raises(SchemaError, match=r"manifest.jsonl:1: 'warc' is"):
        rebuilt(manifest, tmp_path / "out", steps=("warc",))
