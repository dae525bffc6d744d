"""What strangers can do to a crawl: redirects inwards, bombs, broken HTTP, bad certificates, no end."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import zlib
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from gonerd.errors import InputError
from gonerd.newsroom.response import Response, html_response, redirect_to
from gonerd.newsroom.server import serving
from gonerd.records import read_documents
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
from tests.scraper.web.rude import WAYS, bomb, rude_server, started, whole

HOST = "www.ledger.example"
HOME = f"http://{HOST}/"

TEXT, XML = b"Content-Type: text/plain\r\n", b"Content-Type: text/xml\r\n"


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
                    "/": listing(
                        "/hop0",
                        "/far0",
                        "/loop",
                        "/file",
                        "/no-address",
                        "/out",
                        "/closed",
                        *refused,
                    ),
                    **hops,
                    "/hop5": page("Five Hops"),
                    **far,
                    "/far6": page("Six Hops"),
                    "/loop": redirect_to("/loop?again"),
                    "/loop?again": redirect_to("/loop"),
                    "/file": redirect_to("file:///etc/passwd"),
                    "/no-address": redirect_to("http://[bad"),
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
    assert found[f"{HOME}file"] == found[f"{HOME}no-address"] == "bad_redirect"
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
    assert "time_limit" not in found.values()  # the nested one is read or not, and quickly
    assert {
        path: found[f"{HOME}{path}"] for path in ("bomb", "long", "torn", "odd", "less", "pdf")
    } == {
        "bomb": "too_large",
        "long": "too_large",
        "torn": "bad_encoding",
        "odd": "bad_encoding",
        "less": "cut_off",
        "pdf": "not_html",
    }


def test_names_of_hosts_without_end_end(tmp_path):
    class Wildcard(Pages):
        """Every host of the domain answers, and links to two more."""

        def respond(self, host, target, **_):
            self.asked.append(host)
            if target != "/":
                return plain("not here", status=404)
            return listing(*(f"http://{name}{host}/" for name in ("a.", "b.")))

    web = Wildcard({})
    with serving(web) as server, pytest.raises(InputError):
        crawl(server.address, tmp_path, HOME, max_hosts_per_source=6)
    assert len(set(web.asked)) == 6


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


def test_loopback_is_refused_unless_connect_to_names_it(tmp_path):
    with serving(Pages({"127.0.0.1": {"/": page("A")}, "localhost": {"/": page("A")}})) as server:
        for host in (
            "127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f000001", "127.1",
            "[::1]", "[::ffff:127.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[::1%25lo]", "0.0.0.0",
            "１２７.０.０.１", "127。0。0。1", "ⓛocalhost",
        ):  # fmt: skip
            url = f"http://{host}:{server.port}/"
            with pytest.raises(
                InputError, match=r"forbidden_address .* is not on the public internet"
            ):
                crawl(
                    "",
                    tmp_path / host.strip("[]").replace(":", "-"),
                    url,
                    connect_to=None,
                    retries=0,
                )
        assert server.requests == 0


def test_a_server_that_breaks_http_itself_costs_its_own_pages(tmp_path):
    assert len(bomb(400)) < 1_000_000  # made now: the server has to be quick
    Path("/proc/self/clear_refs").write_text("5")  # the peak of memory is counted from here
    before = memory_mib("VmRSS")
    with rude_server() as address:
        crawl(address, tmp_path, HOME, retries=0, timeout=1.5, max_failures=100)
    found = {url.removeprefix(HOME): reason for url, reason in reasons(tmp_path).items()}
    found.pop("", None)  # the list of them all, an article or not
    assert found == {
        "bomb": "too_large",
        "drip": "timeout",
        "endless": "too_large",
        "endless-head": "network",
        "long-header": "network",
        "many-headers": "network",
        "bad-name": "network",
        "no-http": "network",
        "less": "cut_off",
        "more": "network",
        "two-lengths": "network",
        "bad-length": "network",
        "chunks-cut": "cut_off",
        "bad-chunk": "network",
        "half-gzip": "bad_encoding",
        "no-gzip": "bad_encoding",
        "reset": "network",
        "silent": "timeout",
        "nothing": "network",
        "odd-reason": "http_status",
        "status-999": "http_status",
    }
    assert {url.removeprefix(HOME) for url in texts(tmp_path)} == {
        "a", "odd-header", "no-reason",
    }  # fmt: skip
    assert memory_mib("VmHWM") - before < 120
    kinds = [kind for kind, *_ in archived(tmp_path)]
    assert kinds.count("response") == kinds.count("request")


def test_headers_are_archived_byte_by_byte(tmp_path):
    with rude_server() as address:
        crawl(address, tmp_path, f"{HOME}odd-header", follow=False)
    (head,) = (
        head
        for kind, url, head in archived(tmp_path)
        if kind == "response" and url.endswith("odd-header")
    )
    assert b"X-Naive: caf\xe9 \xff\xfe\r\nX-Smile: \xf0\x9f\x98\x80\r\n" in head


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("huge", ""),
        ("endless", ""),
        ("loop", ""),
        ("html", ""),
        ("silent", "robots_unreachable"),
        ("reset", "robots_unreachable"),
        ("cut", "robots_unreachable"),
        ("500", "robots_unreachable"),
    ],
)
def test_a_robots_file_that_misbehaves_is_read_as_rfc_9309_has_it(tmp_path, way, reason):
    robots = {
        "huge": started(b"Content-Type: text/plain\r\n")
        + b"# filler\n" * 200_000
        + b"User-agent: *\nDisallow: /\n",
        "endless": WAYS["/endless"],
        "loop": whole(b"", status=b"302 Found", headers=b"Location: /robots.txt\r\n"),
        "html": whole(b"<html>User-agent: *</html>"),
        "silent": WAYS["/silent"],
        "reset": WAYS["/reset"],
        "cut": b"HTTP/1.1 200 OK\r\n" + TEXT + b"Content-Length: 999\r\n\r\nUser-agent: *\n",
        "500": whole(b"", status=b"500 Oops"),
    }
    with rude_server({"/robots.txt": robots[way], "/a": WAYS["/a"]}) as address:
        try:
            crawl(address, tmp_path, f"{HOME}a", follow=False, retries=0, timeout=1.0)
        except InputError:
            assert reasons(tmp_path) == {f"{HOME}a": reason}
        else:
            assert not reason
            assert list(texts(tmp_path)) == [f"{HOME}a"]


def test_sitemaps_that_are_huge_nested_or_bombs_end(tmp_path):
    def urlset(*urls: str) -> bytes:
        return (
            "<urlset>" + "".join(f"<url><loc>{url}</loc></url>" for url in urls) + "</urlset>"
        ).encode()

    def index(*urls: str) -> bytes:
        entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
        return f"<sitemapindex>{entries}</sitemapindex>".encode()

    names = ("big.xml", "loop.xml", "deep0.xml", "bomb.xml.gz", "laughs.xml", "local.xml")
    entities = b'<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 5000 + b'"><!ENTITY c "' + b"&b;" * 5000
    own_file = b'<!ENTITY c SYSTEM "file:///etc/passwd'
    located = b'">]><urlset><url><loc>' + HOME.encode() + b"&c;</loc></url></urlset>"
    ways = {
        "/robots.txt": whole("".join(f"Sitemap: {HOME}{name}\n" for name in names).encode()),
        "/big.xml": whole(urlset(*(f"{HOME}{n}" for n in range(60_000))), headers=XML),
        "/loop.xml": whole(index(f"{HOME}loop.xml", f"{HOME}./loop.xml"), headers=XML),
        "/bomb.xml.gz": whole(gzip.compress(bytes(80_000_000)), headers=TEXT),
        "/laughs.xml": whole(b"<!DOCTYPE l [" + entities + located, headers=XML),
        "/local.xml": whole(b"<!DOCTYPE l [" + own_file + located, headers=XML),
        "/": WAYS["/a"],
        **{f"/deep{n}.xml": whole(index(f"{HOME}deep{n + 1}.xml"), headers=XML) for n in range(30)},
    }
    with rude_server(ways) as address:
        report = crawl(address, tmp_path, HOME, max_pages=3, retries=0)
    assert report["pages"] == 3
    assert 49_000 < report["not_fetched"] <= 50_001
    log = (tmp_path / "crawl.jsonl").read_text()
    assert "root:" not in log
    assert "deep11.xml" not in log


def test_a_certificate_that_nobody_vouches_for_ends_the_matter(tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    url = f"https://{HOST}/a"
    with rude_server(tls=tls) as address, pytest.raises(InputError, match="certificate"):
        crawl(address, tmp_path / "out", url, follow=False)
    (row,) = rows(tmp_path / "out" / "rejected.jsonl")
    assert row["reason"] == "robots_unreachable"
    assert "self-signed certificate" in row["detail"]


def test_credentials_are_never_sent(tmp_path):
    web = Pages(
        {
            HOST: {
                "/": Response(
                    headers=(("Content-Type", "text/html"), ("Set-Cookie", "id=7; Path=/")),
                    body=listing("/a", f"http://me:secret@{HOST}/b", "/moved").body,
                ),
                "/a": page("A"),
                "/b": page("B"),
                "/moved": redirect_to(f"http://me:secret@{HOST}/c"),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
    assert {url for url in web.asked if url.endswith(("/b", "/c"))} == set()
    assert reasons(tmp_path)[f"{HOME}moved"] == "bad_redirect"
    asked = [head for kind, _, head in archived(tmp_path) if kind == "request"]
    assert not any(b"cookie" in head.lower() or b"authorization" in head.lower() for head in asked)


def test_characters_that_no_file_can_hold_cost_nothing(tmp_path):
    said = '{"@type": "NewsArticle", "headline": "Half \\ud83d a face", "author": {"name": "A\\udc00 B"}}'
    head = f'<script type="application/ld+json">{said}</script><meta name="author" content="&#xD800; X">'
    feed = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "' + HOME.encode()
    feed += b'\\ud83d"}, {"url": "' + HOME.encode() + b'b"}]}'
    link = '<link rel="alternate" type="application/feed+json" href="/feed">'
    web = Pages(
        {
            HOST: {
                "/": page("A", head=head + link),
                "/feed": Response(headers=(("Content-Type", "application/feed+json"),), body=feed),
                "/b": page("B"),
            }
        }
    )
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
    assert set(texts(tmp_path)) == {HOME, f"{HOME}b"}


def archived(out: Path) -> list[tuple[str, str, bytes]]:
    """Type, address and the first bytes of each record with an HTTP message."""
    found = []
    for path in sorted((out / "archive").iterdir()):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=True):
                if record.rec_type != "warcinfo":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    found.append((record.rec_type, url, record.raw_stream.read()[:4000]))
    return found


def memory_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
