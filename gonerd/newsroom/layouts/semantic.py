"""Templates with the elements that HTML 5 has for articles, and with metadata beside them."""

from __future__ import annotations

from gonerd.newsroom.layouts.elements import (
    anchors,
    blocks,
    byline,
    json_ld,
    long_date,
    open_graph,
    opening_words,
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
    pull_quote,
    related,
    share_bar,
    tags,
    with_inserts,
)
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = ["classic", "magazine", "microdata", "opengraph"]


def classic(story: Story, around: Surroundings) -> str:
    """`main`, `article`, `header`, `p`, and a sidebar: the page that extractors are made for."""
    body = f"""<body>
<header><p class="masthead"><a href="/">{text(around.site.name)}</a></p>{navigation(around)}
</header>
<main><article><header><h1>{text(story.title)}</h1>
<p class="byline">By <span class="author">{text(byline(story))}</span> |
<time datetime="{story.published.isoformat()}">{long_date(story)}</time></p></header>
<div class="article-body">{"".join(blocks(story, around))}</div>
{tags(story)}</article>
<aside class="sidebar">{related(around, title="Most read")}{advert(around)}</aside></main>
{footer(story, around)}</body>"""
    return page(story, around, head=json_ld(story, around), body=body)


def microdata(story: Story, around: Surroundings) -> str:
    """Microdata on every element, an audio player, a caption, and a support box at the end."""
    body = f"""<body itemscope itemtype="https://schema.org/WebPage">
<div class="station-bar"><span>On air</span><a href="/about">Listen live</a>
</div>{navigation(around)}
<div itemscope itemtype="https://schema.org/NewsArticle" class="post">
<meta itemprop="datePublished" content="{story.published.isoformat()}">
<h1 itemprop="headline">{text(story.title)}</h1>
<div class="ArtP-byline"><span itemprop="author">{text(byline(story))}</span></div>
<div class="audio-player"><audio controls src="/audio/{story.published:%Y%m%d}.mp3"></audio>
<span>Listen • 3:42</span></div>{figure(around)}
<div itemprop="articleBody" class="RichTextArticleBody">{"".join(blocks(story, around))}</div>
<div class="support"><p>{text(around.site.name)} is made possible by members. <a href="/about">Give
now</a>.</p></div></div>
{related(around)}{footer(story, around)}</body>"""
    return page(story, around, body=body)


def opengraph(story: Story, around: Surroundings) -> str:
    """`section` elements, OpenGraph in the head, share bars above and below the text."""
    body = f"""<body>{cookie_banner(around)}
<div id="wrap"><div id="top">{navigation(around)}</div>
<section class="story" id="story-{short_date(story)}"><h1>{text(story.title)}</h1>
{share_bar(story)}<h2 class="info">{text(byline(story))}, {long_date(story)}</h2>
<section class="story-text">{"".join(blocks(story, around))}</section>{share_bar(story)}</section>
<section class="next"><h2>Up next</h2>{anchors(around.related, opening="<div>", closing="</div>")}
</section>
</div>{footer(story, around)}</body>"""
    return page(story, around, head=open_graph(story, around), body=body)


def magazine(story: Story, around: Surroundings) -> str:
    """A drop cap, pull quotes, and an author's note in the flow of the text."""
    first, *others = blocks(story, around)
    letter, rest = first[3:4], first[4:]
    dropped = first
    if letter.isalpha():
        dropped = f'<p class="opening"><span class="dropcap">{letter}</span>{rest}'
    chosen = around.random("quotes").sample(story.paragraphs, k=min(4, len(story.paragraphs) // 4))
    quotes = [f'<p class="large">{text(opening_words(p))}</p>' for p in chosen]
    inserts = (*quotes[:1], advert(around, "mid"), *quotes[1:2], pull_quote(story), *quotes[2:])
    body = f"""<body class="longform">
<header class="hero"><a class="logo" href="/">{text(around.site.name)}</a>
<h1>{text(story.title)}</h1><div class="dek">{text(story.topic.title())}</div></header>
<article class="feature"><div class="credits"><span>Words by {text(byline(story))}</span>
<span>{long_date(story)}</span></div>
{with_inserts([dropped, *others], inserts, every=2)}
<hr><div class="author-bio"><em>{text(byline(story))} writes for {text(around.site.name)}.</em>
</div></article>
<section class="more-features">{anchors(around.related, opening="<article><h3>", closing="</h3></article>")}
</section>{footer(story, around)}</body>"""
    return page(story, around, head=json_ld(story, around) + open_graph(story, around), body=body)
