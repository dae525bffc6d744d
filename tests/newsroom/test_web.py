import gzip
import json
import zlib
from collections import Counter
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest

from gonerd.newsroom.address import REASONS
from gonerd.newsroom.feeds import SITEMAP_LENGTH, feed_paths
from gonerd.newsroom.foreign import LANGUAGES
from gonerd.newsroom.manners import CHARSETS, FAILURES, HOSTILE, ONCE, REDIRECTS, SENDING
from gonerd.newsroom.policies import CLOSED
from gonerd.newsroom.sites import SITES, site_of
from gonerd.newsroom.traps import BOMB_SIZE, DEPTH, HUGE_SIZE
from gonerd.newsroom.web import Newsroom
from tests.newsroom.web_pages import first, newsroom


def get(web, url, **options):
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return web.respond(parts.netloc, f"{parts.path or '/'}{query}", **options)


def test_the_same_seed_gives_the_same_web_and_another_seed_another():
    one, again, other = Newsroom(60, 4), Newsroom(60, 4), Newsroom(60, 5)
    assert list(one.truth()) == list(again.truth())
    assert list(one.truth()) != list(other.truth())
    for address in one.addresses():
        assert one.respond(*address.route) == again.respond(*address.route), address.url


def test_the_shares_of_the_sites_add_up_and_the_justice_site_leads():
    assert sum(site.weight for site in SITES) == pytest.approx(1)
    assert (SITES[0].domain, SITES[0].weight) == ("justice.example", 0.242)
    assert [s.weight for s in SITES] == sorted((s.weight for s in SITES), reverse=True)
    assert len(SITES) == 21


def test_truth_has_one_record_an_address_and_its_counts_add_up():
    web = newsroom()
    records = list(web.truth())
    assert [record["url"] for record in records] == list(web.urls())
    assert len({record["url"] for record in records}) == len(records)
    kinds = Counter(record["kind"] for record in records)
    assert kinds["article"] == 300
    assert kinds["reprint"] == pytest.approx(0.06 * 300, abs=3)
    gold = {document.id: document for document in web.gold()}
    assert len(gold) == kinds["article"] + kinds["reprint"]
    assert {record["gold_id"] for record in records if record["gold_id"]} == set(gold)
    for record in records:
        assert record["expected"] == ("reject" if record["reason"] else "keep")
        assert record["reason"] in (None, *REASONS)
        if record["expected"] == "keep":
            assert record["kind"] == "article"
            assert gold[record["gold_id"]].meta["url"] == record["url"]


def test_what_a_duplicate_repeats_is_an_article_that_is_kept_or_short():
    records = {record["url"]: record for record in newsroom().truth()}
    repeats = [r for r in records.values() if r["duplicate_of"]]
    assert {r["kind"] for r in repeats} == {"reprint", "copy", "redirect"}
    for record in repeats:
        original = records[record["duplicate_of"]]
        assert original["kind"] == "article"
        assert original["expected"] == "keep"


def test_a_reprint_stands_on_another_site_and_says_nearly_the_same():
    web = newsroom()
    gold = {document.meta["url"]: document for document in web.gold()}
    for address in web.addresses():
        if address.kind == "reprint":
            one, other = gold[address.url], gold[address.duplicate_of]
            assert one.meta["domain"] != other.meta["domain"]
            words, others = (set(text.lower().split()) for text in (one.text, other.text))
            assert len(words & others) / len(words | others) > 0.6


def test_a_reprint_shares_the_cluster_of_its_original():
    gold = {document.meta["url"]: document.meta["cluster"] for document in newsroom().gold()}
    reprints = [address for address in newsroom().addresses() if address.kind == "reprint"]
    assert all(gold[one.url] == gold[one.duplicate_of] for one in reprints)
    assert len(set(gold.values())) == len(gold) - len(reprints)


def test_every_manner_and_kind_occurs():
    web = newsroom()
    manners = {address.manner for address in web.addresses()}
    assert {*CHARSETS, *ONCE, *SENDING, *REDIRECTS, *FAILURES, *HOSTILE} <= manners
    assert {
        "amp",
        "print",
        "utm",
        "noindex-header",
        "noindex-meta",
        "tdm-header",
        "tdm-meta",
        "tdm-file",
    } <= manners
    kinds = {address.kind for address in web.addresses()}
    assert {
        "code",
        "foreign",
        "noise",
        "short",
        "paywall",
        "list",
        "disallowed",
        "trap",
        "bomb",
    } <= kinds
    assert set(REASONS) == {address.reason for address in web.addresses()} - {""}


def test_a_calm_newsroom_has_nothing_that_costs_time():
    web = newsroom(60, hostile=False)
    assert not set(HOSTILE) & {address.manner for address in web.addresses()}
    robots = get(web, "http://www.harborledger.example/robots.txt").body.decode()
    assert "Disallow: /slow/" in robots
    assert get(web, "http://www.harborledger.example/calendar/2020/01").status == 404


