"""The same documents again, from wherever they still are."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256

import pytest

from gonerd.errors import InputError
from gonerd.newsroom.response import redirect_to
from gonerd.newsroom.server import serving
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.warcs import scrape_warcs
from gonerd_scraper.rebuilding.outputs import missing_of_report
from tests.scraper.rebuilding.archives import Archives, member
from tests.scraper.rebuilding.stories import BODIES, HOST, URLS, changed, rebuilt, stories, tried
from tests.scraper.small_web import article, crawl, page, plain, rows


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


def test_a_place_of_another_page_is_told_and_the_other_places_are_asked(
    crawled, manifest, tmp_path
):
    first, second = rows(manifest)
    manifest.write_text(
        "".join(json.dumps(row | {"warc": first["warc"]}) + "\n" for row in (first, second))
    )
    archives = Archives(live=stories())
    with serving(archives) as server:
        report, outcomes, _ = rebuilt(
            manifest, tmp_path / "out", server.address, archives=[crawled], steps=("warc", "live")
        )
    assert report["rebuilt_from"] == {"live": 1, "warc": 1}
    (told,) = outcomes[second["url"]]["tried"]
    assert (told["step"], told["reason"]) == ("warc", "wrong_page")
    assert told["detail"].endswith(f"the record is of {first['final_url']}")


def test_a_manifest_without_what_every_document_has_is_completed(crawled, manifest, tmp_path):
    before = (crawled / "documents.jsonl").read_bytes()
    changed(manifest, domain=None, source=None, extractor=None)
    rebuilt(manifest, tmp_path / "out", archives=[crawled], steps=("warc",))
    assert (tmp_path / "out/documents.jsonl").read_bytes() == before


def test_a_text_taken_down_later_is_gone_from_every_file(crawled, tmp_path):
    out = tmp_path / "out"
    source = crawled / "manifest.jsonl"
    rebuilt(source, out)
    assert "story of Port north" in (out / "rebuild.log.jsonl").read_text()
    shutil.copy(out / "documents.jsonl", out / "documents.jsonl.123.partial")  # a run was killed
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
