"""The take-down list."""

from __future__ import annotations

import pytest

from gonerd.errors import InputError
from gonerd.takedown import Takedown

LIST = """
# asked for in March
https://www.Town.example:443/news/a%20story/?utm_source=feed   # letter of the 3rd
domain:gone.example
left.example
https://paper.example/2019/*
id:0123456789abcdef
http://query.example/?p=12&q=a
http://query.example/search?q=caf%C3%A9+noir
domain:müller.example
https://xn--bcher-kva.example/a
https://zürich.example/caf%C3%A9
http://query.example/list?topic=a&page=*
"""


@pytest.fixture
def takedown(tmp_path):
    (tmp_path / "list.txt").write_text(LIST)
    return Takedown.read([tmp_path / "list.txt"])


@pytest.mark.parametrize(
    "url",
    [
        "http://town.example/news/a%20story",
        "https://www.town.example/news/a story/#comments",
        "https://town.example/news/a%20story/?fbclid=1",
        "https://gone.example/",
        "http://deep.below.gone.example:8080/any?x=1",
        "https://www.left.example/x",
        "https://paper.example/2019/05/story.html",
        "https://query.example/?q=a&p=12",
        "https://query.example/search?q=café%20noir",
        "https://www.xn--mller-kva.example/x",
        "https://MÜLLER.example/x",
        "https://BÜCHER.example/a",
        "https://query.example/?q=%61&p=%312",
        "https://query.example/list/?day=1&page=3&topic=a",
        "https://town.example//news/./old/../a%20story",
        "https://paper.example/2019/",
        "https://zürich.example/cafe\u0301",
    ],
)
def test_an_address_is_found_in_any_spelling(takedown, url):
    assert "list.txt:" in takedown.reason(urls=[url])


@pytest.mark.parametrize(
    "url",
    [
        "https://town.example/news/a%20story/2",
        "https://town.example/",
        "https://notgone.example/",
        "https://gone.example.org/",
        "https://paper.example/2020/05/story.html",
        "https://query.example/?p=13&q=a",
        "https://query.example/",
        "https://query.example/list?page=3",
        "https://paper.example/2019",
        "https://xn--bcher-kvb.example/x",
        "https://xn--\u00fc.example/x",
    ],
)
def test_another_address_is_not(takedown, url):
    assert takedown.reason(urls=[url]) is None


def test_a_document_is_found_by_its_id_or_any_of_its_addresses(takedown):
    assert takedown.reason(id="0123456789abcdef").startswith("id:0123456789abcdef (")
    assert takedown.reason(id="other", urls=["http://a.example/", "http://gone.example/"])
    assert takedown.reason(id="other", urls=["http://a.example/"]) is None


def test_the_reason_names_the_entry_and_its_place(takedown, tmp_path):
    assert takedown.reason(urls=["http://gone.example/x"]) == (
        f"domain:gone.example ({tmp_path / 'list.txt'}:4)"
    )


@pytest.mark.parametrize(
    "line",
    [
        *("id:", "domain:", "ftp://a.example/x", "just words", "https:///x"),
        *("a@b.example", "mailto:a@b.example"),
    ],
)
def test_a_line_that_is_none_of_the_kinds_is_refused_with_its_place(tmp_path, line):
    (tmp_path / "list.txt").write_text(f"gone.example\n{line}\n")
    with pytest.raises(InputError, match=r"list\.txt:2: .* is none of an address"):
        Takedown.read([tmp_path / "list.txt"])


def test_the_list_that_ships_is_always_part_of_it():
    assert len(Takedown.read()) == len(Takedown.read([]))


def test_a_list_that_begins_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "list.txt").write_text("domain:a.example\r\n", encoding="utf-8-sig")
    found = Takedown.read([tmp_path / "list.txt"])
    assert found.reason(urls=["https://www.a.example/x"]) is not None


@pytest.mark.parametrize(
    ("line", "named", "others"),
    [
        (
            "https://a.example/*",
            ["https://a.example", "https://a.example?p=1"],
            ["https://b.example/"],
        ),
        (
            "https://a.example/p?*",
            ["https://a.example/p?x=1", "https://a.example/p"],
            ["https://a.example/page", "https://a.example/"],
        ),
        (
            "https://a.example/?utm_source=feed*",
            ["https://a.example/?utm_source=feed2", "https://a.example"],
            ["https://a.example/page"],
        ),
        (
            "https://a.example/news/.*",
            ["https://a.example/news/1", "https://a.example/news/.hidden"],
            ["https://a.example/newsroom"],
        ),
        ("domain:www.com", ["https://www.com/x", "https://a.www.com/"], ["https://example.com/"]),
    ],
)
def test_an_entry_names_what_it_says_and_no_more(tmp_path, line, named, others):
    (tmp_path / "list.txt").write_text(f"{line}\n")
    found = Takedown.read([tmp_path / "list.txt"])
    assert [url for url in named if found.reason(urls=[url]) is None] == []
    assert [url for url in others if found.reason(urls=[url]) is not None] == []
