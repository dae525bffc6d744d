"""What the newsroom tells of each address, and of the pages that say what others say."""

from __future__ import annotations

from collections import Counter
from html import unescape

import pytest

from gonerd.newsroom.web import Newsroom


@pytest.fixture(scope="module")
def web():
    return Newsroom(60, seed=3)


def test_every_planned_address_has_its_record_and_pages_their_own_text(web):
    for address in web.addresses():
        assert web.truth_of(address.url) == address.record()
        own = web.text_of(address.url)
        nothing = address.kind in ("redirect", "error", "trap", "bomb")
        assert bool(own) != nothing, address.url
        if address.kind == "article":
            assert own == next(d.text for d in web.gold() if d.id == address.gold_id)
        elif address.kind == "foreign":
            assert " ".join(own.split()[:3]) in unescape(web.respond(*address.route).body.decode())


def test_endless_spaces_are_known_and_other_addresses_are_not(web):
    host = next(iter(web.hosts))
    assert web.truth_of(f"http://{host}/calendar/2031/07")["reason"] == "list"
    assert web.truth_of(f"http://{host}/board?sid=ab")["manner"] == "session"
    assert web.truth_of(f"http://{host}/nowhere") is None
    assert web.truth_of("http://elsewhere.example/") is None
    assert web.text_of(f"http://{host}/nowhere") == ""


def test_a_list_tells_what_it_shows(web):
    address = next(a for a in web.addresses() if a.kind == "list" and a.reason == "list")
    shown = web.respond(*address.route).body.decode()
    assert all(line.split()[0] in shown for line in web.text_of(address.url).split("\n"))


def test_editions_of_a_site_share_paragraphs_that_no_other_page_has(web):
    editions = [a for a in web.addresses() if "/service/edition-" in a.url]
    by_site = Counter(address.domain for address in editions)
    assert set(by_site.values()) == {12}
    one, other = (web.text_of(a.url).split("\n") for a in editions[:2])
    assert one[-4:] == other[-4:]
    assert not set(one[:-4]) & set(other[:-4])
    assert all(a.reason == "boilerplate" for a in editions)
