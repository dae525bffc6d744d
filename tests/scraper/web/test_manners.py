"""robots.txt, page directives, reservations, traps, pauses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gonerd_scraper.crawling.traps import MAX_DATES, TrapGuard
from gonerd_scraper.web.host import retry_after
from gonerd_scraper.web.reservation import ReservationRules
from gonerd_scraper.web.robots import MAX_ROBOTS_BYTES, RobotsRules, agent_name, page_directives


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(404, True), (403, True), (410, True), (500, False), (503, False), (429, False), (304, False)],
)
def test_the_status_of_robots_txt_decides_as_rfc_9309_has_it(status, allowed):
    assert RobotsRules.from_response("gonerd", status, b"").allows("http://a.example/x") is allowed


def test_rules_for_our_name_win_over_those_for_all():
    body = (
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n\n"
        b"User-agent: GoNerd\nDisallow: /p*/x$\nCrawl-delay: 2.5\nSitemap: /map.xml\n"
    )
    rules = RobotsRules.from_response(agent_name("gonerd/0.1 (+https://x)"), 200, body)
    assert rules.allows("http://a.example/y")
    assert not rules.allows("http://a.example/pq/x")
    assert rules.delay == 2.5
    assert rules.sitemaps == ["/map.xml"]


EVERYBODY_OUT = "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-agent: nerd\nDisallow:\n\n" + EVERYBODY_OUT, "/x", False),  # a part of our name
        ("User-agent: gonerd-news\nDisallow:\n\n" + EVERYBODY_OUT, "/x", False),
        ("User-agent: gonerd/0.1\nDisallow: /x\n", "/x", False),  # no version in a product token
        ("User-agent: gonerd\nDisallow: /a\n\nUser-agent: GONERD\nDisallow: /b\n", "/a", False),  # one group
        ("User-agent: b\nUser-agent: gonerd\nDisallow: /x\n", "/x", False),
        ("User-agent: gonerd\nSitemap: http://a.example/s\n\nDisallow: /x\n", "/x", False),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a\n", "/a/b", True),  # the longest, in any order
        ("User-agent: *\nAllow: /a\nDisallow: /a/b\n", "/a/b", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a\n", "/a", True),  # as long: Allow
        ("User-agent: *\nDisallow: /*.php$\n", "/a.php?x", True),
        ("User-agent: *\nDisallow: /caf\u00e9\n", "/caf%C3%A9", False),
        ("User-agent: *\nDisallow: /%62%61%7A\n", "/baz", False),
        (EVERYBODY_OUT, "/robots.txt", True),
        ("User-agent: * # all\rDisallow: /x # y\r", "/x", False),
    ],
)  # fmt: skip
def test_groups_and_the_longest_rule_are_found_as_rfc_9309_has_it(text, path, allowed):
    rules = RobotsRules.from_response("gonerd", 200, text.encode())
    assert rules.allows(f"http://a.example{path}") is allowed


def test_what_stands_behind_500_kib_of_robots_txt_is_not_read():
    body = b"User-agent: *\n" + b"# filler\n" * 60_000 + b"Disallow: /\n"
    assert RobotsRules.from_response("gonerd", 200, body).allows("http://a.example/")
    torn = body[: MAX_ROBOTS_BYTES - 12] + b"\nDisallow: /private/\n"
    assert torn[:MAX_ROBOTS_BYTES].endswith(b"Disallow: /")
    assert RobotsRules.from_response("gonerd", 200, torn).allows("http://a.example/")


@pytest.mark.parametrize(
    ("header", "noindex"),
    [("noindex", True), ("none", True), ("googlebot: noindex", False), ("gonerd: noindex, nofollow", True),
     ("unavailable_after: 25 Jun 2010 15:00:00 PST, noindex", True), ("noarchive", False),
     ("unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT, noindex", True),
     ("otherbot: unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT, noindex", False),
     ("otherbot: nofollow, gonerd : noindex", True), ("max-snippet:-1, max-image-preview:none", False)],
)  # fmt: skip
def test_an_x_robots_tag_speaks_to_whom_it_names(header, noindex):
    assert page_directives("gonerd", [header], []).noindex is noindex


def test_meta_elements_speak_to_robots_and_to_us():
    said = page_directives(
        "gonerd", [], [("ROBOTS", "NoFollow"), ("otherbot", "noindex"), ("gonerd", "noai")]
    )
    assert said.nofollow
    assert not said.noindex
    assert said.found == {"nofollow", "noai"}


def test_a_reservation_is_taken_from_the_page_before_the_site():
    rules = ReservationRules.from_json(
        b'[{"location": "/a*$", "tdm-reservation": 0},'
        b' {"location": "/", "tdm-reservation": 1, "tdm-policy": "p"}]'
    )
    assert rules.of_page("http://x.example/abc", [], []).reserved is False
    assert rules.of_page("http://x.example/b", [], []).policy == "p"
    assert rules.of_page("http://x.example/b", [("TDM-Reservation", "0")], []).by == "header"
    assert rules.of_page(
        "http://x.example/b", [("tdm-reservation", "0")], [("tdm-reservation", "1")]
    ).reserved


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"location": "/"}', b"[" * 100_000])
def test_a_reservation_file_that_is_none_says_nothing(body):
    assert ReservationRules.from_json(body).of_page("http://x.example/", [], []) is None


@pytest.mark.parametrize(
    "path", ["/a/b/a/b/a/b", "/x" * 13, "/p?a=1&b=2&c=3&d=4&e=5&f=6", "/board?sid=77"]
)
def test_what_has_no_end_is_not_followed(path):
    assert TrapGuard().reason(f"http://a.example{path}")


def test_calendars_end_and_articles_with_a_date_do_not():
    guard = TrapGuard()
    days = [
        guard.reason(f"http://a.example/calendar/{year}/01")
        for year in range(1000, 1000 + 2 * MAX_DATES)
    ]
    assert days.count(None) == MAX_DATES
    assert not any(
        guard.reason(f"http://a.example/2024/01/{day:02d}/story-{day}/") for day in range(1, 29)
    )
    assert not any(guard.reason(f"http://a.example/story.php?id={number}") for number in range(500))


NOW = datetime(2024, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("Mon, 01 Jan 2024 12:01:30 GMT", 90.0), ("Mon, 01 Jan 2024 11:00:00 GMT", 0.0),
     ("soon", None), ("", None), ("-5", None), ("9" * 400, float("inf")),
     (f"Mon, 01 Jan 2024 12:00:00 -{'9' * 20}", None)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert retry_after(value, now=NOW) == seconds
