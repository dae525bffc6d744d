"""Blocks of a page, the extractor's vote on them, and what of them is the article."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from gonerd_scraper.extraction.about import about_page, meta_values
from gonerd_scraper.extraction.article import article_blocks
from gonerd_scraper.extraction.ballot import votes_for
from gonerd_scraper.extraction.blocks import Block, page_of
from gonerd_scraper.extraction.structured import article_data
from gonerd_scraper.extraction.wording import is_call, is_label, is_note

FIRST = "The council met on Monday evening to discuss the new bridge over the river."
SECOND = "Mayor Ada Lindqvist said that the work would begin in March and take two years."
THIRD = "Several residents asked whether the old ferry could be kept until the bridge is open."
FOURTH = "The vote was seven to two, with one member of the council not present for the count."


def page(body, head=""):
    return html.fromstring(f"<html><head>{head}</head><body>{body}</body></html>")


def paragraphs(*texts):
    return "".join(f"<p>{text}</p>" for text in texts)


def article(body, lines, *, titles=(), authors=()):
    """The lines of the article that is found in `body` after the vote of an extractor that took `lines`."""
    blocks = page_of(page(body))
    found = article_blocks(blocks, votes_for(blocks.blocks, lines), titles=titles, authors=authors)
    return [block.text for block in found]


def test_blocks_know_their_links_and_where_they_stand():
    found = page_of(
        page(
            "<nav><a href='/'>Home</a></nav><div id='main'><p>One <a href='/x'>two</a></p>"
            "<div class='article-related'><p>More</p></div></div>"
            "<p hidden>Not</p><p style='display: none'>shown</p><script>x = 1</script>"
        )
    ).blocks
    assert [(block.text, block.linked, bool(block.framing), block.chrome) for block in found] == [
        ("Home", 4, True, True),
        ("One two", 3, False, False),
        ("More", 0, True, False),
    ]


@given(st.lists(st.text("abcd ef", min_size=1, max_size=60), max_size=12), st.data())
def test_what_an_extractor_took_in_the_order_of_the_page_gets_its_vote(texts, data):
    # numbers make each text its own, so that it is known which of them were taken
    texts = [f"{number:03} {text} {number:03}" for number, text in enumerate(texts)]
    taken = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    blocks = [Block(text, 0, "p", n, 0, (), False) for n, text in enumerate(texts)]
    lines = [text for text, is_taken in zip(texts, taken, strict=True) if is_taken]
    assert votes_for(blocks, lines) == taken


def test_of_a_repeated_text_the_copy_in_its_place_gets_the_vote():
    blocks = page_of(page(paragraphs(SECOND, FIRST, SECOND, THIRD))).blocks
    assert votes_for(blocks, [FIRST, SECOND, THIRD]) == [False, True, True, True]
    blocks = page_of(page(paragraphs(THIRD, FIRST, SECOND, THIRD))).blocks
    assert votes_for(blocks, [THIRD, FIRST, SECOND]) == [True, True, True, False]


def test_a_block_of_which_a_link_was_left_out_gets_the_vote_and_one_that_shares_a_few_words_does_not():
    blocks = page_of(page(paragraphs(FIRST, SECOND))).blocks
    assert votes_for(blocks, [FIRST.replace("Monday evening", "")]) == [True, False]


def test_paragraphs_that_the_extractor_missed_come_back_by_their_place_and_their_build():
    body = (
        f"<div class='text'>{paragraphs(FIRST, SECOND)}</div><figure>x</figure>"
        f"<div class='text'>{paragraphs(THIRD)}</div><div class='comments'>{paragraphs(FOURTH)}</div>"
    )
    assert article(body, [FIRST]) == [FIRST, SECOND, THIRD]


def test_a_list_within_an_article_is_taken_and_a_list_of_links_is_not():
    links = "".join(f"<li><a href='/{n}'>Another story that is told here</a></li>" for n in "ab")
    body = f"<div>{paragraphs(FIRST)}<ul><li>{SECOND}</li></ul>{paragraphs(THIRD)}<ul>{links}</ul></div>"
    assert article(body, [FIRST, THIRD]) == [FIRST, SECOND, THIRD]


def test_what_calls_itself_something_else_is_left_out_unless_it_holds_the_article():
    promotion = f"<div class='newsletter-signup'><p>{FOURTH}</p></div>"
    inside = (
        f"<div class='has-sidebar'>{paragraphs(FIRST, SECOND)}{promotion}{paragraphs(THIRD)}</div>"
    )
    assert article(inside, [FIRST, SECOND, FOURTH, THIRD]) == [FIRST, SECOND, THIRD]


def test_headlines_and_what_stands_above_them_are_no_part_of_the_text():
    body = f"<div><p>Press release</p><h1>Council votes</h1>{paragraphs(FIRST, SECOND)}</div>"
    lines = ["Press release", "Council votes", FIRST, SECOND]
    assert article(body, lines, titles=["Council votes on bridge"]) == [FIRST, SECOND]


def test_pull_quotes_links_and_pointers_go_and_the_end_is_cleaned():
    body = (
        f"<div>{paragraphs(FIRST, SECOND, 'Mayor Ada Lindqvist said that the work…')}"
        f"<p><a href='/x'>FERRY TO CLOSE AFTER A CENTURY</a></p><p>READ MORE: The ferry's last day</p>"
        f"{paragraphs(THIRD, 'Li Wu is a reporter who covers the harbour.', 'Updated on 4 July')}"
        "<h3>More stories</h3></div>"
    )
    lines = [block.text for block in page_of(page(body)).blocks]
    assert article(body, lines, authors=["Li Wu"]) == [FIRST, SECOND, THIRD]


def test_without_a_paragraph_there_is_no_article():
    body = "<ul><li>Home</li><li>News</li></ul><p>Latest</p>"
    assert article(body, ["Home", "News", "Latest"]) == []


@pytest.mark.parametrize(
    "line",
    [
        "Related stories",
        "READ MORE",
        "Story continues below advertisement",
        "Don’t miss",
        "Most popular in Sports",
    ],
)
def test_a_line_that_names_a_part_of_the_page_is_a_label(line):
    assert is_label(line)
    assert not is_label(f"{line} said on Monday that the bridge would be built in two years.")


@pytest.mark.parametrize(
    "line",
    [
        "Also read: Bridge opens a year late",
        "Sign up for our free weekly newsletter",
        "Follow us on the usual channels",
        "Like this story? Share it with a friend!",
        "Get it delivered to your inbox every morning",
    ],
)
def test_what_a_site_asks_of_its_readers_is_a_call(line):
    assert is_call(line, 0.0)


@pytest.mark.parametrize(
    "line",
    [
        "More than 40 people followed the debate, and the council will publish its report.",
        "Popular singer Ada Moe died on Monday at the age of 81.",
        "Read by the mayor herself, the statement took two minutes.",
        "Video showed the ferry leaving the harbour at noon.",
        "Follow-up work will begin in March, the company said.",
        "Related charges against two other men were dropped on Friday.",
        "Subscribers will pay two dollars more, the company said.",
    ],
)
def test_prose_that_begins_like_a_call_is_prose(line):
    assert not is_call(line, 0.0)
    assert not is_label(line)
    assert not is_note(line)


def test_json_ld_gives_headline_people_and_day_and_is_forgiving():
    graph = {
        "@graph": [
            {"@type": "WebPage", "name": "The Ledger"},
            {"@type": "Person", "@id": "#ada", "name": "Ada Moe"},
            {
                "@type": ["NewsArticle"],
                "headline": "Council &amp; bridge",
                "author": [{"@id": "#ada"}, {"@type": "Organization", "name": "The Ledger"}],
                "datePublished": "2020-07-04T23:30:00-05:00",
            },
        ]
    }
    broken = '<script type="application/ld+json">{"@type": </script>'
    script = f'<script type="application/ld+json">{json.dumps(graph)}</script>'
    tree = page("<h1>Council & bridge</h1>", broken + script)
    data = article_data(tree)
    assert (data.headline, data.authors, data.published[:10]) == (
        "Council & bridge",
        ("Ada Moe",),
        "2020-07-04",
    )
    about = about_page(tree, meta_values(tree), data, url="http://a.example/", until="2026-01-01")
    assert (about.title, about.authors, about.date) == (
        "Council & bridge",
        ("Ada Moe",),
        "2020-07-04",
    )


def test_a_title_loses_the_name_of_its_site_and_authors_come_one_by_one():
    tree = page(
        "<p>x</p>",
        "<title>Storm hits - but not here | The Ledger</title>"
        '<meta name="author" content="By Ada Moe and Li Wu, Staff Reporter">'
        '<meta property="article:published_time" content="2020-07-04">',
    )
    about = about_page(
        tree,
        meta_values(tree),
        article_data(tree),
        url="http://www.theledger.example/1",
        until="2026-01-01",
    )
    assert about.title == "Storm hits - but not here"
    assert about.authors == ("Ada Moe", "Li Wu")
    assert about.date == "2020-07-04"


def test_a_title_is_one_line_as_it_is_shown():
    tree = page(
        "<h1>\n  Storm\n    <b>hits</b>\u00a0 the port </h1>", "<title>Storm hits the port</title>"
    )
    about = about_page(
        tree, meta_values(tree), article_data(tree), url="http://a.example/", until="2026-01-01"
    )
    assert about.title == "Storm hits the port"


def test_a_day_that_is_still_to_come_is_not_believed():
    tree = page("<p>x</p>", '<meta name="date" content="2031-01-01">')
    about = about_page(
        tree, meta_values(tree), article_data(tree), url="http://a.example/", until="2026-01-01"
    )
    assert about.date is None


def test_blanks_and_signs_without_end_in_what_a_page_says_of_itself_are_no_burden():
    blanks, signs = " " * 200_000, " - " * 50_000
    tree = html.fromstring(
        f"<html><head><title>Storm{blanks}hits{signs}x</title><meta name='author' content='Ann{blanks}Li'>"
        f"<script type='application/ld+json'><!-- {{}} -->{blanks}x{signs}</script></head></html>"
    )
    started = time.perf_counter()
    data = article_data(tree)
    about = about_page(tree, meta_values(tree), data, url="http://a.example/", until="2026-01-01")
    assert about.authors == ("Ann Li",)
    assert about.title is None  # nobody writes a headline of 150,000 characters
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "form", ["{}", "<!-- {} -->", "//<![CDATA[\n{}\n//]]>", "<![CDATA[{}]]>", " {}\n", "<!--{}-->;"]
)
def test_json_ld_is_read_out_of_the_comments_of_old(form):
    said = json.dumps({"@type": "NewsArticle", "headline": "Storm; hits ]] the port"})
    tree = html.fromstring("<html><head><script type='application/ld+json'/></head></html>")
    next(tree.iter("script")).text = form.replace("{}", said)
    assert article_data(tree).headline == "Storm; hits ]] the port"
