"""What a crawl may ask for, how often, and what sites say about the use of their pages."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import pytest

from gonerd.errors import InputError
from gonerd.newsroom.response import Response, html_response, redirect_to
from gonerd.newsroom.server import serving
from gonerd.takedown import Takedown
from gonerd_scraper.extraction.documents import document_id
from tests.scraper.small_web import (
    Pages,
    article,
    crawl,
    listing,
    page,
    plain,
    reasons,
    rows,
    texts,
)

HOST = "www.ledger.example"
HOME = f"http://{HOST}/"


def test_what_robots_forbid_is_not_asked_for_and_has_its_reason(tmp_path):
    web = Pages(
        {
            HOST: {
                "/robots.txt": plain("User-agent: gonerd\nDisallow: /private/\n"),
                "/": listing("/private/x", "/a"),
                "/a": page("A"),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
    assert f"{HOME}private/x" not in web.asked
    assert reasons(tmp_path)[f"{HOME}private/x"] == "robots_disallowed"


def test_a_robots_file_that_answers_503_closes_the_host_and_one_that_is_missing_opens_it(tmp_path):
    closed, opened = "www.closed.example", "www.open.example"
    web = Pages(
        {closed: {"/robots.txt": plain("no", status=503), "/": page("C")}, opened: {"/": page("O")}}
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, f"http://{closed}/", f"http://{opened}/")
    assert f"http://{closed}/" not in web.asked
    assert reasons(tmp_path)[f"http://{closed}/"] == "robots_unreachable"
    assert list(texts(tmp_path)) == [f"http://{opened}/"]


def test_requests_to_a_host_come_one_at_a_time_and_keep_their_distance(tmp_path):
    slow, quick = "www.slow.example", "www.quick.example"
    names = [f"/{number}" for number in range(5)]
    pages = {name: page(f"Town {name[1:]}") for name in names}
    web = Pages(
        {
            slow: {
                "/robots.txt": plain("User-agent: *\nCrawl-delay: 0.2\n"),
                "/": listing(*names),
                **pages,
            },
            quick: {"/": listing(*names), **pages},
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, f"http://{slow}/", f"http://{quick}/", delay=0.08)
        logs = server.hosts
    assert logs[slow].most_at_once == logs[quick].most_at_once == 1
    assert logs[quick].shortest_gap() >= 0.08
    after_robots = logs[slow].times[1:]
    assert min(after - before for before, after in pairwise(after_robots)) >= 0.2
    assert logs[slow].agents.keys() == {"gonerd/0.1 (+https://arxiv.org/abs/2311.13657)"}


def test_a_robots_file_that_many_hosts_share_is_asked_for_one_request_at_a_time(tmp_path):
    hosts = [f"www.town{number}.example" for number in range(6)]
    towns = {
        host: {
            "/robots.txt": redirect_to(f"http://{HOST}/robots.txt"),
            "/": page(f"Town of {host}"),
        }
        for host in hosts
    }
    rules = plain("User-agent: *\nDisallow: /private\n")
    web = Pages({**towns, HOST: {"/robots.txt": rules, "/": page("The Ledger")}})
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME, *(f"http://{host}/" for host in hosts), delay=0.08)
        log = server.hosts[HOST]
    assert log.targets.count("/robots.txt") == 7
    assert log.most_at_once == 1
    assert log.shortest_gap() >= 0.08
    assert len(texts(tmp_path)) == 7


def test_what_a_site_allows_is_asked_for_again_after_a_while(tmp_path):
    def then(first: str, later: str):
        return lambda attempt: plain(later if attempt else first)

    names = [f"/{number}" for number in range(12)]
    pages = {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}
    shut = "User-agent: *\nDisallow: /"
    for number, (path, reason) in enumerate(
        [("/robots.txt", "robots_disallowed"), ("/ai.txt", "ai_txt_disallowed")]
    ):
        web = Pages({HOST: pages | {path: then("", shut)}})
        out = tmp_path / str(number)
        with serving(web) as server:
            crawl(server.address, out, HOME, delay=0.05, policy_seconds=0.3)
        found = list(reasons(out).values())
        assert 0 < found.count(reason) < 12
        assert len(texts(out)) + found.count(reason) == 12


def test_a_reservation_stays_where_its_file_can_not_be_had_again(tmp_path):
    names = [f"/{number}" for number in range(8)]
    pages = {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}
    tdmrep = Response(body=b'[{"location": "/*", "tdm-reservation": 1}]')
    once = {"/.well-known/tdmrep.json": lambda n: plain("oops", status=500) if n else tdmrep}
    with serving(Pages({HOST: pages | once})) as server:
        with pytest.raises(InputError):
            crawl(server.address, tmp_path, HOME, delay=0.05, policy_seconds=0.2, retries=0)
        assert server.hosts[HOST].targets.count("/.well-known/tdmrep.json") > 1
    assert set(reasons(tmp_path).values()) == {"tdm_reserved"}


def test_policy_files_are_looked_for_where_their_site_sends_for_them(tmp_path):
    other = "static.ledger.example"
    paths = ("/.well-known/tdmrep.json", "/ai.txt")
    web = Pages(
        {
            HOST: {
                **{path: redirect_to(f"http://{other}{path}") for path in paths},
                "/": listing("/a", "/b", "/c"),
                **{f"/{name}": page(name.upper()) for name in "abc"},
            },
            other: {
                paths[0]: Response(body=b'[{"location": "/a", "tdm-reservation": 1}]'),
                paths[1]: plain("User-Agent: *\nDisallow: /b\n"),
            },
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
    found = reasons(tmp_path)
    assert (found[f"{HOME}a"], found[f"{HOME}b"]) == ("tdm_reserved", "ai_txt_disallowed")
    assert list(texts(tmp_path)) == [f"{HOME}c"]


def test_policy_files_that_send_in_a_circle_are_asked_for_once(tmp_path):
    paths = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt")
    loops = {path: redirect_to(f"http://{HOST}{path}") for path in paths}
    with serving(Pages({HOST: {**loops, "/": page("Home")}})) as server:
        crawl(server.address, tmp_path, HOME)
        targets = server.hosts[HOST].targets
    assert [targets.count(path) for path in paths] == [1, 1, 1]
    assert list(texts(tmp_path)) == [HOME]


def test_what_fails_once_is_asked_for_again_no_sooner_than_the_server_wants(tmp_path):
    def once(answer: Response):
        return lambda attempt: (
            answer if attempt == 0 else page(f"Place {answer.status} {len(answer.later)}")
        )

    busy = plain("later", status=429, headers=(("Retry-After", "1"),))
    dated = Response(status=503, later=(("Retry-After", 1.0),))
    web = Pages(
        {
            HOST: {
                "/": listing("/busy", "/dated", "/broken", "/reset"),
                "/busy": once(busy),
                "/dated": once(dated),
                "/broken": once(plain("oops", status=500)),
                "/reset": once(Response(silent=True)),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
        assert server.hosts[HOST].too_early == 0
    assert set(texts(tmp_path)) == {
        f"{HOME}{name}" for name in ("busy", "dated", "broken", "reset")
    }


def test_a_host_that_asks_for_an_hour_is_left_alone(tmp_path):
    web = Pages(
        {
            HOST: {
                "/": listing("/wait", "/a"),
                "/wait": plain("", status=429, headers=(("Retry-After", "3600"),)),
                "/a": page("A"),
            }
        }
    )
    with serving(web) as server, pytest.raises(InputError, match="no document came of"):
        crawl(server.address, tmp_path, HOME)
    found = reasons(tmp_path)
    assert found[f"{HOME}wait"] == "http_status"
    assert found[f"{HOME}a"] == "host_left_alone"
    assert web.asked.count(f"{HOME}wait") == 1


def test_noindex_and_a_reservation_keep_a_page_out_unless_they_are_only_recorded(tmp_path):
    tdmrep = (
        b'[{"location": "/reserved/", "tdm-reservation": 1, "tdm-policy": "https://p.example/"}]'
    )
    web = Pages(
        {
            HOST: {
                "/.well-known/tdmrep.json": Response(body=tdmrep),
                "/": listing("/meta", "/header", "/otherbot", "/reserved/a", "/b"),
                "/meta": page("M", head='<meta name="robots" content="noindex">'),
                "/header": html_response(article("H"), headers=(("X-Robots-Tag", "noindex"),)),
                "/otherbot": html_response(
                    article("Otherbot"), headers=(("X-Robots-Tag", "otherbot: noindex"),)
                ),
                "/reserved/a": page("Reserved"),
                "/b": html_response(article("B Town"), headers=(("tdm-reservation", "1"),)),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path / "kept", HOME, tdm="record")
        crawl(server.address, tmp_path / "refused", HOME)
    found = reasons(tmp_path / "kept")
    assert found[f"{HOME}meta"] == found[f"{HOME}header"] == "noindex"
    said = {row["url"]: row["robots"]["tdm"] for row in rows(tmp_path / "kept/manifest.jsonl")}
    assert said == {
        f"{HOME}otherbot": None,
        f"{HOME}reserved/a": {
            "reserved": True,
            "by": "tdmrep.json",
            "policy": "https://p.example/",
        },
        f"{HOME}b": {"reserved": True, "by": "header"},
    }
    assert list(texts(tmp_path / "refused")) == [f"{HOME}otherbot"]


def test_meta_elements_reserve_a_page_and_keep_links_from_being_followed(tmp_path):
    reserved = (
        '<META NAME="TDM-Reservation" content="1"><meta name="tdm-policy" content="https://p/">'
    )
    nofollow = (("X-Robots-Tag", "nofollow"),)
    web = Pages(
        {
            HOST: {
                "/": listing("/reserved", "/ours", "/meta", "/header"),
                "/reserved": page("Reserved", head=reserved, links=("/a",)),
                "/ours": page("Ours", head='<meta name="GoNerd" content="noindex">'),
                "/meta": page("M", head='<meta name="robots" content="nofollow">', links=("/b",)),
                "/header": html_response(article("H", links=("/c",)), headers=nofollow),
                **{f"/{name}": page(name.upper()) for name in "abc"},
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
    assert set(texts(tmp_path)) == {f"{HOME}{name}" for name in ("meta", "header", "a")}
    found = {
        row["url"]: (row["reason"], row["detail"]) for row in rows(tmp_path / "rejected.jsonl")
    }
    told = "tdm-reservation: 1 by meta, policy https://p/"
    assert found[f"{HOME}reserved"] == ("tdm_reserved", told)
    assert found[f"{HOME}ours"] == ("noindex", "noindex")


def test_pauses_before_further_tries_grow_and_differ_from_host_to_host(tmp_path):
    hosts = [f"www.town{number}.example" for number in range(4)]
    web = Pages({host: {"/": plain("oops", status=500)} for host in hosts})
    with serving(web) as server:
        with pytest.raises(InputError):
            crawl(server.address, tmp_path, *(f"http://{host}/" for host in hosts), backoff=0.4)
        logs = {host: server.hosts[host] for host in hosts}
    firsts = []
    for log in logs.values():
        times = [at for at, target in zip(log.times, log.targets, strict=True) if target == "/"]
        first, second = (after - before for before, after in pairwise(times))
        assert 0.2 <= first < 0.55
        assert 0.4 <= second < 0.95
        firsts.append(first)
    assert max(firsts) - min(firsts) > 0.02


def test_a_crawl_delay_without_measure_counts_as_the_longest_allowed(tmp_path):
    robots = plain("User-agent: *\nCrawl-delay: 86400\n")
    web = Pages({HOST: {"/robots.txt": robots, "/": listing("/a"), "/a": page("A")}})
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME, max_crawl_delay=0.2)
        times = server.hosts[HOST].times[1:]
    assert min(after - before for before, after in pairwise(times)) >= 0.2
    assert list(texts(tmp_path)) == [f"{HOME}a"]


def test_a_host_that_can_not_be_reached_is_one_sentence_and_keeps_its_reasons(tmp_path):
    with serving(Pages({})) as server:
        address = server.address
    with pytest.raises(InputError) as caught:
        crawl(address, tmp_path, HOME, retries=0)
    assert str(caught.value).startswith(f"no document came of {HOME}: {HOME}: robots_unreachable")
    assert "connect" in str(caught.value).lower()
    assert reasons(tmp_path) == {HOME: "robots_unreachable"}


def test_a_host_that_was_down_is_tried_again_by_the_next_run(tmp_path):
    with serving(Pages({})) as server:
        address = server.address
    with pytest.raises(InputError):
        crawl(address, tmp_path, HOME, retries=0)
    with serving(Pages({HOST: {"/": page("Up Again")}})) as server:
        report = crawl(server.address, tmp_path, HOME)
    assert report["documents"] == 1
    assert reasons(tmp_path) == {}


def test_a_host_that_fails_again_and_again_gets_a_long_pause_and_one_more_chance(tmp_path):
    class Weak(Pages):
        """Fails for good from the third page on, or until a pause has given it its breath back."""

        def respond(self, host, target, *, headers=None, attempt=0):
            answer = super().respond(host, target, headers=headers, attempt=attempt)
            if not target[1:].isdigit():
                return answer
            now = time.monotonic()
            pause, self.last = now - getattr(self, "last", now), now
            self.served = getattr(self, "served", 0) + 1
            self.rested = getattr(self, "rested", False) or (recovers and pause > 0.4)
            return answer if self.served <= 2 or self.rested else plain("oops", status=503)

    names = [f"/{number}" for number in range(12)]
    pages = {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}
    told = {}
    for recovers in (True, False):
        web = Weak({HOST: pages})
        with serving(web) as server:
            out = tmp_path / str(recovers)
            crawl(server.address, out, HOME, retries=0, max_failures=3, breaker_pause=0.5)
        told[recovers] = Counter(reasons(out)[url] for url in reasons(out) if url != HOME)
        asked = [url for url in web.asked if url.rpartition("/")[2].isdigit()]
        assert len(asked) == (12 if recovers else 2 + 3 + 1)
    assert told[True] == {"http_status": 3}
    assert told[False] == {"http_status": 4, "host_left_alone": 6}


@pytest.mark.parametrize(
    "answer",
    [
        plain("oops", status=500),
        plain("slow down", status=429),
        Response(headers=(("Content-Length", "900"),), body=b"cut"),
        None,
    ],
    ids=["500", "429", "cut", "reset"],
)
def test_behind_the_long_pause_one_request_decides_and_no_second_try(answer, tmp_path):
    names = [f"/{number}" for number in range(9)]
    broken = answer or Response(silent=True)
    web = Pages({HOST: {"/": listing(*names), **dict.fromkeys(names, broken)}})
    limits = {"retries": 1, "max_failures": 4, "breaker_pause": 0.4}
    with serving(web) as server:
        with pytest.raises(InputError):
            crawl(server.address, tmp_path, HOME, **limits)
        log = server.hosts[HOST]
    times = [at for at, target in zip(log.times, log.targets, strict=True) if target in names]
    pauses = [after - before for before, after in pairwise(times)]
    assert [pause > 0.35 for pause in pauses] == [False] * (len(pauses) - 1) + [True]
    assert reasons(tmp_path)[f"{HOME}8"] == "host_left_alone"


def test_what_is_taken_down_is_never_asked_for_nor_led_to_and_leaves_the_files(tmp_path):
    web = Pages(
        {
            HOST: {
                "/": listing("/a", "/gone", "/moved", "http://old.ledger.example/x", "/id"),
                "/a": page("A"),
                "/gone": page("Gone"),
                "/moved": redirect_to("/gone"),
                "/id": page("Named By Id"),
            },
            "old.ledger.example": {"/x": page("X")},
        }
    )
    name = document_id(f"{HOME}id")
    (tmp_path / "list.txt").write_text(f"{HOME}gone\ndomain:old.ledger.example\nid:{name}\n")
    takedown = Takedown.read([tmp_path / "list.txt"])
    out = tmp_path / "out"
    with serving(web) as server:
        crawl(server.address, out, HOME, takedown=takedown)
    assert not [url for url in web.asked if "old.ledger" in url or url.endswith("/gone")]
    assert set(texts(out)) == {f"{HOME}a"}
    kept_out = {url for url, reason in reasons(out).items() if reason == "taken_down"}
    assert kept_out == {f"{HOME}gone", f"{HOME}moved", "http://old.ledger.example/x", f"{HOME}id"}


def test_a_document_that_is_in_the_log_already_is_taken_down_by_the_next_run(tmp_path):
    web = Pages({HOST: {"/": listing("/a", "/b"), "/a": page("A"), "/b": page("B")}})
    (tmp_path / "list.txt").write_text(f"{HOME}b\n")
    out = tmp_path / "out"
    with serving(web) as server:
        crawl(server.address, out, HOME)
        assert set(texts(out)) == {f"{HOME}a", f"{HOME}b"}
        report = crawl(server.address, out, HOME, takedown=Takedown.read([tmp_path / "list.txt"]))
    assert set(texts(out)) == {f"{HOME}a"}
    assert {row["url"] for row in rows(out / "manifest.jsonl")} == {f"{HOME}a"}
    assert reasons(out)[f"{HOME}b"] == "taken_down"
    assert report["rejected_by_reason"]["taken_down"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        redirect_to("http://127.0.0.1/robots.txt"),
        Response(headers=(("Content-Encoding", "zstd"),), body=b"User-agent: *\nDisallow: /\n"),
        Response(headers=(("Content-Encoding", "gzip"),), body=b"User-agent: *\nDisallow: /\n"),
    ],
    ids=["leads inside", "a coding that was not asked for", "broken gzip"],
)
def test_a_robots_file_that_is_there_and_can_not_be_read_closes_the_host(answer, tmp_path):
    web = Pages({HOST: {"/robots.txt": answer, "/": page("Home")}})
    with serving(web) as server, pytest.raises(InputError, match="robots_unreachable"):
        crawl(server.address, tmp_path, HOME)
    assert HOME not in web.asked
