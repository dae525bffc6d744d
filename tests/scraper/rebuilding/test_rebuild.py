"""The same documents again, from wherever they still are."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from gonerd.errors import InputError, OutputError, SchemaError
from gonerd.newsroom.response import Response, redirect_to
from gonerd.newsroom.server import serving
from gonerd.takedown import Takedown
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.warcs import scrape_warcs
from gonerd_scraper.rebuilding.commoncrawl import coordinates_of
from gonerd_scraper.rebuilding.manifest import ManifestRow, moment_of
from gonerd_scraper.rebuilding.outputs import missing_of_report
from gonerd_scraper.rebuilding.rebuild import rebuild_documents
from tests.scraper import small_web
from tests.scraper.rebuilding.archives import DATA, INDEX, WAYBACK, Archives, member, settings
from tests.scraper.small_web import Pages, article, crawl, listing, page, plain, rows

HOST = "www.town.example"
URLS = [f"http://{HOST}/{name}" for name in ("north", "south")]
BODIES = {url: article(f"Port {url.rpartition('/')[2]}").encode() for url in URLS}
NOWHERE = "127.0.0.1:9"


def stories() -> Pages:
    answers = {f"/{name}": page(f"Port {name}") for name in ("north", "south")}
    return Pages({HOST: {"/": listing("/north", "/south"), **answers}})


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """A crawl of two stories, made once."""
    out = tmp_path_factory.mktemp("crawled") / "crawl"
    with serving(stories()) as server:
        crawl(server.address, out, *URLS, follow=False)
    return out


@pytest.fixture
def manifest(crawled, tmp_path):
    """Its manifest alone, without the archive."""
    shutil.copy(crawled / "manifest.jsonl", tmp_path / "manifest.jsonl")
    return tmp_path / "manifest.jsonl"


def rebuilt(source: Path, out: Path, address: str = NOWHERE, *, archives=(), listed=(), **more):
    """Report, outcomes by address, and what was said."""
    told: list[str] = []
    takedown = Takedown.read(listed)
    report = rebuild_documents(
        source,
        out,
        settings(address, **more),
        archives=archives,
        takedown=takedown,
        pool=small_web.workers,
        note=told.append,
    )
    return report, {row["url"]: row for row in rows(out / "rebuild.jsonl")}, told


def tried(outcome) -> list[tuple[str, str]]:
    return [(entry["step"], entry["reason"]) for entry in outcome["tried"]]


def changed(path: Path, **values) -> None:
    """Other values in every row of a manifest."""
    path.write_text("".join(json.dumps(row | values) + "\n" for row in rows(path)))


def test_the_own_archive_gives_the_same_file_byte_for_byte(crawled, tmp_path):
    report, outcomes, told = rebuilt(crawled / "manifest.jsonl", tmp_path / "out")
    assert (tmp_path / "out/documents.jsonl").read_bytes() == (
        crawled / "documents.jsonl"
    ).read_bytes()
    assert (report["rebuilt"], report["rebuilt_from"], told) == (2, {"warc": 2}, [])
    assert not missing_of_report(report)
    assert all(outcome["tried"] == [] for outcome in outcomes.values())


def test_a_document_that_replaced_an_older_one_is_the_same_again(tmp_path):
    pages = stories()
    with serving(pages) as server:
        crawl(server.address, tmp_path / "crawl", *URLS, follow=False)
        pages.hosts[HOST]["/north"] = page("A newer port")
        crawl(server.address, tmp_path / "crawl", *URLS, follow=False, again=True)
    documents = rows(tmp_path / "crawl/documents.jsonl")
    assert sorted(row["meta"].get("version", 1) for row in documents) == [1, 2]
    rebuilt(tmp_path / "crawl/manifest.jsonl", tmp_path / "out", steps=("warc",))
    assert (tmp_path / "out/documents.jsonl").read_bytes() == (
        tmp_path / "crawl/documents.jsonl"
    ).read_bytes()


def test_an_archive_elsewhere_is_found_by_its_file_name(crawled, manifest, tmp_path):
    for number, folder in enumerate((crawled, crawled / "archive")):
        report, _, _ = rebuilt(
            manifest, tmp_path / f"out{number}", archives=[folder], steps=("warc",)
        )
        assert report["rebuilt"] == 2
    with pytest.raises(InputError, match="is no folder"):
        rebuilt(manifest, tmp_path / "out", archives=[tmp_path / "missing"])


def test_a_damaged_archive_beside_the_manifest_hides_no_whole_copy_elsewhere(
    crawled, manifest, tmp_path
):
    (file,) = (crawled / "archive").glob("*.warc.gz")
    (manifest.parent / "archive").mkdir(exist_ok=True)
    (manifest.parent / "archive" / file.name).write_bytes(b"damaged" + file.read_bytes()[7:300])
    report, _, _ = rebuilt(manifest, tmp_path / "out", archives=[crawled], steps=("warc",))
    assert report["rebuilt_from"] == {"warc": 2}


def test_force_never_removes_the_manifest_that_is_read(crawled, tmp_path):
    rebuilt(crawled / "manifest.jsonl", tmp_path / "out", steps=("warc",))
    documents = tmp_path / "out/documents.jsonl"
    with pytest.raises(OutputError, match="which --force clears"):
        rebuild_documents(
            documents,
            tmp_path / "out",
            settings(NOWHERE, steps=("warc",)),
            force=True,
            note=lambda _: None,
        )
    assert documents.read_bytes() == (crawled / "documents.jsonl").read_bytes()


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


def test_bytes_that_are_not_those_of_the_manifest_are_never_read(crawled, tmp_path):
    shutil.copytree(crawled, tmp_path / "crawl")
    row = next(r for r in rows(crawled / "manifest.jsonl") if r["url"] == URLS[0])
    path = tmp_path / "crawl" / row["warc"]["file"]
    data = bytearray(path.read_bytes())
    forged = member(URLS[0], article("Elsewhere").encode())
    start, length = row["warc"]["offset"], row["warc"]["length"]
    data[start : start + length] = forged[:length].ljust(length, b"\0")
    path.write_bytes(data)
    report, outcomes, _ = rebuilt(
        tmp_path / "crawl/manifest.jsonl", tmp_path / "out", steps=("warc",)
    )
    assert tried(outcomes[URLS[0]]) == [("warc", "wrong_bytes")]
    assert (report["rebuilt"], report["unavailable"]) == (1, 1)
    assert "1 of 2 documents are missing: 1 were found nowhere" in missing_of_report(report)


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


@pytest.mark.parametrize("form", ["plain", "one gzip stream", "zstd"])
def test_warc_files_of_every_form_are_found_again_by_what_the_manifest_says(form, tmp_path):
    import gzip

    import zstandard

    records = [gzip.decompress(member(url, body)) for url, body in BODIES.items()]
    data = {
        "plain": b"".join(records),
        "one gzip stream": gzip.compress(b"".join(records)),
        "zstd": b"".join(map(zstandard.compress, records)),
    }[form]
    (tmp_path / "in.warc").write_bytes(data)
    scrape_warcs([tmp_path / "in.warc"], tmp_path / "crawl", CrawlConfig(workers=1), note=print)
    report, _, _ = rebuilt(
        tmp_path / "crawl/manifest.jsonl",
        tmp_path / "out",
        archives=[tmp_path],
        steps=("warc",),
    )
    assert report["rebuilt"] == 2
    assert (tmp_path / "out/documents.jsonl").read_bytes() == (
        tmp_path / "crawl/documents.jsonl"
    ).read_bytes()


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


def test_a_page_that_changed_is_told_and_left_out_unless_asked_for(manifest, tmp_path):
    pages = stories()
    pages.hosts[HOST]["/north"] = page("Another story")
    with serving(Archives(live=pages)) as server:
        report, outcomes, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("live",))
        kept, _, _ = rebuilt(
            manifest, tmp_path / "kept", server.address, steps=("live",), keep_drifted=True
        )
    found = outcomes[URLS[0]]
    assert (found["outcome"], found["cause"], found["from"]) == ("drifted", "page_changed", "live")
    assert found["found"]["title"] == "Another story votes"
    assert found["expected"]["title"] == "Port north votes"
    assert [row["meta"]["url"] for row in rows(tmp_path / "out/documents.jsonl")] == [URLS[1]]
    assert "1 read differently now" in missing_of_report(report)
    drifted = next(
        row for row in rows(tmp_path / "kept/documents.jsonl") if row["meta"]["url"] == URLS[0]
    )
    assert drifted["meta"]["text_sha256"] == sha256(drifted["text"].encode()).hexdigest()
    assert drifted["meta"]["drifted"]["expected"] == found["expected"]["text_sha256"]
    assert "warc" not in drifted["meta"]
    assert kept["documents"] == 2
    assert not missing_of_report(kept)


def test_verified_bytes_with_another_text_mean_another_extractor_and_nothing_is_asked(
    crawled, tmp_path
):
    shutil.copytree(crawled, tmp_path / "crawl")
    source = tmp_path / "crawl/manifest.jsonl"
    older = {"name": "gonerd", "version": "0", "options": {}}
    changed(source, text_sha256="0" * 64, extractor=older)
    archives = Archives(live=stories())
    with serving(archives) as server:
        report, outcomes, told = rebuilt(source, tmp_path / "out", server.address)
    assert report["drifted_by_cause"] == {"extractor_changed": 2}
    assert archives.asked == []
    assert len(told) == 1
    assert told[0].startswith("the texts of 2 of 2 rows were taken out by gonerd 0")
    assert "warc" in outcomes[URLS[0]]["from"]


def test_without_the_bytes_it_stays_open_whether_page_or_extractor_changed(manifest, tmp_path):
    changed(manifest, text_sha256="0" * 64, extractor={"name": "gonerd", "version": "0"})
    with serving(Archives(live=stories())) as server:
        report, _, _ = rebuilt(manifest, tmp_path / "out", server.address, steps=("live",))
    assert report["drifted_by_cause"] == {"extractor_or_page_changed": 2}


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("/robots.txt", plain("User-agent: *\nDisallow: /north\n"), "robots_disallowed"),
        ("/robots.txt", plain("", status=503), "robots_unreachable"),
        ("/ai.txt", plain("User-Agent: *\nDisallow: /north\n"), "ai_txt_disallowed"),
        (
            "/north",
            page("Port north", head='<meta name="robots" content="noindex">'),
            "noindex",
        ),
        ("/north", plain("gone", status=410), "http_status"),
        ("/north", redirect_to("/north"), "too_many_redirects"),
        ("/north", redirect_to("ftp://x.example/"), "bad_redirect"),
    ],
)
def test_the_live_web_is_asked_only_as_it_allows(path, answer, reason, manifest, tmp_path):
    pages = stories()
    pages.hosts[HOST][path] = answer
    with serving(Archives(live=pages)) as server:
        _, outcomes, _ = rebuilt(
            manifest, tmp_path / "out", server.address, steps=("live",), retries=0
        )
    assert tried(outcomes[URLS[0]]) == [("live", reason)]
    if reason in ("robots_disallowed", "robots_unreachable", "ai_txt_disallowed"):
        assert URLS[0] not in pages.asked


@pytest.mark.parametrize("entry", ["id", "url", "domain"])
def test_what_is_taken_down_is_neither_asked_for_nor_kept(entry, crawled, manifest, tmp_path):
    row = next(r for r in rows(manifest) if r["url"] == URLS[0])
    line = {"id": f"id:{row['id']}", "url": URLS[0], "domain": "domain:town.example"}[entry]
    (tmp_path / "list.txt").write_text(f"{line}  # asked for by mail\n")
    archives = Archives(live=stories())
    with serving(archives) as server:
        report, outcomes, _ = rebuilt(
            manifest,
            tmp_path / "out",
            server.address,
            archives=[crawled],
            listed=[tmp_path / "list.txt"],
        )
    assert outcomes[URLS[0]]["outcome"] == "taken_down"
    assert outcomes[URLS[0]]["entry"].startswith(line)
    assert report["taken_down"] == (2 if entry == "domain" else 1)
    assert archives.asked == []
    assert not missing_of_report(report)
    assert row["id"] not in {r["id"] for r in rows(tmp_path / "out/documents.jsonl")}


@pytest.mark.parametrize("entry", ["id", "url"])
def test_a_manifest_that_gives_a_page_another_name_brings_nothing_back(
    entry, crawled, manifest, tmp_path
):
    row = next(r for r in rows(manifest) if r["url"] == URLS[0])
    line = {"id": f"id:{row['id']}", "url": URLS[0]}[entry]
    (tmp_path / "list.txt").write_text(line)
    elsewhere = "http://elsewhere.example/a"
    renamed = row | {"id": "a", "url": elsewhere, "final_url": elsewhere}
    manifest.write_text(json.dumps(renamed) + "\n")
    out = tmp_path / "out"
    _, outcomes, _ = rebuilt(manifest, out, archives=[crawled])
    assert outcomes[elsewhere]["archived_url"] == URLS[0]
    assert rows(out / "documents.jsonl")[0]["meta"]["url"] == elsewhere
    _, outcomes, _ = rebuilt(manifest, out, archives=[crawled], listed=[tmp_path / "list.txt"])
    assert outcomes[elsewhere]["outcome"] == "taken_down"
    assert not rows(out / "documents.jsonl")


def test_a_text_taken_down_later_is_gone_from_every_file(crawled, tmp_path):
    out = tmp_path / "out"
    source = crawled / "manifest.jsonl"
    rebuilt(source, out)
    assert "story of Port north" in (out / "rebuild.log.jsonl").read_text()
    (tmp_path / "list.txt").write_text(f"{URLS[0]}\n")
    report, _, _ = rebuilt(source, out, listed=[tmp_path / "list.txt"])
    assert (report["rebuilt"], report["taken_down"]) == (1, 1)
    assert not any("story of Port north" in path.read_text() for path in out.iterdir())
    again, _, _ = rebuilt(source, out, listed=[tmp_path / "list.txt"])
    assert (again["rebuilt"], again["taken_down"]) == (1, 1)


def test_a_redirect_to_what_is_taken_down_is_not_followed(manifest, tmp_path):
    pages = stories()
    pages.hosts[HOST]["/north"] = redirect_to("http://removed.example/x")
    (tmp_path / "list.txt").write_text("domain:removed.example\n")
    archives = Archives(live=pages)
    with serving(archives) as server:
        _, outcomes, _ = rebuilt(
            manifest,
            tmp_path / "out",
            server.address,
            listed=[tmp_path / "list.txt"],
            steps=("live",),
        )
    assert outcomes[URLS[0]]["outcome"] == "taken_down"
    assert not any("removed.example" in address for address in archives.asked)


def test_a_published_table_is_enough(crawled, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = [
        {"id": r["id"], "url": r["url"], "title": r["title"], "text_sha256": r["text_sha256"]}
        for r in rows(crawled / "manifest.jsonl")
    ]
    pq.write_table(pa.Table.from_pylist(known), tmp_path / "rows.parquet")
    with serving(Archives(live=stories())) as server:
        report, _, _ = rebuilt(
            tmp_path / "rows.parquet", tmp_path / "out", server.address, steps=("warc", "live")
        )
    assert report["rebuilt_from"] == {"live": 2}
    texts = {row["id"]: row["text"] for row in rows(crawled / "documents.jsonl")}
    for row in rows(tmp_path / "out/documents.jsonl"):
        assert row["text"] == texts[row["id"]]
        assert "warc" not in row["meta"]


def test_documents_serve_as_their_own_manifest(crawled, tmp_path):
    report, _, _ = rebuilt(crawled / "documents.jsonl", tmp_path / "out", steps=("warc",))
    assert report["rebuilt"] == 2


def test_what_came_back_is_not_looked_for_again(manifest, tmp_path):
    archives = Archives(captures=[("20261120000000", URLS[0], BODIES[URLS[0]])])
    with serving(archives) as server:
        rebuilt(manifest, tmp_path / "out", server.address, steps=("wayback",))
        archives.captures.append(("20261120000000", URLS[1], BODIES[URLS[1]]))
        archives.asked.clear()
        report, _, told = rebuilt(manifest, tmp_path / "out", server.address, steps=("wayback",))
    assert told == ["1 of 2 were settled before; going on with the rest"]
    assert report["rebuilt"] == 2
    assert not any("north" in address for address in archives.asked)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a", "url": "ftp://x", "text_sha256": "%s"}', r":1: 'url' is 'ftp://x'"),
        ('{"id": "a", "url": "http://x.example/"}', r":1: 'text_sha256' is None"),
        ('{"id": 7, "url": "http://x.example/", "text_sha256": "%s"}', r":1: 'id' is 7"),
        ("[1]", r":1: found list, expected an object"),
        (
            '{"url": "http://x.example/", "text_sha256": "%s", "warc": {"file": "x", "offset": -1}}',
            r":1: 'warc' is .* expected numbers",
        ),
        (
            '{"url": "http://x.example/", "text_sha256": "%s", "fetched_at": "soon"}',
            r":1: 'fetched_at' is 'soon'",
        ),
        ("", r"holds no row"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_with_its_line(line, message, tmp_path):
    source = tmp_path / "manifest.jsonl"
    source.write_text((line.replace("%s", "0" * 64) + "\n") if line else "")
    with pytest.raises((SchemaError, InputError), match=message):
        rebuilt(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_other_refusals_are_told(manifest, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        rebuilt(tmp_path / "missing.jsonl", tmp_path / "out")
    rebuilt(manifest, tmp_path / "out", steps=("warc",))
    one = tmp_path / "one.jsonl"
    one.write_text(manifest.read_text().splitlines()[0] + "\n")
    with pytest.raises(OutputError, match="holds a rebuild of another manifest"):
        rebuilt(one, tmp_path / "out", steps=("warc",))
    with pytest.raises(OutputError, match="no rebuild"):
        rebuilt(manifest, tmp_path, steps=("warc",))
    one.write_text(one.read_text() * 2)
    with pytest.raises(SchemaError, match="stands there twice"):
        rebuilt(one, tmp_path / "two", steps=("warc",))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "../" * 40 + "etc/passwd", "/etc/passwd"])
def test_a_name_of_an_archive_that_no_crawl_wrote_tells_nothing_of_the_file(
    name, manifest, tmp_path
):
    place = rows(manifest)[0]["warc"]
    changed(manifest, warc=place | {"file": name})
    report, outcomes, _ = rebuilt(manifest, tmp_path / "out", steps=("warc",))
    assert report["unavailable"] == 2
    (told,) = {entry["detail"] for row in outcomes.values() for entry in row["tried"]}
    assert told.endswith(("is not there", "no WARC record is there"))


@pytest.mark.parametrize(
    "place", [{"offset": 10**30}, {"length": 2**63}, {"within": 5}, {"within": [1]}]
)
def test_a_place_that_no_file_has_is_refused(place, manifest, tmp_path):
    changed(manifest, warc=rows(manifest)[0]["warc"] | place)
    with pytest.raises(SchemaError, match=r"manifest.jsonl:1: 'warc' is"):
        rebuilt(manifest, tmp_path / "out", steps=("warc",))


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
