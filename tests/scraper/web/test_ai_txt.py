"""ai.txt: which lines speak of a page of text, and what a crawl makes of them."""

from __future__ import annotations

import pytest

from gonerd.newsroom.server import serving
from gonerd_scraper.web.ai_txt import AiRules
from tests.scraper.small_web import Pages, crawl, listing, page, plain, reasons, rows, texts

HOST = "www.ledger.example"
HOME = f"http://{HOST}/"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("User-Agent: *\nDisallow: /", "/a", False),
        ("User-Agent: *\nDisallow: *", "/a", False),
        ("User-Agent: *\nDisallow: *.html\nAllow: /", "/a", False),  # a kind of content, not an address
        ("User-Agent: *\nDisallow: *.txt\nDisallow: *.pdf", "/news/7", False),
        ("User-Agent: *\nDisallow: *.jpg\nDisallow: *.mp4\nAllow: /", "/a", True),
        ("User-Agent: *\nDisallow: *.jpg", "/a", None),
        ("User-Agent: *\nDisallow: *.php", "/story.php", False),
        ("User-Agent: *\nDisallow: /private/\nAllow: /", "/private/x", False),
        ("User-Agent: *\nDisallow: /private/\nAllow: /", "/a", True),
        ("User-Agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-Agent: other\nDisallow: /", "/a", None),
        ("User-Agent: *\nDisallow: /\n\nUser-Agent: GoNerd\nAllow: /", "/a", True),
        ("Disallow: /", "/a", False),
        ("# nothing\nDisallow:", "/a", None),
        ("<html>Disallow: /</html>", "/a", None),
        ("", "/a", None),
    ],
)  # fmt: skip
def test_the_longest_line_that_fits_decides(text, path, allowed):
    said = AiRules.from_text(text.encode(), agent="gonerd").of_page(f"http://a.example{path}")
    assert (said.allowed if said is not None else None) is allowed


def test_bytes_that_are_no_text_say_nothing():
    assert AiRules.from_text(bytes(range(256)) * 10, agent="gonerd").of_page("http://a/") is None


def closed_web() -> Pages:
    return Pages(
        {
            HOST: {
                "/ai.txt": plain("User-Agent: *\nDisallow: /stories/\nAllow: /\n"),
                "/robots.txt": plain("User-agent: *\nDisallow: /never\n"),
                "/": listing("/stories/a", "/b"),
                "/stories/a": page("A", links=("/c",)),
                "/b": page("B"),
                "/c": page("C"),
            }
        }
    )


def test_a_page_that_ai_txt_closes_is_kept_out_and_its_links_are_followed(tmp_path):
    with serving(closed_web()) as server:
        crawl(server.address, tmp_path, HOME)
    assert set(texts(tmp_path)) == {f"{HOME}b", f"{HOME}c"}
    assert reasons(tmp_path)[f"{HOME}stories/a"] == "ai_txt_disallowed"
    (row,) = (row for row in rows(tmp_path / "rejected.jsonl") if row["url"].endswith("/stories/a"))
    assert row["detail"] == f"Disallow: /stories/ in {HOME}ai.txt"


def test_the_manifest_says_what_each_policy_said(tmp_path):
    with serving(closed_web()) as server:
        crawl(server.address, tmp_path, HOME, ai_txt="record")
    said = {row["url"]: row["robots"] for row in rows(tmp_path / "manifest.jsonl")}
    assert said[f"{HOME}stories/a"]["ai_txt"] == {"allowed": False, "rule": "Disallow: /stories/"}
    assert said[f"{HOME}b"]["ai_txt"] == {"allowed": True, "rule": "Allow: /"}
    assert said[f"{HOME}b"]["robots_txt"] == "allowed"
    assert said[f"{HOME}b"]["x_robots_tag"] == []
    assert said[f"{HOME}b"]["tdm"] is None
