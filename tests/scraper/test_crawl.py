"""A crawl from seeds to documents: discovery, manners, and what a server can do wrong."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from itertools import pairwise

import pytest
from warcio.archiveiterator import ArchiveIterator

from gonerd.errors import InputError, OutputError
from gonerd.newsroom.response import Response, html_response, redirect_to
from gonerd.newsroom.server import serving
from gonerd.records import read_documents
from gonerd_scraper.archive import RecordPlace, read_record
from tests.scraper.web import Pages, article, crawl, listing, page, plain, reasons, rows, texts

HOST = "www.ledger.example"
HOME = f"http://{HOST}/"


def test_pages_are_found_by_sitemap_feed_and_link(tmp_path):
    sitemap = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{HOME}a</loc></url></urlset>"
    index = f"<sitemapindex><sitemap><loc>{HOME}maps/1.xml.gz</loc></sitemap></sitemapindex>"
    feed = f"<rss><channel><item><link>{HOME}b</link></item></channel></rss>"
    web = Pages(
        {
            HOST: {
                "/robots.txt": plain(f"Sitemap: {HOME}index.xml\n"),
                "/index.xml": Response(
                    headers=(("Content-Type", "text/xml"),), body=index.encode()
                ),
                "/maps/1.xml.gz": Response(
                    headers=(("Content-Type", "application/gzip"),),
                    body=gzip.compress(sitemap.encode()),
                ),
                "/": html_response(
                    '<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head>'
                    '<body><a href="/c">c</a><a href="http://other.test/x">x</a></body></html>'
                ),
                "/rss": Response(
                    headers=(("Content-Type", "application/rss+xml"),), body=feed.encode()
                ),
                **{f"/{name}": page(name.upper()) for name in "abc"},
            }
        }
    )
    with serving(web) as server:
        report = crawl(server.address, tmp_path / "crawl", HOME)
    assert sorted(texts(tmp_path / "crawl")) == [f"{HOME}{name}" for name in "abc"]
    assert report["pages"] == 4
    assert not [url for url in web.asked if "other.test" in url]


def test_a_document_carries_what_is_known_about_it_and_where_it_lies(tmp_path):
    web = Pages(
        {HOST: {"/a": page("Ashgrove", head='<link rel="license" href="https://cc.example/by">')}}
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, f"{HOME}a", follow=False)
    (document,) = read_documents(tmp_path / "documents.jsonl")
    (row,) = rows(tmp_path / "manifest.jsonl")
    assert document.text.startswith("The council of Ashgrove met on Monday")
    assert document.meta["domain"] == "ledger.example"
    assert document.meta["source"] == "news"
    assert document.meta["title"] == "Ashgrove votes"
    assert document.meta["language"] == "en"
    assert document.meta["extractor"]["name"] == "trafilatura"
    assert row["text_sha256"] == document.meta["text_sha256"]
    place = row["warc"]
    data = (tmp_path / place["file"]).read_bytes()[place["offset"] :][: place["length"]]
    assert hashlib.sha256(data).hexdigest() == place["sha256"]
    again = read_record(tmp_path, RecordPlace(**place), f"{HOME}a", limit=10_000_000)
    assert article("Ashgrove") in again.body.decode().replace(
        '<link rel="license" href="https://cc.example/by">', ""
    )


def test_every_answer_is_in_the_archive_with_its_request_and_right_digests(tmp_path):
    web = Pages(
        {
            HOST: {
                "/": listing("/a", "/gone", "/moved"),
                "/a": page("A"),
                "/moved": redirect_to("/b"),
                "/b": page("B"),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
        asked = list(web.asked)
    kinds = []
    for path in sorted((tmp_path / "archive").iterdir()):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                kinds.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI")))
    assert kinds[0][0] == "warcinfo"
    assert sorted(url for kind, url in kinds if kind == "response") == sorted(asked)
    assert sorted(url for kind, url in kinds if kind == "request") == sorted(asked)


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


def test_redirects_are_followed_five_times_and_checked_at_each_hop(tmp_path):
    other = "www.other.example"
    with serving(Pages({})) as inside:
        hops = {f"/hop{n}": redirect_to(f"/hop{n + 1}") for n in range(5)}
        far = {f"/far{n}": redirect_to(f"/far{n + 1}") for n in range(6)}
        refused = {
            "/loopback": f"http://{inside.address}/secret",
            "/private": "http://10.0.0.1/admin",
            "/mapped": "http://[::ffff:10.0.0.1]/",
            "/short": "http://127.1/",
            "/metadata": "http://169.254.169.254/latest/meta-data/",
        }
        web = Pages(
            {
                HOST: {
                    "/": listing("/hop0", "/far0", "/loop", "/file", "/out", "/closed", *refused),
                    **hops,
                    "/hop5": page("Five Hops"),
                    **far,
                    "/far6": page("Six Hops"),
                    "/loop": redirect_to("/loop?again"),
                    "/loop?again": redirect_to("/loop"),
                    "/file": redirect_to("file:///etc/passwd"),
                    "/out": redirect_to(f"http://{other}/in"),
                    "/closed": redirect_to(f"http://{other}/private"),
                    **{path: redirect_to(target) for path, target in refused.items()},
                },
                other: {
                    "/robots.txt": plain("User-agent: *\nDisallow: /private\n"),
                    "/in": page("Other House"),
                },
            }
        )
        with serving(web) as server:
            crawl(server.address, tmp_path, HOME)
        assert inside.requests == 0
    found = reasons(tmp_path)
    assert set(texts(tmp_path)) == {f"{HOME}hop0", f"{HOME}out"}
    assert found[f"{HOME}far0"] == "too_many_redirects"
    assert found[f"{HOME}loop"] == "redirect_loop"
    assert found[f"{HOME}file"] == "bad_redirect"
    assert found[f"{HOME}closed"] == "robots_disallowed"
    assert {found[f"{HOME}{path[1:]}"] for path in refused} == {"forbidden_address"}
    (document,) = (
        d for d in read_documents(tmp_path / "documents.jsonl") if d.meta["url"] == f"{HOME}hop0"
    )
    assert document.meta["final_url"] == f"{HOME}hop5"


def test_a_page_that_is_too_large_broken_or_cut_costs_itself_and_nothing_else(tmp_path):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    packed = gzip.compress(article("Half").encode())
    html = ("Content-Type", "text/html")
    web = Pages(
        {
            HOST: {
                "/": listing("/bomb", "/long", "/torn", "/odd", "/less", "/pdf", "/deep", "/a"),
                "/bomb": Response(headers=(html, ("Content-Encoding", "gzip")), body=bomb),
                "/long": Response(headers=(html,), body=b"x" * 300_000),
                "/torn": Response(
                    headers=(html, ("Content-Encoding", "gzip")), body=packed[: len(packed) // 2]
                ),
                "/odd": Response(headers=(html, ("Content-Encoding", "zstd")), body=b"??"),
                "/less": Response(headers=(html, ("Content-Length", "90000")), body=b"<html>short"),
                "/pdf": Response(
                    headers=(("Content-Type", "application/pdf"),), body=b"%PDF-1.4 \0\1"
                ),
                "/deep": html_response("<html><body>" + "<div>" * 5000 + "deep" + "</div>" * 5000),
                "/a": page("A"),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME, max_page_bytes=200_000, retries=0)
    assert list(texts(tmp_path)) == [f"{HOME}a"]
    found = reasons(tmp_path)
    assert {
        path: found[f"{HOME}{path}"]
        for path in ("bomb", "long", "torn", "odd", "less", "pdf", "deep")
    } == {
        "bomb": "too_large",
        "long": "too_large",
        "torn": "bad_encoding",
        "odd": "bad_encoding",
        "less": "cut_off",
        "pdf": "not_html",
        "deep": "no_text",
    }


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


def test_charsets_are_found_and_noted(tmp_path):
    body = article("Zürich").replace("Mayor", "„Mayor“ – café")
    pages = {
        "/lie": Response(
            headers=(("Content-Type", "text/html; charset=iso-8859-1"),), body=body.encode()
        ),
        "/meta": Response(
            headers=(("Content-Type", "text/html"),),
            body=body.replace("<head>", '<head><meta charset="windows-1252">').encode("cp1252"),
        ),
        "/utf16": Response(headers=(("Content-Type", "text/html"),), body=body.encode("utf-16")),
        "/none": Response(headers=(("Content-Type", "text/html"),), body=body.encode()),
    }
    with serving(Pages({HOST: {"/": listing(*pages), **pages}})) as server:
        crawl(server.address, tmp_path, HOME)
    found = texts(tmp_path)
    assert len(found) == 4
    assert all("Zürich" in text and "„Mayor“ – café" in text for text in found.values())
    said = {d.meta["url"]: d.meta["charset"] for d in read_documents(tmp_path / "documents.jsonl")}
    assert said[f"{HOME}lie"] == {"name": "utf-8", "source": "valid_utf8"}
    assert said[f"{HOME}meta"] == {"name": "cp1252", "source": "meta"}
    assert said[f"{HOME}utf16"] == {"name": "utf-16", "source": "bom"}


def test_endless_spaces_end(tmp_path):
    class Endless(Pages):
        def respond(self, host, target, *, headers=None, attempt=0):
            if target.startswith("/calendar/"):
                self.asked.append(target)
                year, month = map(int, target.split("/")[2:4])
                return listing(f"/calendar/{year + month // 12}/{month % 12 + 1:02d}")
            if target.startswith("/in/"):
                self.asked.append(target)
                return listing(f"{target}in/", f"{target}?sid={len(self.asked)}")
            return super().respond(host, target, headers=headers, attempt=attempt)

    web = Endless({HOST: {"/": listing("/calendar/2024/01", "/in/", "/a"), "/a": page("A")}})
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME, max_depth=1000)
    assert len(web.asked) < 80
    assert sorted(set(reasons(tmp_path).values())) == [
        "http_status",
        "no_text",
        "trap",
    ] or "trap" in set(reasons(tmp_path).values())


def test_limits_on_pages_are_kept_and_what_is_left_is_counted(tmp_path):
    names = [f"/{number}" for number in range(10)]
    web = Pages(
        {HOST: {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}}
    )
    with serving(web) as server:
        report = crawl(server.address, tmp_path, HOME, max_pages=4)
        assert report["pages"] == 4
        assert report["not_fetched"] == 7
        report = crawl(server.address, tmp_path, HOME)
    assert report["documents"] == 10
    assert (
        len(web.asked)
        == len([url for url in web.asked if url.endswith((".txt", ".json", ".xml"))]) + 11
    )


def test_no_follow_fetches_the_seeds_alone(tmp_path):
    web = Pages({HOST: {"/a": page("A", links=("/b",)), "/b": page("B")}})
    with serving(web) as server:
        crawl(server.address, tmp_path, f"{HOME}a", follow=False)
    assert [url for url in web.asked if not url.endswith((".txt", ".json"))] == [f"{HOME}a"]


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


def test_loopback_is_refused_unless_connect_to_names_it(tmp_path):
    with serving(Pages({"127.0.0.1": {"/": page("A")}, "localhost": {"/": page("A")}})) as server:
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            url = f"http://{host}:{server.port}/"
            with pytest.raises(InputError, match="forbidden_address"):
                crawl("", tmp_path / host.strip("[]"), url, connect_to=None, retries=0)
        assert server.requests == 0


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds something that is no crawl"):
        crawl("127.0.0.1:9", tmp_path, HOME)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
