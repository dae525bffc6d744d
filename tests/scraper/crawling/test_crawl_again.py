"""A second crawl asks whether pages changed, and the archive says what was the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO

import pytest
from warcio.archiveiterator import ArchiveIterator

from gonerd.newsroom.response import Response, html_response, redirect_to
from gonerd.newsroom.server import serving
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


@dataclass
class Remembering(Pages):
    """Answers 304 where the validator that it gave comes back."""

    conditions: dict[str, list[str]] = field(default_factory=dict)

    def respond(
        self, host: str, target: str, *, headers: Mapping[str, str] | None = None, attempt: int = 0
    ) -> Response:
        answer = super().respond(host, target, headers=headers, attempt=attempt)
        asked = headers or {}
        for name, header in (("if-none-match", "ETag"), ("if-modified-since", "Last-Modified")):
            if name in asked:
                self.conditions.setdefault(target, []).append(name)
                if asked[name] == answer.header(header):
                    return Response(status=304, headers=answer.headers[1:])
        return answer


def tagged(answer: Response, *validators: tuple[str, str]) -> Response:
    return replace(answer, headers=(*answer.headers, *validators))


def records(out) -> list:
    found = []
    for path in sorted((out / "archive").iterdir()):
        for record in ArchiveIterator(BytesIO(path.read_bytes()), check_digests="raise"):
            headers = dict(record.rec_headers.headers)
            found.append((record.rec_type, headers, record.content_stream().read()))
    return found


ETAG = ("ETag", '"one"')
DATE = ("Last-Modified", "Mon, 01 Jan 2024 12:00:00 GMT")


@pytest.fixture
def twice(tmp_path):
    """The folder of a crawl that was done again after its site had changed, and both webs."""
    names = (
        "tag",
        "date",
        "plain",
        "frame",
        "text",
        "gone",
        "moved",
        "closed",
        "down",
        "forbidden",
    )
    first = {
        "/": listing(*(f"/{name}" for name in names), "/old"),
        "/tag": tagged(page("Tag"), ETAG),
        "/date": tagged(page("Date"), DATE),
        "/plain": page("Plain"),
        "/frame": html_response(article("Frame", links=("/tag",))),
        "/text": page("Text"),
        "/old": redirect_to("/new"),
        "/new": tagged(page("New"), ETAG),
        **{f"/{name}": page(name.title()) for name in names[5:]},
    }
    second = first | {
        "/": listing("/tag", "/fresh"),
        "/frame": html_response(article("Frame", links=("/date",))),
        "/text": html_response(article("Text").replace("seven to two", "six to three")),
        "/gone": plain("gone", status=410),
        "/moved": redirect_to("/tag"),
        "/closed": page("Closed", head='<meta name="robots" content="noindex">'),
        "/down": plain("oops", status=500),
        "/fresh": page("Fresh"),
        "/robots.txt": plain("User-agent: *\nDisallow: /forbidden\n"),
    }
    webs = Remembering({HOST: first}), Remembering({HOST: second})
    for web, again in zip(webs, (False, True), strict=True):
        with serving(web) as server:
            report = crawl(server.address, tmp_path, HOME, again=again, retries=0)
    return tmp_path, webs, report


def test_the_report_counts_what_stayed_what_changed_and_what_went(twice):
    out, _, report = twice
    assert report["again"] == {
        "unchanged": 5,  # tag, date, plain, frame by its text, new behind its redirect
        "changed": 1,
        "gone": 2,  # with what moved
        "failed": 1,
        "withdrawn": 2,
        "new": 1,
    }
    assert set(reasons(out).values()) >= {"noindex", "robots_disallowed"}


def test_documents_stay_are_replaced_or_go_as_their_site_says(twice):
    out, _, _ = twice
    found = texts(out)
    names = {url.removeprefix(HOME) for url in found}
    assert names == {
        "tag", "date", "plain", "frame", "text", "old", "gone", "moved", "down", "fresh",
    }  # fmt: skip
    assert "six to three" in found[f"{HOME}text"]
    meta = {row["meta"]["url"]: row["meta"] for row in rows(out / "documents.jsonl")}
    assert meta[f"{HOME}text"]["version"] == 2
    replaced = meta[f"{HOME}text"]["replaces"]
    data = (out / replaced["warc"]["file"]).read_bytes()[replaced["warc"]["offset"] :]
    record = next(iter(ArchiveIterator(BytesIO(data))))
    assert b"seven to two" in record.content_stream().read()
    assert "version" not in meta[f"{HOME}tag"]
    manifest = {row["url"]: row for row in rows(out / "manifest.jsonl")}
    assert manifest[f"{HOME}text"]["replaces"] == replaced


def test_servers_are_asked_with_the_validators_that_they_gave(twice):
    _, (first, second), _ = twice
    assert first.conditions == {}
    assert second.conditions == {
        "/tag": ["if-none-match"],
        "/date": ["if-modified-since"],
        "/new": ["if-none-match"],
    }


def test_what_was_the_same_is_a_revisit_record_that_names_the_first_one(twice):
    out, _, _ = twice
    found = records(out)
    responses = {
        headers["WARC-Record-ID"]: headers for kind, headers, _ in found if kind == "response"
    }
    revisits = {
        headers["WARC-Target-URI"].removeprefix(HOME): (headers, payload)
        for kind, headers, payload in found
        if kind == "revisit"
    }
    assert {"tag", "date", "new", "plain"} <= set(revisits)
    for name, profile in (("tag", "server-not-modified"), ("plain", "identical-payload-digest")):
        headers, payload = revisits[name]
        assert headers["WARC-Profile"] == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
        before = responses[headers["WARC-Refers-To"]]
        assert before["WARC-Target-URI"] == headers["WARC-Refers-To-Target-URI"] == HOME + name
        assert before["WARC-Date"] == headers["WARC-Refers-To-Date"]
        assert before["WARC-Payload-Digest"] == headers["WARC-Payload-Digest"]
        assert payload == b""


def test_without_again_the_same_command_asks_for_nothing(tmp_path):
    web = Pages({HOST: {"/": listing("/a"), "/a": page("A")}})
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
        asked = list(web.asked)
        report = crawl(server.address, tmp_path, HOME)
    assert web.asked == asked
    assert report["again"] is None


def test_a_second_crawl_that_was_cut_short_goes_on_and_counts_the_same(tmp_path):
    names = [f"/{number}" for number in range(6)]
    pages = {name: tagged(page(f"Town {name[1:]}"), ETAG) for name in names}
    web = Remembering({HOST: {"/": listing(*names), **pages}})
    with serving(web) as server:
        crawl(server.address, tmp_path, HOME)
        whole = crawl(server.address, tmp_path, HOME, again=True)
        journal = tmp_path / "crawl.jsonl"
        lines = journal.read_text().splitlines()
        again = next(n for n, line in enumerate(lines) if json.loads(line)["event"] == "again")
        fetched = [
            n
            for n, line in enumerate(lines)
            if n > again and "same" in json.loads(line) and '"fetched"' in line
        ]
        # an answer was archived, and not acted upon
        journal.write_text("\n".join(lines[: fetched[3] + 1]) + "\n")
        asked = len(web.asked)
        report = crawl(server.address, tmp_path, HOME, again=True)
        assert 0 < len(web.asked) - asked < 12
    assert report["again"] == whole["again"]
    assert report["again"]["unchanged"] == 6
    assert len(texts(tmp_path)) == 6


def test_a_page_that_did_not_change_stays_though_its_server_names_a_place(tmp_path):
    first = Pages({HOST: {"/": tagged(page("Home"), ETAG)}})
    place = ("Location", "/elsewhere")
    second = Pages({HOST: {"/": Response(status=304, headers=(place,)), "/elsewhere": page("E")}})
    for web, again in ((first, False), (second, True)):
        with serving(web) as server:
            report = crawl(server.address, tmp_path, HOME, again=again, follow=False)
    assert report["again"]["unchanged"] == 1
    assert list(texts(tmp_path)) == [HOME]
    assert f"{HOME}elsewhere" not in second.asked


def test_a_page_without_text_that_did_not_change_keeps_its_reason(tmp_path):
    web = Remembering({HOST: {"/": listing("/bare"), "/bare": tagged(listing("/"), ETAG)}})
    web.hosts[HOST]["/story"] = page("Story")
    with serving(web) as server:
        for again in (False, True):
            crawl(server.address, tmp_path, HOME, f"{HOME}story", again=again)
            assert reasons(tmp_path)[f"{HOME}bare"] == "no_text"
    assert web.conditions["/bare"] == ["if-none-match"]


def test_a_page_that_did_not_change_and_says_no_in_its_headers_is_taken_away(tmp_path):
    pages = {"/tag": tagged(page("Tag"), ETAG), "/bytes": page("Bytes"), "/both": page("Both")}
    first = Remembering({HOST: {"/": listing(*pages), **pages}})
    noindex, reserved = ("X-Robots-Tag", "noindex"), ("tdm-reservation", "1")
    closed = {
        "/tag": lambda _: Response(status=304, headers=(ETAG, noindex)),
        "/bytes": tagged(pages["/bytes"], reserved),
    }
    second = Pages({HOST: {"/": listing(*pages), **pages, **closed}})
    for web, again in ((first, False), (second, True)):
        with serving(web) as server:
            report = crawl(server.address, tmp_path, HOME, again=again)
    found = reasons(tmp_path)
    assert found[f"{HOME}tag"] == "noindex"
    assert found[f"{HOME}bytes"] == "tdm_reserved"
    assert list(texts(tmp_path)) == [f"{HOME}both"]
    assert report["again"]["withdrawn"] == 2


def test_a_page_whose_site_says_no_no_longer_comes_back_though_it_did_not_change(tmp_path):
    pages = {"/": listing("/a", "/b"), "/a": tagged(page("A"), ETAG), "/b": page("B")}
    closed = {"/ai.txt": plain("User-Agent: *\nDisallow: /a\n")}
    webs = [Remembering({HOST: pages | more}) for more in (closed, {}, {}, closed)]
    found = []
    for number, web in enumerate(webs):
        with serving(web) as server:
            crawl(server.address, tmp_path, HOME, again=number > 0)
        found.append({url.removeprefix(HOME) for url in texts(tmp_path)})
    assert found == [{"b"}, {"a", "b"}, {"a", "b"}, {"b"}]
    assert reasons(tmp_path)[f"{HOME}a"] == "ai_txt_disallowed"
