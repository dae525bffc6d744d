"""Templates of large portals: applications, players, accelerated pages, endless menus."""

from __future__ import annotations

import json

from gonerd.newsroom.layouts.elements import (
    anchors,
    blocks,
    byline,
    json_ld,
    long_date,
    open_graph,
    page,
    short_date,
    text,
)
from gonerd.newsroom.layouts.furniture import (
    advert,
    cookie_banner,
    figure,
    footer,
    navigation,
    newsletter_box,
    related,
    share_bar,
    with_inserts,
)
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = ["amp", "application", "broadcaster", "portal"]

_CARDS = (
    "3 best cards for travel",
    "Homes for sale near you",
    "What your sign says today",
    "The weather",
)


def portal(story: Story, around: Surroundings) -> str:
    """Custom elements, a mega menu, and cards for everything but the news."""
    cards = "".join(f"<msn-card><h4>{title}</h4><p>Sponsored</p></msn-card>" for title in _CARDS)
    body = f"""<body>{cookie_banner(around)}<fluent-header>{navigation(around, depth=4)}
</fluent-header>
<entry-point><cp-article data-id="{short_date(story)}"><div class="viewsHeader">
<h1 class="viewsHeaderText">{text(story.title)}</h1><div class="viewsAttribution">Story by
{text(byline(story))} • {long_date(story)}</div></div>
<article class="article-reader-container"><div class="article-body" data-t="body">
{with_inserts(blocks(story, around), [advert(around, "a"), advert(around, "b")], every=4)}
</div></article>{share_bar(story)}</cp-article><views-cards>{cards}
{anchors(around.related, opening="<msn-card><h4>", closing="</h4></msn-card>")}</views-cards>
</entry-point>
{footer(story, around)}</body>"""
    return page(story, around, head=open_graph(story, around), body=body)


def broadcaster(story: Story, around: Surroundings) -> str:
    """A player with a script full of words, captions, related links between the paragraphs."""
    player = json.dumps({"title": story.title, "description": "Play video. Now playing. Up next."})
    player = player.replace("<", "\\u003c")
    between = [
        f'<p class="inline-related">RELATED: {anchors(around.related[:1], opening="", closing="")}</p>',
        figure(around, place="b"),
        newsletter_box(around),
    ]
    body = f"""<body>{cookie_banner(around)}
<div class="alert-bar">BREAKING: Watch our live coverage</div>
{navigation(around, depth=2)}
<div class="c-page"><h1 class="c-title">{text(story.title)}</h1>
<div class="c-video"><script>window.player = {player};
document.write("This video is not available in your region.");</script>
<noscript>Please enable JavaScript to watch this video.</noscript></div>{figure(around, place="a")}
<div class="c-byline"><a href="/about">{text(byline(story))}</a> Reporter</div>
<div class="c-date">Published {long_date(story)}</div>
<div class="c-text">{with_inserts(blocks(story, around), between, every=4)}</div></div>
<div class="c-rail">{related(around, title="Top videos")}</div>{footer(story, around)}</body>"""
    return page(story, around, head=json_ld(story, around), body=body)


def amp(story: Story, around: Surroundings) -> str:
    """The accelerated kind: its own attribute, boilerplate style, images and adverts as elements."""
    head = (
        '<script async src="https://cdn.ampproject.example/v0.js"></script>'
        "<style amp-boilerplate>body{visibility:hidden}</style><style amp-custom>h1{font:bold 2em serif}"
        "</style>\n" + json_ld(story, around)
    )
    middle = (
        '<amp-ad width="300" height="250" type="fictional"><div fallback>No ad today</div></amp-ad>'
    )
    body = f"""<body><amp-sidebar id="menu" layout="nodisplay"><ul>{anchors(around.sections)}</ul>
</amp-sidebar>
<div class="amp-header"><button on="tap:menu.toggle">☰</button><a href="/">{text(around.site.name)}
</a></div>
<article class="amp-article"><h1>{text(story.title)}</h1>
<div class="meta"><span>{text(byline(story))}</span> <time>{long_date(story)}</time></div>
<amp-img src="/images/lead.jpg" width="1200" height="675" layout="responsive"></amp-img>
{with_inserts(blocks(story, around), [middle], every=3)}</article>
<amp-list src="/related.json"><div>{anchors(around.related, opening="<div>", closing="</div>")}
</div></amp-list>
<amp-analytics><script type="application/json">{{"vars": {{"account": "0"}}}}</script>
</amp-analytics></body>"""
    return page(story, around, head=head, body=body, html=" amp")


def application(story: Story, around: Surroundings) -> str:
    """A rendered application: divisions with class names made by a compiler, its state in a script."""
    state = json.dumps({"props": {"title": story.title, "url": story.url, "teaser": _CARDS}})
    inside = [
        newsletter_box(around),
        '<div class="css-x8k2"><div>Story continues below</div></div>',
    ]
    paragraphs = blocks(story, around, opening='<p class="css-1ygdjhk">')
    body = f"""<body><div id="__next"><div class="css-0"><div class="css-1a">
<div role="navigation" class="css-9q">
{anchors(around.sections, opening='<div class="css-m">', closing="</div>")}</div>
<div class="css-7r"><div class="css-aa1"><h1 class="css-h1x">{text(story.title)}</h1>
<div class="css-by">{text(byline(story))}</div><div class="css-dt">{long_date(story)}</div>
<div class="css-s4"><div class="css-s5"><div class="css-s6">
{with_inserts(paragraphs, inside, every=4)}</div></div></div></div>
<div class="css-rr">{anchors(around.related, opening='<div class="css-card"><div>', closing="</div></div>")}
</div></div></div></div></div>
<script id="__STATE__" type="application/json">{state.replace("<", chr(92) + "u003c")}</script>
</body>"""
    return page(story, around, head=open_graph(story, around), body=body)
