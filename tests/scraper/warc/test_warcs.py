"""WARC files of others: every form they come in, whole and broken."""

from __future__ import annotations

import gzip
import hashlib
import resource
import tracemalloc
import zlib
from base64 import b32encode
from io import BytesIO
from pathlib import Path
from time import process_time

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gonerd.errors import InputError
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.warcs import scrape_warcs
from gonerd_scraper.warc.archive import RecordPlace
from gonerd_scraper.warc.reading import WarcCount, read_page_at, read_warc
from tests.places import SHARED_DATA
from tests.scraper.small_web import article, rows, texts

SAMPLES = SHARED_DATA / "html/warc_samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="../shared/data/html/warc_samples is not there"
)
HTML = ("Content-Type", "text/html; charset=utf-8")
LIMIT = 10_000_000
PAGE = article("Plain").encode()


def record(
    body: bytes,
    *headers: tuple[str, str],
    url: str = "http://a.example/page",
    kind: str = "response",
    status: str = "HTTP/1.1 200 OK",
    length: int | None = None,
    version: str = "WARC/1.0",
    fields: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A record by hand, as no writer would let one write it."""
    http = status + "\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
    block = (http.encode("latin-1") if kind in ("response", "revisit") else b"") + body
    about = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": "2024-01-31T12:00:00Z",
        "WARC-Record-ID": f"<urn:uuid:{hashlib.md5(url.encode() + block).hexdigest()}>",
        "Content-Type": "application/http; msgtype=response",
        **dict(fields),
        "Content-Length": str(len(block) if length is None else length),
    }
    head = f"{version}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in about.items())
    return head.encode() + b"\r\n" + block + b"\r\n\r\n"


def zipped(*records: bytes) -> bytes:
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def read(path: Path, data: bytes | None = None, *, limit: int = LIMIT):
    """The pages of a file, what was told, and the counts."""
    if data is not None:
        path.write_bytes(data)
    told: list[str] = []
    count = WarcCount()
    return list(read_warc(path, limit=limit, warn=told.append, count=count)), told, count


def only(path: Path, *records: bytes, limit: int = LIMIT):
    """The one page of a file without a fault in the file."""
    pages, told, _ = read(path, zipped(*records), limit=limit)
    assert not told
    assert len(pages) == 1
    return pages[0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "in.warc.gz"


def chunks(body: bytes, *, extension: bytes = b"", trailer: bytes = b"", end: bytes = b"\r\n"):
    pieces = [body[at : at + 700] for at in range(0, len(body), 700)]
    framed = (b"%x%s%s%s%s" % (len(piece), extension, end, piece, end) for piece in pieces)
    return b"".join(framed) + b"0" + extension + end + trailer + end


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("stored", "headers"),
    [
        (PAGE, ()),
        (chunks(PAGE), (("Transfer-Encoding", "chunked"),)),
        (chunks(PAGE, extension=b';a="b c"'), (("transfer-encoding", "Chunked"),)),
        (chunks(PAGE, trailer=b"X-Sum: 1\r\n"), (("Transfer-Encoding", "chunked"),)),
        (chunks(PAGE, end=b"\n"), (("Transfer-Encoding", "chunked"),)),
        (chunks(gzip.compress(PAGE)), (("Transfer-Encoding", "gzip, chunked"),)),
        (PAGE, (("Transfer-Encoding", "chunked"),)),
        (gzip.compress(PAGE), (("Content-Encoding", "gzip"),)),
        (gzip.compress(PAGE), (("Content-Encoding", "x-gzip"),)),
        (gzip.compress(PAGE[:300]) + gzip.compress(PAGE[300:]), (("Content-Encoding", "gzip"),)),
        (gzip.compress(PAGE) + b"\0" * 20, (("Content-Encoding", "gzip"),)),
        (gzip.compress(PAGE) + b"\r\n<!-- 2 ms -->", (("Content-Encoding", "gzip"),)),
        (zlib.compress(PAGE), (("Content-Encoding", "deflate"),)),
        (raw_deflate(PAGE), (("Content-Encoding", "deflate"),)),
        (brotli.compress(PAGE), (("Content-Encoding", "br"),)),
        (zstandard.compress(PAGE), (("Content-Encoding", "zstd"),)),
        (
            brotli.compress(gzip.compress(PAGE)),
            (("Content-Encoding", "gzip"), ("Content-Encoding", "br")),
        ),
        (
            chunks(brotli.compress(PAGE)),
            (("Transfer-Encoding", "chunked"), ("Content-Encoding", "br")),
        ),
        (PAGE, (("Content-Encoding", "gzip"),)),
        (PAGE, (("Content-Encoding", "deflate"),)),
        (PAGE, (("Content-Encoding", "br"),)),
        (PAGE, (("Content-Encoding", "zstd"),)),
        (PAGE, (("Content-Encoding", "UTF-8"),)),
        (PAGE, (("Content-Encoding", "something"),)),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, tuple) else "",
)
def test_each_transfer_and_content_encoding_gives_the_page(stored, headers, path):
    page = only(path, record(stored, HTML, *headers))
    assert page.problem is None
    assert page.body == PAGE


@pytest.mark.parametrize(
    ("stored", "headers", "reason"),
    [
        (chunks(PAGE)[:900], (("Transfer-Encoding", "chunked"),), "cut_off"),
        (chunks(PAGE)[:705] + b"zz\r\n", (("Transfer-Encoding", "chunked"),), "cut_off"),
        (gzip.compress(PAGE)[:200], (("Content-Encoding", "gzip"),), "bad_encoding"),
        (brotli.compress(PAGE)[:200], (("Content-Encoding", "br"),), "bad_encoding"),
        (brotli.compress(PAGE), (("Content-Encoding", "compress"),), "bad_encoding"),
        (gzip.compress(b"x" * 3_000_000), (("Content-Encoding", "gzip"),), "too_large"),
        (brotli.compress(b"x" * 3_000_000), (("Content-Encoding", "br"),), "too_large"),
        (zstandard.compress(b"x" * 3_000_000), (("Content-Encoding", "zstd"),), "too_large"),
        (b"x" * 3_000_000, (), "too_large"),
    ],
)
def test_a_body_that_can_not_be_had_whole_is_a_named_reason(stored, headers, reason, path):
    page = only(path, record(stored, HTML, *headers), limit=1_000_000)
    assert page.problem is not None
    assert page.problem[0] == reason
    assert len(page.body) <= 1_000_001


def test_statuses_addresses_and_types_that_are_no_page_are_reasons_or_passed_over(path):
    pages, told, count = read(
        path,
        zipped(
            record(b"", HTML, status="HTTP/1.1 404 Not Found"),
            record(b"", HTML, status="HTTP/2 200"),
            record(PAGE, HTML, status="ICY 200 OK"),
            record(PAGE, HTML, url="ftp://a.example/"),
            record(
                b"\x00\x01",
                kind="response",
                url="dns:a.example",
                fields=(("Content-Type", "text/dns"),),
            ),
            record(b"GET / HTTP/1.1\r\n\r\n", kind="request"),
            record(b"a: b", kind="metadata", fields=(("Content-Type", "application/warc-fields"),)),
            record(PAGE, kind="resource", fields=(("Content-Type", "text/html; charset=utf-8"),)),
            record(b"x", kind="resource", fields=(("Content-Type", "image/png"),)),
        ),
    )
    assert [page.problem and page.problem[0] for page in pages] == [
        "http_status",
        None,
        "bad_response",
        "not_html",
        None,
    ]
    assert pages[-1].headers == (("Content-Type", "text/html; charset=utf-8"),)
    assert pages[-1].body == PAGE
    assert not told
    assert (count.records, count.responses, count.resources, count.pages) == (9, 4, 1, 2)
    assert count.record()["problems"] == {"bad_response": 1, "http_status": 1, "not_html": 1}


@pytest.mark.parametrize(
    ("truncated", "problem"),
    [
        ("length", ("too_large", "cut to a length when it was archived")),
        ("time", ("cut_off", "cut off when it was archived (time)")),
        ("disconnect", ("cut_off", "cut off when it was archived (disconnect)")),
    ],
)
def test_a_page_that_was_cut_when_it_was_archived_says_why(truncated, problem, path):
    cut = record(PAGE, HTML, fields=(("WARC-Truncated", truncated),))
    (page,), told, count = read(path, zipped(cut))
    assert page.problem == problem
    assert (told, count.pages) == ([], 0)


@pytest.mark.parametrize("version", ["WARC/0.18", "WARC/1.0", "WARC/1.1"])
def test_addresses_in_angle_brackets_and_folded_headers_are_read(version, path):
    made = record(
        PAGE,
        ("X-Long", "one\r\n two"),
        HTML,
        url="<http://a.example/page>",
        version=version,
    )
    page = only(path, made.replace(b"\r\nWARC-Date", b"\r\nX-Note: a\r\n\tb\r\nWARC-Date"))
    assert page.url == "http://a.example/page"
    assert page.headers == (("X-Long", "one two"), HTML)


def test_the_first_segment_of_a_page_does_not_pass_for_the_page(path):
    first = record(PAGE[:400], HTML, fields=(("WARC-Segment-Number", "1"),))
    rest = (("WARC-Segment-Number", "2"), ("WARC-Segment-Total-Length", str(len(PAGE))))
    page = only(path, first, record(PAGE[400:], kind="continuation", fields=rest))
    assert page.problem == (
        "cut_off",
        "the record is the first of several segments, which are not put together",
    )


def test_pages_become_documents_with_the_charset_that_each_way_of_saying_it_names(tmp_path):
    name = "Kläranlage “Süd”"
    head = '<meta charset="windows-1252">'
    utf8 = article(name).encode()
    stored = [
        ("http", utf8.replace(b"charset", b""), "text/html; charset=utf-8"),
        ("meta", article(name, head=head).encode("windows-1252"), "text/html"),
        ("bom", b"\xff\xfe" + article(name).encode("utf-16-le"), "text/html"),
        ("detector", article(name).encode("windows-1252"), "text/html"),
    ]
    path = tmp_path / "in.warc.gz"
    path.write_bytes(
        zipped(
            *(
                record(body, ("Content-Type", kind), url=f"http://a.example/{way}")
                for way, body, kind in stored
            )
        )
    )
    report = scrape_warcs([path], tmp_path / "out", CrawlConfig(workers=1), note=print)
    held = report["held"]
    assert (held["records"], held["responses"], held["pages"], held["breaks"]) == (4, 4, 4, 0)
    found = texts(tmp_path / "out")
    assert set(found) == {f"http://a.example/{way}" for way, _, _ in stored}
    assert all(name in text for text in found.values())
    data = path.read_bytes()
    for row in rows(tmp_path / "out/manifest.jsonl"):
        place = row["warc"]
        lies = data[place["offset"] : place["offset"] + place["length"]]
        assert hashlib.sha256(lies).hexdigest() == place["sha256"]
        assert row["url"].encode() in gzip.decompress(lies)


def sha1_of(data: bytes) -> str:
    return "sha1:" + b32encode(hashlib.sha1(data).digest()).decode()


BLOCK = b"HTTP/1.1 200 OK\r\n" + f"{HTML[0]}: {HTML[1]}\r\n".encode() + b"\r\n" + PAGE


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({"WARC-Block-Digest": sha1_of(BLOCK)}, True),
        ({"WARC-Block-Digest": "sha256:" + hashlib.sha256(BLOCK).hexdigest()}, True),
        ({"WARC-Block-Digest": "SHA-1:" + hashlib.sha1(BLOCK).hexdigest().upper()}, True),
        ({"WARC-Payload-Digest": sha1_of(PAGE)}, True),
        ({"WARC-Payload-Digest": "md5:" + hashlib.md5(PAGE).hexdigest()}, True),
        ({"WARC-Payload-Digest": "blake3:00", "WARC-Block-Digest": "none"}, True),
        ({"WARC-Block-Digest": sha1_of(BLOCK), "WARC-Payload-Digest": sha1_of(b"")}, True),
        ({"WARC-Block-Digest": sha1_of(b"other")}, False),
        ({"WARC-Block-Digest": "sha256:" + hashlib.sha256(PAGE).hexdigest()}, False),
        ({"WARC-Payload-Digest": sha1_of(BLOCK)}, False),
        ({"WARC-Payload-Digest": "sha256:" + "0" * 64}, False),
    ],
)
def test_digests_are_verified(fields, fits, path):
    page = only(path, record(PAGE, HTML, fields=tuple(fields.items())))
    assert (page.problem is None) == fits
    if not fits:
        assert page.problem[0] == "digest_mismatch"


@pytest.mark.parametrize(
    "counted", [chunks(gzip.compress(PAGE, mtime=0)), gzip.compress(PAGE, mtime=0), PAGE]
)
def test_a_payload_digest_may_count_the_body_with_or_without_its_codings(counted, path):
    stored = chunks(gzip.compress(PAGE, mtime=0))
    coded = (("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"))
    page = only(
        path, record(stored, HTML, *coded, fields=(("WARC-Payload-Digest", sha1_of(counted)),))
    )
    assert page.problem is None


def test_revisits_take_the_page_of_an_earlier_record(path):
    payload = (("WARC-Payload-Digest", sha1_of(PAGE)),)
    first = record(PAGE, HTML, url="http://a.example/first", fields=payload)
    again = record(b"", HTML, url="http://a.example/again", kind="revisit", fields=payload)
    third = record(b"", HTML, url="http://a.example/third", kind="revisit", fields=payload)
    lost = record(
        b"",
        HTML,
        url="http://a.example/lost",
        kind="revisit",
        fields=(
            ("WARC-Payload-Digest", sha1_of(b"?")),
            ("WARC-Refers-To-Target-URI", "http://b.example/"),
        ),
    )
    pages, told, count = read(path, zipped(first, again, third, lost))
    assert [page.url.rpartition("/")[2] for page in pages] == [
        "first",
        "again",
        "third",
        "lost",
    ]
    assert all(page.body == PAGE and page.place == pages[0].place for page in pages[:3])
    assert pages[3].problem == (
        "revisit",
        "the same as http://b.example/, which is not in this file",
    )
    assert told == [f"{path}: 1 revisit records speak of pages that are not in this file"]
    assert (count.revisits, count.pages) == (3, 3)


def containers(records: list[bytes]) -> dict[str, tuple[bytes, list[int]]]:
    """Each form of a file, with the bytes at which it may end without anybody noticing."""
    frame = zstandard.ZstdCompressor(write_checksum=True).compress
    forms: dict[str, tuple[bytes, list[int]]] = {}
    for name, pack in (("plain", bytes), ("gzip", gzip.compress), ("zstd", frame)):
        data, ends = b"", []
        for one in records:
            data += pack(one)
            ends.append(len(data))
        forms[name] = (data, ends)
    shared = gzip.compress(b"".join(records))
    forms["one gzip stream"] = (shared, [len(shared)])
    return forms


STORIES = [
    record(
        b"software: test", kind="warcinfo", fields=(("Content-Type", "application/warc-fields"),)
    )
] + [
    record(f"<p>Story {n}</p>".encode() * 9, HTML, url=f"http://a.example/{n}", version="WARC/1.1")
    for n in range(3)
]
FORMS = containers(STORIES)


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


@pytest.mark.parametrize("form", FORMS)
def test_a_file_cut_anywhere_gives_the_records_before_the_cut_and_says_so(form, path):
    data, ends = FORMS[form]
    for end in range(len(data)):
        pages, told, _ = read(path, data[:end])
        whole = [page for page in pages if page.problem is None]
        assert [page.url for page in whole] == [f"http://a.example/{n}" for n in range(len(whole))]
        assert all(page.body == f"<p>Story {page.url[-1]}</p>".encode() * 9 for page in whole)
        assert bool(told) == (end not in ends), end
        if form != "one gzip stream":
            assert len(whole) >= sum(kept <= end for kept in ends[1:]), end


@settings(max_examples=100, deadline=None)
@given(
    form=st.sampled_from(sorted(FORMS)),
    where=st.floats(0.05, 1, exclude_max=True),
    junk=st.binary(max_size=40),
    gone=st.integers(0, 60),
)
def test_a_file_broken_anywhere_never_raises_and_never_makes_up_a_page(
    form, where, junk, gone, tmp_path_factory
):
    data, _ = FORMS[form]
    at = int(where * len(data))
    path = tmp_path_factory.mktemp("broken") / "in.warc"
    pages, _, _ = read(path, data[:at] + junk + data[at + gone :])
    if form == "zstd":  # has check sums here
        bodies = {f"<p>Story {n}</p>".encode() * 9 for n in range(3)}
        assert {page.body for page in pages if page.problem is None} <= bodies


def test_behind_a_broken_member_reading_goes_on_and_both_places_are_told(path):
    good = zipped(*STORIES)
    first, second = (len(zipped(*STORIES[:n])) for n in (1, 2))
    data = bytearray(good)
    data[first + 60 : first + 90] = b"\xff" * 30
    pages, told, count = read(path, bytes(data))
    assert [page.url[-1] for page in pages if page.problem is None] == ["1", "2"]
    assert f"at byte {first} " in told[0]
    assert told[-1] == (f"{path}: reading goes on at byte {second}, {second - first} bytes further")
    assert count.breaks == 1


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("junk", [b"", b"\xff", b"no record\r\n"])
def test_a_damaged_beginning_costs_its_own_record_only(form, junk, path):
    data = junk + FORMS[form][0][10:]
    pages, told, count = read(path, data)
    assert [page.url[-1] for page in pages] == ["0", "1", "2"]
    assert "at byte 0" in told[0]
    assert count.breaks == 1
    with path.open("rb") as file:
        assert read_page_at(file, pages[1].place, limit=LIMIT) == pages[1]


@pytest.mark.parametrize("pack", [bytes, zipped], ids=["plain", "gzip"])
def test_a_file_that_is_broken_everywhere_is_told_in_short(pack, path):
    first, last = (record(PAGE, HTML, url=f"http://a.example/{n}") for n in "12")
    broken = zipped(first)[:200] if pack is zipped else b"\nWARC/1.0\r\n\r\n"
    pages, told, count = read(path, pack(first) + broken * 1000 + pack(last))
    assert [page.url[-1] for page in pages if page.problem is None] == ["1", "2"]
    assert count.breaks >= 1000
    assert len(told) == 101
    assert told[-1].endswith(f"it is broken in {count.breaks} places")


def test_what_stands_between_records_is_told_and_passed_over(path):
    plain = STORIES[1] + b"<html>no record</html>\r\n" + STORIES[2]
    pages, told, _ = read(path, plain)
    assert [page.url[-1] for page in pages if page.problem is None] == ["1"]
    assert len(told) == 1
    stray = zipped(STORIES[1]) + b"stray bytes" + zipped(STORIES[2])
    pages, told, _ = read(path, stray)
    assert [page.url[-1] for page in pages if page.problem is None] == ["0", "1"]
    assert "reading goes on at byte" in told[-1]


@pytest.mark.parametrize("pack", [bytes, zipped], ids=["plain", "gzip"])
@pytest.mark.parametrize("off", [-40, 40, 5000])
def test_a_wrong_length_costs_its_own_record_only(pack, off, path):
    size = len(STORIES[1].partition(b"\r\n\r\n")[2]) - 4
    wrong = record(b"<p>Story 0</p>" * 9, HTML, url="http://a.example/0", length=size + off)
    data = b"".join(pack(one) for one in (STORIES[0], wrong, *STORIES[2:]))
    pages, told, _ = read(path, data)
    assert pages[0].problem is not None
    assert pages[0].problem[0] in ("wrong_length", "cut_off")
    assert [page.url[-1] for page in pages if page.problem is None] == ["1", "2"]
    assert any("is not whole" in line for line in told)


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


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello, world", "no WARC record found, it begins with 'hello, world'"),
        (b"filedesc://x.arc 0.0.0.0", "is an ARC file"),
        (b"PK\x03\x04", "no WARC record found"),
    ],
)
def test_what_is_no_warc_is_told_in_one_sentence(data, message, path):
    with pytest.raises(InputError, match="does not exist"):
        read(path)
    with pytest.raises(InputError, match=message):
        read(path, data)


def test_what_is_packed_as_a_warc_is_and_holds_none_gives_nothing_and_says_so(path):
    for data in (b"", gzip.compress(b"hello"), zstandard.compress(b"hello")):
        pages, told, count = read(path, data)
        assert (pages, count.records) == ([], 0)
        assert len(told) == 1


def test_a_place_that_holds_no_record_gives_no_page(path):
    path.write_bytes(zipped(*STORIES))
    with path.open("rb") as file:
        for offset in (1, 50, 10**9):
            assert read_page_at(file, RecordPlace("x", offset, 10, ""), limit=LIMIT) is None


def test_a_length_of_thousands_of_digits_costs_its_own_record_only(path):
    long = record(PAGE, HTML, length=77777777).replace(b"77777777", b"9" * 5000)
    other = record(PAGE, HTML, url="http://a.example/other")
    pages, told, _ = read(path, record(PAGE, HTML) + long + other)
    assert [page.url for page in pages] == ["http://a.example/page", "http://a.example/other"]
    assert any("has no length, found '999" in line for line in told)


def test_lengths_that_are_all_far_too_long_are_read_in_steps_that_grow_with_the_file(path):
    many = [record(PAGE, HTML, url=f"http://a.example/{n}", length=10**12) for n in range(3000)]
    started = process_time()
    pages, told, count = read(path, b"".join(many))
    assert process_time() - started < 10  # in steps of n² it takes 20 s
    assert [page.problem[0] for page in pages] == ["cut_off"] * 3000
    assert (len(told), count.records) == (3000, 3000)


def test_codings_without_end_are_not_taken_off(path):
    coded = record(gzip.compress(PAGE), HTML, ("Content-Encoding", ", ".join(["gzip"] * 1000)))
    assert only(path, coded).problem == ("bad_encoding", "1000 codings, one in the other")


def test_a_dictionary_that_unpacks_to_much_more_than_one_has_is_not_held(path):
    packed = zstandard.compress(bytes(200_000_000))
    head = b"\x5d\x2a\x4d\x18" + len(packed).to_bytes(4, "little")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read(path, head + packed + zstandard.compress(record(PAGE, HTML)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000  # KiB
