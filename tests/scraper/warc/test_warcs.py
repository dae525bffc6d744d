"""WARC files of others: every form they come in."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from io import BytesIO

import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.warc.reading import read_page_at
from tests.places import SHARED_DATA
from tests.scraper.warc.records import (
    FORMS,
    HTML,
    LIMIT,
    PAGE,
    STORIES,
    read,
    record,
    zipped,
)

SAMPLES = SHARED_DATA / "html/warc_samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="../shared/data/html/warc_samples is not there"
)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_gives_the_same_pages_and_places_that_hold(form, path):
    data, _ = FORMS[form]
    pages, told, count = read(path, data)
    assert not told
    assert [page.body for page in pages] == [f"<p>Story {n}</p>".encode() * 9 for n in range(3)]
    assert (count.records, count.responses, count.pages) == (4, 3, 3)
    for page in pages:
        place = page.place
        if place.within is None:
            lies = data[place.offset : place.offset + place.length]
        else:
            start, length = place.within
            lies = gzip.decompress(data)[start : start + length]
        assert hashlib.sha256(lies).hexdigest() == place.sha256
        assert RecordPlace.from_record(place.record()) == place
        with path.open("rb") as file:
            again = read_page_at(file, place, limit=LIMIT)
        assert again == page


def test_a_dictionary_at_the_beginning_of_a_zstandard_file_is_used(path):
    samples = [STORIES[1 + n % 3] + str(n).encode() * 20 for n in range(400)]
    dictionary = zstandard.train_dictionary(2000, samples)
    frame = zstandard.ZstdCompressor(dict_data=dictionary).compress
    for stored in (dictionary.as_bytes(), zstandard.compress(dictionary.as_bytes())):
        head = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little") + stored
        pages, told, _ = read(path, head + b"".join(map(frame, STORIES)))
        assert [page.url[-1] for page in pages] == ["0", "1", "2"]
        assert not told
        with path.open("rb") as file:
            assert read_page_at(file, pages[2].place, limit=LIMIT) == pages[2]


def test_a_record_larger_than_the_limit_is_never_held_whole(path):
    huge = record(b"x" * 60_000_000, HTML, fields=(("WARC-Block-Digest", "sha1:" + "0" * 40),))
    path.write_bytes(zipped(huge, STORIES[1]))
    del huge
    tracemalloc.start()
    pages, _, _ = read(path, limit=100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [page.problem and page.problem[0] for page in pages] == ["digest_mismatch", None]
    assert peak < 2_000_000


@needs_samples
@pytest.mark.parametrize(
    ("name", "urls", "records", "told"),
    [
        ("example.warc.gz", ["http://example.com/"] * 2, 6, ""),
        ("example.warc", ["http://example.com/"] * 2, 6, ""),
        ("example-iana.org-chunked.warc", ["http://www.iana.org/"], 3, ""),
        ("example-trunc.warc", ["http://example.com/"], 4, "is not whole"),
        ("example-resource.warc.gz", ["http://example.com/"], 3, ""),
        (
            "post-test.warc.gz",
            ["http://httpbin.org/post"] * 2 + ["http://httpbin.org/post?foo=bar"],
            6,
            "",
        ),
        ("example-bad.warc.gz.bad", ["http://example.com?example=1"] * 2, 6, ""),
    ],
)
def test_real_samples_give_what_can_be_read(name, urls, records, told):
    pages, lines, count = read(SAMPLES / name)
    assert [page.url for page in pages if page.status == 200] == urls
    assert count.records == records
    assert (told in "\n".join(lines)) if told else not lines
    assert all(
        b"<html" in page.body.lower()
        for page in pages
        if page.status == 200 and ("example.com" in page.url or "iana" in page.url)
    )
    for page in pages:
        with (SAMPLES / name).open("rb") as file:
            again = read_page_at(file, page.place, limit=LIMIT)
        assert again is not None
        assert (again.body, again.place) == (page.body, page.place) or "iana" in page.url


@needs_samples
def test_every_real_sample_is_tried():
    tried = {
        mark.args[1][n][0]
        for mark in test_real_samples_give_what_can_be_read.pytestmark
        if mark.name == "parametrize"
        for n in range(len(mark.args[1]))
    }
    assert tried == {path.name for path in SAMPLES.iterdir()}


def test_what_a_common_writer_makes_is_read_as_it_was_given(path):
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
    made = writer.create_warc_record(
        "http://a.example/ü",
        "response",
        payload=BytesIO(PAGE),
        http_headers=StatusAndHeaders("200 OK", [HTML, ("X-A", "b")], protocol="HTTP/1.1"),
    )
    writer.write_record(made)
    made.raw_stream.close()
    pages, told, _ = read(path, out.getvalue())
    assert not told
    assert (pages[0].body, pages[0].headers, pages[0].problem) == (PAGE, (HTML, ("X-A", "b")), None)


def test_a_place_that_holds_no_record_gives_no_page(path):
    path.write_bytes(zipped(*STORIES))
    with path.open("rb") as file:
        for offset in (1, 50, 10**9):
            assert read_page_at(file, RecordPlace("x", offset, 10, ""), limit=LIMIT) is None
