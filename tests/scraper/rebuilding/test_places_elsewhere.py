"""Where a rebuild looks beside the own archive: Common Crawl, the Wayback Machine, the web."""

from __future__ import annotations

import json
import shutil

import pytest

from gonerd.newsroom.response import Response, redirect_to
from gonerd.newsroom.server import serving
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.warcs import scrape_warcs
from gonerd_scraper.rebuilding.commoncrawl import coordinates_of
from gonerd_scraper.rebuilding.manifest import ManifestRow, moment_of
from tests.scraper import small_web
from tests.scraper.rebuilding.archives import DATA, INDEX, WAYBACK, Archives, member
from tests.scraper.rebuilding.stories import BODIES, HOST, URLS, changed, rebuilt, stories, tried
from tests.scraper.small_web import Pages, article, crawl, plain, rows


@pytest.mark.parametrize("place", ["commoncrawl", "wayback", "live"])
def test_each_place_on_the_web_gives_the_same_file(place, crawled, manifest, tmp_path):
    archives = Archives()
    for url, body in BODIES.items():
        if place == "commoncrawl":
            archives.add("CC-MAIN-2026-47", "20261120000000", url, body)
        elif place == "wayback":
            archives.captures.append(("20261120000000", url, body))
        else:
            archives.live = stories()
    archives.crawls.setdefault("CC-MAIN-2026-47", [])
    with serving(archives) as server:
        report, outcomes, _ = rebuilt(manifest, tmp_path / "out", server.address)
    assert report["rebuilt_from"] == {place: 2}
    assert (tmp_path / "out/documents.jsonl").read_bytes() == (
        crawled / "documents.jsonl"
    ).read_bytes()
    before = ["warc", "commoncrawl", "wayback", "live"]
    for outcome in outcomes.values():
        assert [step for step, _ in tried(outcome)] == before[: before.index(place)]
        assert dict(tried(outcome))["warc"] == "no_file"
    if place != "live":
        assert not any(HOST in address.partition("?")[0][:30] for address in archives.asked)


def test_cc_news_is_found_by_the_name_of_its_file_and_no_index_is_asked(tmp_path):
    name = "CC-NEWS-20240131120000-00042.warc.gz"
    data = b"".join(member(url, body) for url, body in BODIES.items())
    (tmp_path / name).write_bytes(data)
    scrape_warcs([tmp_path / name], tmp_path / "crawl", CrawlConfig(workers=1), note=print)
    (tmp_path / name).unlink()
    archives = Archives(files={f"crawl-data/CC-NEWS/2024/01/{name}": data})
    with serving(archives) as server:
        report, outcomes, _ = rebuilt(
            tmp_path / "crawl/manifest.jsonl", tmp_path / "out", server.address
        )
    assert report["rebuilt_from"] == {"commoncrawl": 2}
    assert (tmp_path / "out/documents.jsonl").read_bytes() == (
        tmp_path / "crawl/documents.jsonl"
    ).read_bytes()
    assert not any(INDEX in address for address in archives.asked)
    assert all("CC-NEWS" in outcome["where"] for outcome in outcomes.values())


def test_bytes_of_common_crawl_are_checked_where_their_hash_is_known(tmp_path):
    name = "CC-NEWS-20240131120000-00042.warc.gz"
    data = member(URLS[0], BODIES[URLS[0]])
    (tmp_path / name).write_bytes(data)
    scrape_warcs([tmp_path / name], tmp_path / "crawl", CrawlConfig(workers=1), note=print)
    (tmp_path / name).unlink()
    other = member(URLS[0], BODIES[URLS[0]], headers=(("Content-Type", "text/HTML"),))
    source, key = tmp_path / "crawl/manifest.jsonl", f"crawl-data/CC-NEWS/2024/01/{name}"
    archives = Archives(files={key: other.ljust(len(data), b"\0")})
    with serving(archives) as server:
        _, outcomes, _ = rebuilt(source, tmp_path / "out", server.address, steps=("commoncrawl",))
        assert tried(outcomes[URLS[0]])[0] == ("commoncrawl", "wrong_bytes")
        archives.files[key] = data
        changed(source, text_sha256="0" * 64)
        archives.asked.clear()
        report, _, _ = rebuilt(source, tmp_path / "other", server.address)
    assert report["drifted_by_cause"] == {"other_text": 1}
    assert archives.asked == [f"http://{DATA}/{key}"]


def test_coordinates_that_a_manifest_states_are_used(manifest, tmp_path):
    archives = Archives()
    archives.add("CC-MAIN-2026-47", "20261120000000", URLS[0], BODIES[URLS[0]])
    entry = archives.crawls["CC-MAIN-2026-47"].pop()
    row = next(r for r in rows(manifest) if r["url"] == URLS[0])
    place = {key: entry[key] for key in ("filename", "offset", "length")}
    manifest.write_text(json.dumps(row | {"commoncrawl": place}) + "\n")
    with serving(archives) as server:
        report, _, _ = rebuilt(manifest, tmp_path / "out", server.address)
        other = row | {"commoncrawl": place | {"offset": "0"}}
        manifest.write_text(json.dumps(other) + "\n")
        _, outcomes, _ = rebuilt(
            manifest, tmp_path / "other", server.address, steps=("commoncrawl",)
        )
    assert report["rebuilt_from"] == {"commoncrawl": 1}
    assert tried(outcomes[URLS[0]])[0][1] in (
        "wrong_page",
        "wrong_bytes",
        "cut_off",
        "wrong_length",
    )


