"""Pages of every build, read whole: the same text each time, or a reason why there is none."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys

import pytest

from gonerd_scraper.extraction.extract import PageInput, extractor_record, read_page

# urllib3, which trafilatura loads, says that it could do more with another package
pytestmark = pytest.mark.filterwarnings("ignore:SOCKS support in urllib3")

SENTENCES = [
    "The council of Greenhaven met on Monday evening to discuss the new bridge over the river.",
    "Mayor Ada Lindqvist said that the work would begin in March and take about two years.",
    "Several residents asked whether the old ferry could be kept until the bridge is open.",
    "A report by engineers from Port Ellery puts the cost of the project at 41 million dollars.",
]
TEXT = "\n".join(SENTENCES)
PROSE = "".join(f"<p>{sentence}</p>\n" for sentence in SENTENCES)
JSON_LD = json.dumps({"@type": "NewsArticle", "headline": "Bridge", "articleBody": TEXT})
SCRIPT = f'<script type="application/ld+json">{JSON_LD}</script>'

TEXTS_OF_VERSION = {"2": "0f09c12952c012f9", "3": "d0c16eb9bf4de842"}
"""A hash of the texts of some pages for each version of the extractor."""


def read(body, **settings):
    return read_page(
        PageInput(
            url="http://a.example/news/1",
            headers=(("Content-Type", "text/html; charset=utf-8"),),
            body=body.encode(),
            fetched_at="2026-11-23T00:00:00Z",
            agent="gonerd",
            **settings,
        )
    )


PAGES = {
    "plain": f"<html><body><h1>Bridge</h1>{PROSE}</body></html>",
    "XHTML": '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd"><html xmlns="http://www.w3.org/1999/xhtml">'
    f"<head><title>Bridge</title></head><body><h1>Bridge</h1>{PROSE}</body></html>",
    "nested 300 deep": f"<html><body>{'<div>' * 300}{PROSE}{'</div>' * 300}</body></html>",
    "nested 5,000 deep": f"<html><body>{'<div>' * 5000}{PROSE}{'</div>' * 5000}</body></html>",
    "tables in tables": f"<html>{'<table><tr><td>' * 60}{PROSE}{'</td></tr></table>' * 60}</html>",
    "only in JSON-LD": f"<html><head>{SCRIPT}</head><body><div id='app'></div></body></html>",
    "in JSON-LD, with a notice": f"<html><head>{SCRIPT}</head><p>Please turn on JavaScript.</p></html>",
    "shown in part, whole in JSON-LD": f"<html><head>{SCRIPT}</head><p>{SENTENCES[0]}</p></html>",
    "in noscript": f"<html><div id='app'></div><noscript><h1>Bridge</h1>{PROSE}</noscript></html>",
    "AMP": "<!doctype html><html amp><head><script async src='https://cdn.example/v0.js'></script>"
    "<style amp-custom>p{color:red}</style></head><body><amp-sidebar><ul><li>Home</li></ul></amp-sidebar>"
    f"<article><h1>Bridge</h1><amp-img src='x'></amp-img>{PROSE}<amp-ad></amp-ad></article></body></html>",
    "controls": "<html><h1>Bridge</h1>"
    + PROSE.replace("<p>", "<p>&#1;&#x0B;\0&#65535;")
    + "</html>",
    "never closed": f"<html><body>{'<b><i>' * 40}{PROSE}",
    "a form around all": f"<html><body><form action='/'><div>{PROSE}</div></form></body></html>",
    "lines by br": f"<html><body><div>{'<br><br>'.join(SENTENCES)}</div></body></html>",
}


MESSY = f"""<html><head><title>Bridge opens - The Ledger</title>
<meta property="og:site_name" content="The Ledger"><meta name="author" content="Ada Moe"></head><body>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav></header>
<div class="story"><p>Local news</p><h1>Bridge opens</h1><p>By Ada Moe</p><p>July 4, 2020, 3:15 p.m.</p>
<figure><img src="x.jpg"><figcaption>The bridge on a Sunday in June. Photo: Li Wu</figcaption></figure>
<p>{SENTENCES[0]}</p><p><a href="/x">FERRY TO CLOSE AFTER A CENTURY</a></p><p>{SENTENCES[1]}</p>
<aside><p>The bridge in numbers: four lanes, two towers and one toll booth at the end.</p></aside>
<h2>What comes next</h2><p>{SENTENCES[2]}</p><blockquote>
<p>“I shall miss it,” said one of them.</p></blockquote>
<div class="newsletter-box"><p>Get the news of the harbour every morning, for free and without spam.</p></div>
<table><tr><th>Year</th><th>Cost</th></tr><tr><td>2019</td><td>30 million</td></tr></table>
<pre>toll(car):
    return 2</pre><p>{SENTENCES[3]}</p><p>Also read: Ferry workers strike</p><p>Updated on July 5, 2020</p>
