"""WARC files of others, whole and broken."""

from __future__ import annotations

import gzip
import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gonerd.errors import InputError, OutputError
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.warcs import read_warc, scrape_warcs
from tests.scraper.web import article, reasons, rows, texts

SAMPLES = Path(__file__).parents[3] / "shared/data/html/warc_samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="../shared/data/html/warc_samples is not there"
)


def made(path: Path, answers: list[tuple[str, list[tuple[str, str]], bytes]]) -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="WARC/1.1")
        for url, headers, body in answers:
            record = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"),
            )
            writer.write_record(record)
            record.raw_stream.close()
    return path


def test_pages_of_a_warc_become_documents_with_their_place(tmp_path):
    html = ("Content-Type", "text/html; charset=utf-8")
    plain, packed = article("Plain").encode(), gzip.compress(article("Packed").encode())
    chunked = b"5\r\n" + plain[:5] + b"\r\n%x\r\n" % (len(plain) - 5) + plain[5:] + b"\r\n0\r\n\r\n"
    path = made(
        tmp_path / "in.warc.gz",
        [
            ("http://a.example/plain", [html], plain),
            ("http://a.example/packed", [html, ("Content-Encoding", "gzip")], packed),
            (
                "http://a.example/chunked",
                [html, ("Transfer-Encoding", "chunked")],
                chunked.replace(b"Plain", b"Chunk"),
            ),
            (
                "http://a.example/was-chunked",
                [html, ("Transfer-Encoding", "chunked")],
                article("Whole").encode(),
            ),
            (
                "http://a.example/was-packed",
                [html, ("Content-Encoding", "gzip")],
                article("Opened").encode(),
            ),
            ("http://a.example/plain", [html], plain),
            ("http://a.example/pdf", [("Content-Type", "application/pdf")], b"%PDF-1.4 \0"),
        ],
    )
    told: list[str] = []
    report = scrape_warcs([path], tmp_path / "out", CrawlConfig(workers=1), note=told.append)
    assert report["documents"] == 5
    assert not told
    assert {text.split()[3] for text in texts(tmp_path / "out").values()} == {
        "Plain",
        "Packed",
        "Chunk",
        "Whole",
        "Opened",
    }
    assert reasons(tmp_path / "out") == {
        "http://a.example/plain": "duplicate_url",
        "http://a.example/pdf": "not_html",
    }
    data = path.read_bytes()
    for row in rows(tmp_path / "out/manifest.jsonl"):
        place = row["warc"]
        member = data[place["offset"] : place["offset"] + place["length"]]
        assert hashlib.sha256(member).hexdigest() == place["sha256"]
        assert row["url"].encode() in gzip.decompress(member)
    with pytest.raises(OutputError, match="exists already"):
        scrape_warcs([path], tmp_path / "out", CrawlConfig(workers=1), note=told.append)


def test_a_warc_that_ends_in_the_middle_is_told_and_read_up_to_there(tmp_path):
    html = [("Content-Type", "text/html")]
    path = made(
        tmp_path / "in.warc.gz",
        [(f"http://a.example/{n}", html, article(f"Town {n}").encode()) for n in range(3)],
    )
    path.write_bytes(path.read_bytes()[:-200])
    told: list[str] = []
    pages = list(read_warc(path, limit=10_000_000, warn=told.append))
    assert [page.url for page in pages if page.problem is None] == [
        "http://a.example/0",
        "http://a.example/1",
    ]
    assert any("cut off" in line or "broken" in line for line in told)


@needs_samples
@pytest.mark.parametrize(
    ("name", "urls", "told"),
    [
        ("example.warc.gz", ["http://example.com/"], ""),
        ("example.warc", ["http://example.com/"], ""),
        ("example-iana.org-chunked.warc", ["http://www.iana.org/"], ""),
        ("example-trunc.warc", ["http://example.com/"], "broken after record 3"),
        ("example-resource.warc.gz", [], ""),
        (
            "post-test.warc.gz",
            ["http://httpbin.org/post"] * 2 + ["http://httpbin.org/post?foo=bar"],
            "",
        ),
        ("example-bad.warc.gz.bad", ["http://example.com?example=1"], "shares its gzip member"),
    ],
)
def test_real_samples_give_what_can_be_read(name, urls, told):
    lines: list[str] = []
    pages = list(read_warc(SAMPLES / name, limit=10_000_000, warn=lines.append))
    assert [page.url for page in pages if page.status == 200] == urls
    assert (told in "\n".join(lines)) if told else not lines
    assert all(
        b"<html" in page.body.lower()
        for page in pages
        if "example.com" in page.url or "iana" in page.url
    )


def test_what_is_no_warc_is_told_in_one_sentence(tmp_path):
    path = tmp_path / "x.warc.gz"
    with pytest.raises(InputError, match="does not exist"):
        list(read_warc(path, limit=10, warn=print))
    path.write_bytes(gzip.compress(b"hello"))
    with pytest.raises(InputError, match="no WARC record found"):
        list(read_warc(path, limit=10, warn=lambda line: None))
