"""Records written here are read the same by us, and as records by other libraries."""

from __future__ import annotations

from io import BytesIO

import pytest
from fastwarc import ArchiveIterator as FastIterator
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from gonerd_scraper.warc.archive import ArchiveWriter, Revisit, read_record
from gonerd_scraper.warc.record import (
    digest_of,
    http_answer,
    new_record_id,
    parsed_member,
    record_member,
)
from gonerd_scraper.web.response import Response

DATE = "2024-01-01T00:00:00Z"

visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=":")
values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0")
)


@given(
    st.lists(st.tuples(st.text(visible, min_size=1), values.map(str.strip))),
    st.binary(),
    st.integers(100, 599),
)
def test_a_record_is_read_back_as_it_was_written(headers, payload, status):
    block = http_answer(status, "Some Reason", headers) + payload
    member = record_member("response", new_record_id(), [("A", "b")], block, content_type="x/y")
    found = parsed_member(member)
    assert (found.status, found.reason) == (status, "Some Reason")
    assert found.headers == tuple(headers)
    assert found.payload == payload
    assert found.fields["a"] == "b"


@given(st.binary())
def test_what_is_no_record_is_told(data):
    with pytest.raises(ValueError):  # zlib's words
        parsed_member(data)


def answer(body: bytes, status: int = 200) -> Response:
    return Response(
        url="http://a.example/zürich?q=ä b",
        status=status,
        reason="OK",
        headers=(
            ("Content-Type", "text/html"),
            ("X-Odd", "caf\xe9"),
            ("Transfer-Encoding", "chunked"),
        ),
        request_headers=(("Host", "a.example"),),
        raw=body,
        body=body,
        fetched_at=DATE,
        address="192.0.2.1",
    )


def test_other_libraries_read_the_archive_and_its_digests(tmp_path):
    writer = ArchiveWriter(tmp_path, max_bytes=10**9, committed={})
    place = writer.append(answer(b"<p>hello</p>"), record_id="<urn:uuid:1>")
    said = digest_of(b"<p>hello</p>")
    writer.append(
        answer(b"", 304),
        revisit=Revisit(
            "server-not-modified", "<urn:uuid:1>", "http://a.example/", "2024-01-01T00:00:00Z", said
        ),
    )
    writer.close()
    data = (tmp_path / place.file).read_bytes()
    slow = []
    for record in ArchiveIterator(BytesIO(data), check_digests="raise"):
        body = record.content_stream().read()
        slow.append((record.rec_type, body if record.rec_type != "warcinfo" else b""))
    assert slow == [
        ("warcinfo", b""),
        ("response", b"<p>hello</p>"),
        ("request", b""),
        ("revisit", b""),
        ("request", b""),
    ]
    fast = list(FastIterator(BytesIO(data), parse_http=True, func_filter=None))
    assert [record.headers["WARC-Type"] for record in fast] == [kind for kind, _ in slow]
    for record in FastIterator(BytesIO(data), parse_http=False):
        assert record.verify_block_digest()
    again = read_record(tmp_path, place, "http://a.example/", limit=1000)
    assert again.body == b"<p>hello</p>"
    assert again.header("X-Odd") == "caf\xe9"
    assert again.header("Transfer-Encoding") == ""
    assert again.header("Content-Length") == "12"