@pytest.mark.parametrize(
    "stated",
    [
        "CC-NEWS",
        {"filename": "crawl-data/x.warc.gz"},
        {"filename": "https://data.commoncrawl.org/crawl-data/x.warc.gz", "offset": 1, "length": 2},
        {"filename": "crawl-data/../x.warc.gz", "offset": 1, "length": 2},
        {"filename": "crawl-data/x.warc.gz", "offset": -1, "length": 2},
    ],
)
def test_coordinates_that_make_no_sense_are_told_and_the_index_is_asked(stated, manifest, tmp_path):
    changed(manifest, commoncrawl=stated)
    archives = Archives()
    archives.add("CC-MAIN-2026-47", "20261120000000", URLS[0], BODIES[URLS[0]])
    with serving(archives) as server:
        _, outcomes, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("commoncrawl",))
    assert outcomes[URLS[0]]["outcome"] == "rebuilt"
    assert tried(outcomes[URLS[0]]) == [("commoncrawl", "bad_coordinates")]
    assert tried(outcomes[URLS[1]])[-1] == ("commoncrawl", "no_capture")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (small_web.Response(status=200, body=b"x" * 5_000_000), "range_ignored"),
        (small_web.Response(status=206, body=b"short"), "wrong_range"),
        (small_web.Response(status=206, body=b"x" * 100_000), "wrong_range"),
        (plain("gone", status=404), "http_status"),
        (plain("no", status=403), "http_status"),
        (small_web.Response(status=206, body=b"x" * 4000, cut_after=100), "cut_off"),
        (small_web.Response(silent=True), "network"),
    ],
)
def test_a_range_that_is_not_what_was_asked_for_is_a_reason(answer, reason, manifest, tmp_path):
    archives = Archives()
    archives.add("CC-MAIN-2026-47", "20261120000000", URLS[0], BODIES[URLS[0]])
    archives.answers = {f"http://{DATA}/": answer}
    with serving(archives) as server:
        report, outcomes, _ = rebuilt(
            manifest, tmp_path / "out", server.address, steps=("commoncrawl",), retries=1
        )
    assert tried(outcomes[URLS[0]]) == [("commoncrawl", reason)]
    assert tried(outcomes[URLS[1]]) == [("commoncrawl", "no_capture")]
    assert report["documents"] == 0


def test_too_few_bytes_under_the_right_range_are_told(manifest, tmp_path):
    archives = Archives()
    archives.add("CC-MAIN-2026-47", "20261120000000", URLS[0], BODIES[URLS[0]])
    entry = archives.crawls["CC-MAIN-2026-47"][0]
    first = int(entry["offset"])
    said = ("Content-Range", f"bytes {first}-{first + int(entry['length']) - 1}/999999")
    archives.answers = {
        f"http://{DATA}/": small_web.Response(status=206, headers=(said,), body=b"abc")
    }
    with serving(archives) as server:
        _, outcomes, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("commoncrawl",))
    detail = outcomes[URLS[0]]["tried"][0]["detail"]
    assert detail.endswith(f"3 of {entry['length']} bytes came")


def test_an_archive_that_says_not_now_is_asked_again_when_it_says(manifest, tmp_path):
    archives = Archives(captures=[("20261120000000", url, body) for url, body in BODIES.items()])
    busy = plain("slow down", status=503, headers=(("Retry-After", "1"),))
    archives.answers = {f"http://{WAYBACK}/web/": lambda attempt: busy if attempt == 0 else None}
    with serving(archives) as server:
        report, _, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("wayback",))
        assert server.hosts[WAYBACK].too_early == 0
    assert report["rebuilt_from"] == {"wayback": 2}


def test_an_archive_that_asks_for_a_long_pause_is_left_alone_and_tried_in_the_next_run(
    manifest, tmp_path
):
    archives = Archives(captures=[("20261120000000", url, body) for url, body in BODIES.items()])
    archives.answers = {
        f"http://{WAYBACK}/": plain("no", status=429, headers=(("Retry-After", "9999"),))
    }
    with serving(archives) as server:
        first, outcomes, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("wayback",))
        assert len(archives.asked) == 1
        archives.answers = {}
        second, _, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("wayback",))
    reasons = sorted(tried(outcome)[0][1] for outcome in outcomes.values())
    assert reasons == ["host_left_alone", "http_status"]
    assert (first["unavailable"], second["rebuilt"]) == (2, 2)