def test_every_listed_address_can_be_found_from_the_front_pages():
    import re

    web = newsroom()
    seen, waiting = set(), [f"http://{site.host}/" for site in SITES]
    planned = {address.url: address for address in web.addresses()}
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        if url in planned and planned[url].kind != "list":
            continue
        page = get(web, url).body.decode()
        for link in re.findall(r'href="([^"]+)"', page):
            link = urljoin(url, link.replace("&amp;", "&"))
            if urlsplit(link).netloc == urlsplit(url).netloc and link in planned:
                waiting.append(link)
    assert {a.url for a in planned.values() if a.listed} <= seen


def test_sitemaps_nest_and_name_every_listed_address():
    web = newsroom(1000)
    host = "www.justice.example"
    index = ElementTree.fromstring(get(web, f"http://{host}/sitemap.xml").body)
    assert index.tag.endswith("sitemapindex")
    found = []
    for part in [loc.text for loc in index.iter() if loc.tag.endswith("loc")]:
        response = get(web, part)
        body = gzip.decompress(response.body) if part.endswith(".gz") else response.body
        places = [
            loc.text for loc in ElementTree.fromstring(body).iter() if loc.tag.endswith("}loc")
        ]
        assert 0 < len(places) <= SITEMAP_LENGTH
        found += places
    listed = [a.url for a in web.addresses() if a.listed and a.domain == "justice.example"]
    assert sorted(found) == sorted(listed)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.domain)
def test_feeds_are_xml_with_the_newest_stories(site):
    web = newsroom()
    for path in feed_paths(site):
        response = web.respond(site.host, path)
        tree = ElementTree.fromstring(response.body)
        entries = [e for e in tree.iter() if e.tag.split("}")[-1] in ("item", "entry")]
        assert 0 < len(entries) <= 30
        assert response.header("Content-Type") in ("application/rss+xml", "application/atom+xml")
    home = web.respond(site.host, "/").body.decode()
    assert all(f'href="{path}"' in home for path in feed_paths(site))


def test_robots_rules_say_what_the_truth_says():
    protego = pytest.importorskip("protego", reason="needs the extra scrape")
    web = newsroom()
    rules = {}
    for site in SITES:
        response = web.respond(site.host, "/robots.txt")
        if response.status == 404:
            rules[site.domain] = protego.Protego.parse("")
        elif response.status >= 500:
            rules[site.domain] = protego.Protego.parse("User-agent: *\nDisallow: /")
        else:
            rules[site.domain] = protego.Protego.parse(response.body.decode())
    for address in web.addresses():
        allowed = rules[address.domain].can_fetch(address.url, "gonerd")
        if address.manner == "to-disallowed":
            assert allowed
            assert not rules[address.domain].can_fetch(address.target, "gonerd")
        else:
            assert allowed == (address.reason != "robots"), address.url
    assert rules["valleyradio.example"].crawl_delay("gonerd") == 0.05
    assert rules["courtreporter.example"].can_fetch("http://www.courtreporter.example/", "other")
    assert list(rules["justice.example"].sitemaps) == ["http://www.justice.example/sitemap.xml"]
    assert {d for d, r in rules.items() if not r.can_fetch(f"http://www.{d}/", "gonerd")} == CLOSED


def test_reservations_are_said_in_header_meta_and_file():
    web = newsroom()

    def page(manner):
        address = first(web, manner=manner)
        return address, web.respond(*address.route)

    assert page("noindex-header")[1].header("X-Robots-Tag") == "noindex"
    assert b'<meta name="robots" content="noindex' in page("noindex-meta")[1].body
    assert page("tdm-header")[1].header("TDM-Reservation") == "1"
    assert b'<meta name="tdm-reservation" content="1">' in page("tdm-meta")[1].body
    address, _ = page("tdm-file")
    host = site_of(address.domain).host
    rules = json.loads(web.respond(host, "/.well-known/tdmrep.json").body)
    assert rules[0] == {"location": "/reserved/*", "tdm-reservation": 1}
    assert urlsplit(address.url).path.startswith("/reserved/")
    assert web.respond("www.newsmosaic.example", "/ai.txt").status == 200


@pytest.mark.parametrize(
    ("manner", "codec", "stated"),
    [
        ("latin1-lie", "utf-8", "text/html; charset=iso-8859-1"),
        ("windows-1252", "cp1252", "text/html"),
        ("no-charset", "utf-8", "text/html"),
        ("utf-16", "utf-16", "text/html"),
    ],
)
def test_charsets_are_stated_wrongly_or_not_at_all(manner, codec, stated):
    web = newsroom()
    address = first(web, manner=manner)
    response = web.respond(*address.route)
    page = response.body.decode(codec)
    assert response.header("Content-Type") == stated
    assert ("charset=" in page.split("</head>")[0]) == (manner in ("latin1-lie", "windows-1252"))


