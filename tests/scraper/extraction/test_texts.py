"""Bytes to characters, markup to lines, lines to a frozen text."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from gonerd_scraper.extraction.blocks import list_signals, page_of
from gonerd_scraper.extraction.byline import without_byline
from gonerd_scraper.extraction.charset import decode_page
from gonerd_scraper.extraction.frozen import frozen_text
from gonerd_scraper.extraction.markup import (
    flatten_layout_tables,
    lines_of_body,
    without_control_references,
)


@given(st.text())
def test_a_frozen_text_stays_as_it_is(text):
    frozen = frozen_text(text)
    assert frozen_text(frozen) == frozen
    assert frozen == frozen.strip()
    assert unicodedata.is_normalized("NFC", frozen)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in frozen)


def test_line_breaks_of_all_kinds_become_line_feeds():
    assert frozen_text("\ufeff a\r\nb\rc\u2028d\te \x07\n") == "a\nb\nc\nd e"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ufeff\r"), min_size=1))
def test_utf_8_is_read_as_utf_8_whatever_the_header_says_of_one_byte_sets(text):
    body = text.encode()
    decoded = decode_page(body, "text/html; charset=windows-1252")
    assert decoded.text == text or body.isascii()


@pytest.mark.parametrize(
    ("body", "content_type", "charset", "source"),
    [
        (b"caf\xe9", "text/html; charset=ISO-8859-1", "cp1252", "http"),
        ("café".encode(), "text/html; charset=utf-8", "utf-8", "http"),
        (b'<meta charset="iso-8859-2"> \xb1', "text/html", "iso8859-2", "meta"),
        (b"\xef\xbb\xbfcaf\xc3\xa9", "text/html; charset=latin-1", "utf-8", "bom"),
        ("café".encode("utf-16"), "text/html", "utf-16", "bom"),
        (
            "Он сказал, что дом стоит на горе. ".encode("cp1251") * 20,
            "text/html",
            "cp1251",
            "detector",
        ),
        (b"plain", "text/html; charset=nonsense", "utf-8", "ascii"),
        ("<p>café".encode("utf-16-le"), "text/html; charset=utf-16le", "utf-16-le", "detector"),
        ("\n<!doctype html>é".encode("utf-16-be"), "text/html", "utf-16-be", "detector"),
        ("“naïve” £5".encode("cp1252"), "text/html", "cp1252", "detector"),
        ("Zażółć gęślą jaźń. ".encode("cp1250") * 9, "text/html", "cp1250", "detector"),
        ("“naïve” £5".encode("cp1252"), "text/html; charset=utf-16", "cp1252", "detector"),
        (b'<meta charset="utf-16"> plain', "text/html", "utf-8", "meta"),
    ],
)
def test_the_character_set_is_found_and_its_source_named(body, content_type, charset, source):
    decoded = decode_page(body, content_type)
    assert (decoded.charset, decoded.source) == (charset, source)
    assert "\ufffd" not in decoded.text


@pytest.mark.parametrize(
    "claim",
    ["zlib", "rot13", "uu", "idna", "punycode", "unicode_escape", "undefined", "cp037", "utf-7"],
)
def test_what_python_takes_for_a_codec_and_no_page_is_written_in_is_passed_over(claim):
    page = r"<p>Gewinn: 5 \x41 Stück, +AEE- Köln – «ja»</p>".encode("cp1252")
    assert decode_page(page, f"text/html; charset={claim}") == decode_page(page, "text/html")
    assert decode_page(b"<p>plain", f"text/html; charset={claim}").text == "<p>plain"


def test_a_page_with_a_few_broken_bytes_is_what_it_claims_to_be():
    decoded = decode_page("naïve café ".encode() * 500 + b"\xff", "text/html; charset=utf-8")
    assert (decoded.charset, decoded.source, decoded.replaced) == ("utf-8", "http", 1)


def test_a_few_broken_bytes_in_a_page_that_claims_nothing_leave_the_rest_readable():
    decoded = decode_page("naïve café ".encode() * 5 + b"\xff", "text/html")
    assert decoded.text == "naïve café " * 5 + "\ufffd"
    assert (decoded.charset, decoded.source, decoded.replaced) == ("utf-8", "detector", 1)


@pytest.mark.parametrize(
    "claim", ["zlib", "base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "cp037"]
)
@pytest.mark.parametrize("body", [b"<p>C:\\news</p>", b"<p>C:\\news \xa35</p>"])
def test_a_codec_that_no_browser_knows_is_no_character_set(claim, body):
    for page, content_type in (
        (body, f"text/html; charset={claim}"),
        (f"<meta charset='{claim}'>".encode() + body, "text/html"),
    ):
        assert decode_page(page, content_type).text == page.decode("cp1252")


@pytest.mark.parametrize("said", ["naïve", "It’s 5°C", "Åland, Malmö, Tromsø", "Mañana"])
def test_an_accent_or_two_are_not_taken_for_a_set_of_dos(said):
    page = (
        f"<p>{'The council said on Monday that the bridge would open in spring. ' * 30}{said}</p>"
    )
    assert decode_page(page.encode("cp1252"), "text/html").text == page


@pytest.mark.parametrize(
    ("claim", "charset"), [("windows-874", "cp874"), ("X-SJIS", "cp932"), ("x-gbk", "gb18030")]
)
def test_names_that_python_does_not_know_are_those_that_browsers_know(claim, charset):
    decoded = decode_page(b"<p>\xa1\xa2</p>", f"text/html; charset={claim}")
    assert (decoded.charset, decoded.source) == (charset, "http")


def test_references_to_control_characters_go_and_all_others_stay():
    stay = "&#9;&#10;&#13;&#32;&#310;&#x1F600;&#xfffd;&#x0bc;&amp;#1;&#128;"
    assert without_control_references(stay) == stay
    assert without_control_references("a&#1;b&#x0B;c&#0031;d&#xFFFE;e&#12f&#x1f;") == "ab cde f"


def test_blocks_become_lines_without_bullets_and_bars():
    body = html.fromstring(
        "<div><h2>Head</h2><p>One <b>bold</b>\n word.</p><ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"
        "<table><tr><td>1</td><td>2</td></tr></table>x<br>y<pre>def f():\n    return 1\n</pre>tail</div>"
    )
    assert (
        "\n".join(lines_of_body(body))
        == "Head\nOne bold word.\na\nb\nc\n1\n2\nx\ny\ndef f():\n    return 1\ntail"
    )


def test_very_deep_markup_needs_no_recursion():
    tree = html.fromstring("<div>" * 200 + "deep" + "</div>" * 200)
    for _ in range(5000):
        outer = html.Element("div")
        outer.append(tree)
        tree = outer
    assert lines_of_body(tree) == ["deep"]


def test_tables_that_arrange_a_page_become_blocks_and_tables_of_data_stay():
    tree = html.fromstring(
        "<body><table><tr><td>menu</td><td><p>Prose.</p><table><tr><td>1</td></tr></table></td></tr></table></body>"
    )
    flatten_layout_tables(tree)
    assert [element.tag for element in tree.iter("table", "td")] == ["table", "td"]


def test_lines_that_repeat_the_metadata_are_taken_off_and_prose_is_not():
    metadata = "Storm hits\nBy Ada Moe and Li Wu, July 4, 2020\nStaff report\n"
    text = f"{metadata}May said on Monday that it was over.\nAda Moe"
    kept = without_byline(
        text, title="Storm hits!", authors=["Ada Moe", "Li Wu"], site="The Ledger"
    )
    assert kept == "May said on Monday that it was over.\nAda Moe"


@pytest.mark.parametrize(
    "line",
    [
        "By Grace Moe",
        "BY ADA MOE AND LI WU",
        "Grace Moe and Ada van der Berg, November 6, 2018",
        "Li Wu / 6 Nov. 2018",
        "July 4, 2020, 3:15 p.m.",
    ],
)
def test_a_byline_is_known_by_its_form_where_no_metadata_names_its_authors(line):
    prose = "The council met on Monday evening to discuss the new bridge."
    kept = without_byline(f"{line}\n{prose}", title=None, authors=[], site=None)
    assert kept == prose


@pytest.mark.parametrize(
    "line",
    [
        "By November 2018 the bridge was open",
        "By the time it opened, it had cost twice as much.",
        "Grace Moe was born in November 2018",
        "Port Ellery, November 6, 2018.",
    ],
)
def test_prose_that_looks_a_little_like_a_byline_stays(line):
    text = f"{line}\nThe council met on Monday evening to discuss the new bridge."
    assert without_byline(text, title=None, authors=[], site=None) == text


def test_a_text_of_nothing_but_metadata_stays():
    assert without_byline("Storm hits", title="Storm hits", authors=[], site=None) == "Storm hits"


def signals(page):
    return list_signals(page_of(html.fromstring(page)).blocks)


def test_a_list_of_teasers_is_told_from_an_article():
    teaser = "<h3><a href='/x'>A headline that leads on</a></h3><p>The first words of a story are here.</p>"
    prose = "<p>These are the words of a story, and there are many of them.</p>"
    related = "<li><a href='/y'>Another headline to read</a></li>"
    assert signals(f"<html><body>{teaser * 5}</body></html>")["teaser_share"] == 1
    found = signals(f"<html><body>{prose * 5}<ul>{related * 9}</ul></body></html>")
    assert found["teaser_share"] == 0
    assert found["prose_lines"] == 5


def test_a_long_run_of_blanks_is_no_burden():
    blanks = " " * 300_000
    started = time.perf_counter()
    assert frozen_text(f"a{blanks}b\nc{blanks}\nd") == f"a{blanks}b\nc\nd"
    assert time.perf_counter() - started < 1
