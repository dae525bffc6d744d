"""WARC files that are cut off, damaged, or none at all."""

from __future__ import annotations

import gzip
import resource
from time import process_time

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd.errors import InputError
from gonerd_scraper.warc.reading import read_page_at
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
    assert (len(told), count.breaks, count.records) == (101, 3000, 3000)


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


def test_a_dictionary_that_unpacks_to_much_more_than_one_has_is_not_held(path):
    packed = zstandard.compress(bytes(200_000_000))
    head = b"\x5d\x2a\x4d\x18" + len(packed).to_bytes(4, "little")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read(path, head + packed + zstandard.compress(record(PAGE, HTML)))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000  # KiB