def test_redirects_lead_where_the_truth_says():
    web = newsroom()
    for address in web.addresses():
        if address.manner in REDIRECTS and address.listed and address.kind == "redirect":
            hops, status, across = REDIRECTS[address.manner]
            url, taken = address.url, 0
            while (response := get(web, url)).status in (301, 302, 307, 308):
                assert response.status == status
                url, taken = response.header("Location"), taken + 1
            assert (url, taken) == (address.duplicate_of, hops)
            hosts = {urlsplit(address.url).netloc, urlsplit(url).netloc}
            assert len(hosts) == (2 if across else 1)


def test_bait_stands_in_the_location_and_nowhere_else():
    web = newsroom()
    baits = [
        first(web, manner=m).target
        for m in FAILURES
        if m.startswith("to-") and m != "to-disallowed"
    ]
    assert len(baits) == 5
    for address in web.addresses():
        body = b"" if address.kind == "bomb" else web.respond(*address.route).body
        assert not any(bait.encode() in body for bait in baits), address.url


def test_a_loop_never_ends_and_a_long_way_ends_after_twelve_hops():
    web = newsroom()
    url = first(web, manner="loop").url
    seen = {url}
    for _ in range(4):
        url = urljoin(url, get(web, url).header("Location"))
        seen.add(url)
    assert len(seen) == 2
    url, hops = first(web, manner="far").url, 0
    while (response := get(web, url)).status == 302:
        url, hops = urljoin(url, response.header("Location")), hops + 1
    assert (hops, response.status) == (12, 200)


def test_the_bomb_is_small_until_it_is_unpacked():
    body = newsroom().respond(*first(newsroom(), manner="bomb").route).body
    assert len(body) < 2**20
    unpacker, size = zlib.decompressobj(31), 0
    data = body
    while data:
        size += len(unpacker.decompress(data, 2**22))
        data = unpacker.unconsumed_tail
    assert size > BOMB_SIZE > 200 * 10**6


def test_huge_deep_and_empty_pages_are_what_they_say():
    web = newsroom()

    def body(manner):
        return web.respond(*first(web, manner=manner).route).body

    assert len(body("huge")) == pytest.approx(HUGE_SIZE, rel=0.01)
    assert body("deep").count(b"<div>") == DEPTH
    assert body("empty") == b""
    assert body("pdf").startswith(b"%PDF-")
    assert body("image").startswith(b"\x89PNG")
    with pytest.raises(EOFError):
        gzip.decompress(body("broken-gzip"))


def test_calendar_and_board_lead_on_for_ever():
    web = newsroom()
    address = first(web, manner="calendar")
    url = address.url
    for _ in range(30):
        page = get(web, url).body.decode()
        url = urljoin(url, page.split('rel="next" href="')[1].split('"')[0])
    assert get(web, url).status == 200
    board = first(web, manner="session")
    page = get(web, board.url).body.decode()
    link = page.split('href="')[1].split('"')[0]
    assert get(web, urljoin(board.url, link)).body != page.encode()


def test_first_answers_refuse_and_second_answers_give_the_page():
    web = newsroom()
    for manner in ONCE:
        address = first(web, manner=manner)
        early, later = (web.respond(*address.route, attempt=n) for n in (0, 1))
        assert (later.status, later.cut_after) == (200, None)
        assert early.status in (429, 500, 503) or early.cut_after
    assert (
        dict(web.respond(*first(web, manner="retry-seconds").route).headers)["Retry-After"] == "1"
    )


def test_a_page_that_has_not_changed_is_not_sent_again():
    web = newsroom()
    address = next(a for a in web.addresses() if a.kind == "article" and not a.manner)
    response = web.respond(*address.route)
    etag, modified = response.header("ETag"), response.header("Last-Modified")
    for headers in ({"if-none-match": etag}, {"if-modified-since": modified}):
        assert web.respond(*address.route, headers=headers).status == 304
    for headers in (
        {"if-none-match": '"x"'},
        {"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        assert web.respond(*address.route, headers=headers).status == 200
    assert web.respond(*address.route, headers={"if-modified-since": "yesterday"}).status == 200


def test_foreign_pages_are_in_eight_languages_that_a_detector_knows():
    langid = pytest.importorskip("py3langid", reason="needs the extra scrape")
    web = newsroom(600)
    pages = [address for address in web.addresses() if address.kind == "foreign"]
    assert {address.language for address in pages} == set(LANGUAGES)
    for language, sentences in LANGUAGES.items():
        assert langid.classify(" ".join(sentences).format(place="Marlow", n=7))[0] == language


def test_an_unknown_host_is_misdirected_and_an_unknown_path_not_found():
    web = newsroom()
    assert web.respond("www.example.com", "/").status == 421
    assert web.respond("www.justice.example", "/nothing").status == 404
    assert web.respond("WWW.JUSTICE.EXAMPLE:8080", "/").status == 200


def test_hardly_any_articles_are_enough():
    web = Newsroom(1, 0)
    assert sum(address.kind == "article" for address in web.addresses()) == 1
    assert all(web.respond(*a.route) for a in web.addresses() if a.kind != "bomb")