def test_an_archive_that_refuses_again_and_again_is_left_alone(manifest, tmp_path):
    row = rows(manifest)[0]
    many = [row | {"id": f"{n:016x}", "url": f"{row['url']}{n}"} for n in range(8)]
    manifest.write_text("".join(json.dumps(one) + "\n" for one in many))
    archives = Archives()
    archives.answers = {f"http://{WAYBACK}/": plain("Forbidden", status=403)}
    with serving(archives) as server:
        report, _, _ = rebuilt(
            manifest, tmp_path / "out", server.address, steps=("wayback",), max_failures=3
        )
    assert len(archives.asked) == 3
    assert report["failed_steps"] == {"wayback": {"host_left_alone": 5, "http_status": 3}}


def test_of_several_captures_the_nearest_are_tried_until_the_text_is_the_same(manifest, tmp_path):
    changed(manifest, fetched_at="2024-03-01T00:00:00Z")
    archives = Archives()
    url, body = URLS[0], BODIES[URLS[0]]
    archives.add("CC-MAIN-2023-14", "20230401000000", url, body)
    archives.add("CC-MAIN-2024-10", "20240228000000", url, article("Nearest").encode())
    archives.add("CC-MAIN-2024-10", "20240220000000", url, article("Near").encode())
    archives.add("CC-MAIN-2024-18", "20240420000000", url, body)
    archives.crawls["CC-MAIN-2008-2009"] = []
    with serving(archives) as server:
        _, outcomes, _ = rebuilt(
            manifest, tmp_path / "out", server.address, steps=("commoncrawl",), crawls=2
        )
    found = outcomes[url]
    assert found["outcome"] == "rebuilt"
    assert "20240420000000" in found["where"]
    wheres = [entry["detail"] for entry in found["tried"]]
    assert ["20240228" in wheres[0], "20240220" in wheres[1]] == [True, True]
    assert not any("CC-MAIN-2023-14-index" in address for address in archives.asked)


def test_the_wayback_machine_may_correct_the_moment_and_tells_the_original_charset(
    crawled, tmp_path
):
    name = "Łódź"
    latin = article(name).encode("iso-8859-2")
    served = small_web.Response(
        headers=(("Content-Type", "text/html; charset=iso-8859-2"),), body=latin
    )
    with serving(Pages({HOST: {"/lodz": served}})) as server:
        crawl(server.address, tmp_path / "crawl", f"http://{HOST}/lodz", follow=False)
    shutil.rmtree(tmp_path / "crawl/archive")
    url = f"http://{HOST}/lodz"
    archives = Archives(
        captures=[("20200101000000", url, latin), ("20200102000000", url, b"other")],
        capture_headers=(
            ("Content-Type", "text/html; charset=iso-8859-1"),
            ("x-archive-orig-content-type", "text/html; charset=iso-8859-2"),
        ),
    )
    here = f"http://{WAYBACK}/web/"
    archives.answers = {
        f"{here}20200102000000id_/": redirect_to(f"{here}20200101000000id_/{url}", status=302)
    }
    with serving(archives) as server:
        report, outcomes, _ = rebuilt(
            tmp_path / "crawl/manifest.jsonl", tmp_path / "out", server.address, steps=("wayback",)
        )
    assert report["rebuilt"] == 1
    assert name in rows(tmp_path / "out/documents.jsonl")[0]["text"]
    assert outcomes[url]["captured_at"] == "2020-01-01T00:00:00Z"


@pytest.mark.parametrize("body", ["", "<html>", '{"a": 1}', "[1, 2]", '[["timestamp"], ["x"]]'])
def test_an_index_that_sends_nonsense_is_no_capture_and_no_crash(body, manifest, tmp_path):
    archives = Archives()
    archives.answers = {f"http://{INDEX}/": plain(body), f"http://{WAYBACK}/cdx": plain(body)}
    with serving(archives) as server:
        report, _, _ = rebuilt(
            manifest, tmp_path / "out", server.address, steps=("commoncrawl", "wayback")
        )
    assert report["unavailable"] == 2
    reasons = {step: set(counts) for step, counts in report["failed_steps"].items()}
    assert reasons["commoncrawl"] <= {"bad_index", "no_capture"}
    assert reasons["wayback"] <= {"bad_index", "no_capture"}


def test_times_and_numbers_out_of_bounds_are_none():
    assert moment_of("0001-01-01T00:00:00+23:59") is None
    digest = "0" * 64
    row = {"id": "a", "url": URLS[0], "final_url": URLS[0], "text_sha256": digest}
    given = {"filename": "crawl-data/x", "offset": float("inf"), "length": 1}
    assert coordinates_of(ManifestRow(**row, record={"commoncrawl": given})) is None


def test_an_index_whose_columns_have_no_names_is_one_of_the_reasons(manifest, tmp_path):
    web = Archives()
    bad = Response(body=b'[[["a"]], ["b"]]')
    web.respond = lambda host, target, **_: bad
    with serving(web) as server:
        _, outcomes, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("wayback",))
    assert all(tried(row) == [("wayback", "bad_index")] for row in outcomes.values())
