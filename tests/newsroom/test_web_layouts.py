import re
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest

from gonerd.newsroom.generator import article
from gonerd.newsroom.layouts import TEMPLATES, Link, Surroundings, story_from_article
from gonerd.newsroom.sites import SITES, site_of
from tests.newsroom.web_pages import Skeleton, newsroom

LINKS = tuple(Link(f"/x/{n}", f"Another story {n}") for n in range(5))


def rendered(template, *, number=3, **changes):
    site = next((s for s in SITES if s.template == template), SITES[1])
    story = replace(story_from_article(article(number, seed=0)), **changes)
    around = Surroundings(site=site, seed="test", sections=LINKS[:3], related=LINKS)
    return TEMPLATES[template](story, around)


def words(text):
    return Counter(re.findall(r"\w+", text))


def f1(gold, got):
    a, b = words(gold), words(got)
    return 2 * (a & b).total() / (a.total() + b.total())


def test_at_least_twelve_layouts_of_the_sites_differ_in_structure():
    paths = {name: Skeleton(rendered(name)).paths for name in TEMPLATES}
    alike = {
        (one, other)
        for one, other in combinations(sorted(paths), 2)
        if len(paths[one] & paths[other]) / len(paths[one] | paths[other]) > 0.75
    }
    assert not alike
    assert len({site.template for site in SITES if site.kind == "news"}) >= 12
    assert {site.template for site in SITES} <= set(TEMPLATES)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_layout_escapes_what_it_is_given(name):
    page = rendered(
        name,
        title='Tom & "Jerry" <b>x</b>',
        authors=("A <i>B</i>",),
        paragraphs=("x < y && <script>alert(1)</script> \"quoted\" 'too'", "Second."),
        preformatted=("if (a < b && c) {}</pre>",),
    )
    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page
    assert "<i>B</i>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "if (a &lt; b &amp;&amp; c) {}&lt;/pre&gt;" in page


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_layout_closes_what_it_opens(name):
    void = "|".join(Skeleton.VOID)
    page = re.sub(r"<!DOCTYPE html>|<script.*?</script>", "", rendered(name), flags=re.DOTALL)
    page = re.sub(rf"<(({void})\b[^>]*)>", r"<\1/>", page)
    page = re.sub(
        r"<(\w[\w-]*)((?:\s[^<>]*)?)>", lambda m: m[0] if m[2].endswith("/") else _quoted(m), page
    )
    page = page.replace("&nbsp;", " ")
    ElementTree.fromstring(page)


def _quoted(match):
    """An opening tag with its attributes in the form that XML wants."""
    attributes = re.sub(r"=(\d+)", r'="\1"', match[2])
    attributes = re.sub(
        r"\s(itemscope|async|controls|amp|amp-boilerplate|amp-custom|fallback)(?=[\s>]|$)",
        r' \1=""',
        attributes,
    )
    return f"<{match[1]}{attributes}>"


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_paragraph_stands_on_the_page_in_order(name):
    story = story_from_article(article(3, seed=0))
    plain = re.sub(r"<script.*?</script>|<[^>]*>", "", rendered(name), flags=re.DOTALL)
    place = 0
    for paragraph in story.paragraphs:
        escaped = re.escape(paragraph).replace('"', "(?:&quot;)").replace("'", "(?:&\\#x27;)")
        found = re.compile(escaped).search(plain, place)
        assert found, paragraph
        place = found.end()


def test_an_extractor_gets_most_of_the_text_of_every_layout():
    trafilatura = pytest.importorskip("trafilatura", reason="needs the extra scrape")
    web = newsroom(600)
    texts = {document.id: document.text for document in web.gold()}
    scores = defaultdict(list)
    for address in web.addresses():
        if address.kind not in ("article", "copy") or address.reason == "short":
            continue
        template = (
            address.manner
            if address.manner in ("amp", "print")
            else site_of(address.domain).template
        )
        if address.manner not in ("", "amp", "print") or len(scores[template]) == 8:
            continue
        body = web.respond(*address.route).body
        got = trafilatura.extract(body, url=address.url, deduplicate=False, include_comments=False)
        scores[template].append(f1(texts[f"newsroom-{address.number:06d}"], got or ""))
    means = {name: sum(values) / len(values) for name, values in scores.items()}
    assert set(means) == set(TEMPLATES)
    assert min(means.values()) > 0.75, means
    assert sum(mean > 0.95 for mean in means.values()) > len(means) / 2, means
    assert sum(0.75 < mean < 0.95 for mean in means.values()) >= 2, means
