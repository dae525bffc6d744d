"""Normal forms, domains and links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd_scraper.urls import (
    host_of,
    is_web_url,
    names_page,
    registered_domain,
    resolve_link,
    url_key,
    without_tracking,
)

PARTS = st.text(alphabet="abz019-_.~%/?&=#;+ äß日", max_size=40)


@given(PARTS)
def test_the_key_of_a_key_is_itself(rest):
    key = url_key(f"http://a.example/{rest}")
    assert url_key(key) == key


@pytest.mark.parametrize(
    "other",
    [
        "HTTP://A.example/x/y?a=1&b=2",
        "http://a.example:80/x/y?b=2&a=1",
        "http://a.example/x/z/../y?a=1&b=2#part",
        "http://a.example/x/y?a=1&b=2&utm_source=feed&utm_medium=rss",
    ],
)
def test_spellings_of_one_address_have_one_key(other):
    assert url_key(other) == url_key("http://a.example/x/y?a=1&b=2")


@pytest.mark.parametrize(
    "other",
    [
        "http://a.example/x/Y",
        "http://a.example/x/y/",
        "https://a.example/x/y",
        "http://a.example/x/y?id=2",
    ],
)
def test_different_addresses_have_different_keys(other):
    assert url_key(other) != url_key("http://a.example/x/y")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.justice.gov", "justice.gov"),
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("www.justice.example", "justice.example"),
        ("www.justice.example:8080", "justice.example"),
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("[::1]:80", "::1"),
    ],
)
def test_a_host_belongs_to_its_registered_domain(host, domain):
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    "link",
    [
        "mailto:a@b.example",
        "javascript:void(0)",
        "ftp://a.example/",
        "http://[",
        "http://u:p@a.example/",
        "http://a.example:port/",
    ],
)
def test_what_is_no_web_address_resolves_to_nothing(link):
    assert resolve_link("http://a.example/x/", link) is None


def test_links_are_absolute_and_lose_their_fragment():
    assert resolve_link("http://a.example/x/", " ../y?z=1#there ") == "http://a.example/y?z=1"
    assert not is_web_url("http://a.example/" + "x" * 3000)


def test_pictures_and_archives_are_no_pages():
    assert not names_page("http://a.example/report.PDF?download=1")
    assert names_page("http://a.example/v1.2/story.html")
    assert names_page("http://a.example/story?file=a.pdf")


def test_only_tracking_is_taken_off_an_address():
    assert (
        without_tracking("http://a.example/?b=2&utm_source=x&a=%20&fbclid=1")
        == "http://a.example/?b=2&a=%20"
    )
    assert (
        without_tracking("http://a.example/x?utm_source=feed&utm_medium=rss")
        == "http://a.example/x"
    )


@pytest.mark.parametrize("text", ["http://[::1", "HTTP://[bad]/x", "//[", "http://a.example:x/"])
def test_what_is_no_address_has_no_host_and_is_its_own_key(text):
    assert host_of(text) == ""
    assert url_key(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "http://bücher.example/",
        "http://BU\u0308CHER.example.:80/x",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_host_is_one_however_its_name_is_written(url):
    assert host_of(url) == "xn--bcher-kva.example"


def test_a_name_that_no_host_can_have_stays_as_it_is():
    assert host_of("http://\u200b.example/") == "\u200b.example"


def test_a_host_keeps_a_port_that_is_not_the_default():
    assert [host_of(url) for url in ("http://a.example:80/", "https://a.example:80/")] == [
        "a.example",
        "a.example:80",
    ]
    assert host_of("http://[::1]:81/") == "[::1]:81"