<h3>More stories</h3></div>
<div class="comments"><p>I was there, and it was a wonderful day for all of us!</p></div>
<footer><p>Copyright The Ledger, a newspaper for the harbour and the hills around it.</p></footer>
</body></html>"""


def test_of_a_messy_page_the_article_is_left():
    reading = read(MESSY)
    assert reading.text.split("\n") == [
        *SENTENCES[:2],
        "What comes next",
        SENTENCES[2],
        "“I shall miss it,” said one of them.",
        *("Year", "Cost", "2019", "30 million"),
        *("toll(car):", "    return 2"),
        SENTENCES[3],
    ]
    assert (reading.meta["title"], reading.meta["authors"]) == ("Bridge opens", ["Ada Moe"])


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_text_is_found_however_the_page_is_built(page):
    assert read(page).text == TEXT


@pytest.mark.parametrize(
    ("page", "detail"),
    [
        ("", "the parser found no HTML"),
        ("<html></html>", "no article text found"),
        ("<html><body><ul><li>Home</li><li>News</li></ul></body></html>", "no article text found"),
        (
            '<html><frameset cols="20,80"><frame src="a"><frame src="b"></frameset></html>',
            "no article text found; the page only arranges frames, each a page of its own",
        ),
        (f"<html><body>{'<div>' * 400}{'</div>' * 400}</body></html>", "nested"),
    ],
)
def test_a_page_without_an_article_says_why(page, detail):
    reading = read(page)
    assert (reading.text, reading.reason) == ("", "no_text")
    assert detail in reading.detail


def test_a_huge_table_is_part_of_the_text_in_its_order():
    table = "".join(f"<tr><td>{n}</td><td>{n * n}</td></tr>" for n in range(1000))
    text = read(f"<html><body><h1>Results</h1>{PROSE}<table>{table}</table></body></html>").text
    assert text.startswith(TEXT)
    assert text.endswith("\n999\n998001")


def test_a_text_does_not_depend_on_what_was_read_before_nor_on_the_process():
    pages = list(PAGES.values())
    alone = {page: read(page).text for page in pages}
    random.Random(3).shuffle(pages)
    assert {page: read(page).text for page in pages} == alone
    program = (
        "import sys\n"
        "from tests.scraper.extraction.test_extract_pages import PAGES, read\n"
        "for page in PAGES.values():\n"
        "    sys.stdout.write(read(page).text)\n"
    )
    path = repr([path for path in sys.path if path])
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path}\n{program}"],
        capture_output=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
        text=True,
    )
    assert found.stdout == "".join(alone[page] for page in PAGES.values())


def test_who_changes_the_texts_raises_the_version():
    """Fails after a change of the extractor that changes a text.

    Then raise VERSION in extractor.py and add its hash here; the old ones stay, so that no version
    comes back with other texts.
    """
    hashed = hashlib.sha256()
    for page in (*PAGES.values(), MESSY):
        hashed.update(read(page).text.encode())
    assert hashed.hexdigest()[:16] == TEXTS_OF_VERSION[extractor_record()["version"]]


def test_the_record_names_all_that_decides_the_text():
    record = extractor_record()
    assert record["name"] == "gonerd"
    assert set(record["packages"]) == {
        *("libxml2", "lxml", "resiliparse", "trafilatura", "unicode")
    }
    assert record["options"]["deduplicate"] is False
    record["options"]["deduplicate"] = True  # a copy: nobody changes it for the others
    assert extractor_record()["options"]["deduplicate"] is False
