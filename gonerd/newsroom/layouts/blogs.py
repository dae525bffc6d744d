"""Templates of weblog software: posts, live coverage, key points, newsletters, forums."""

from __future__ import annotations

from datetime import timedelta

from gonerd.newsroom.layouts.elements import (
    anchors,
    blocks,
    byline,
    json_ld,
    long_date,
    open_graph,
    page,
    rich,
    short_date,
    text,
)
from gonerd.newsroom.layouts.furniture import (
    advert,
    comments,
    cookie_banner,
    figure,
    footer,
    navigation,
    newsletter_box,
    related,
    share_bar,
    tags,
    with_inserts,
)
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = ["forum", "live", "newsletter", "tabloid", "wordpress"]

_ANSWERS = (
    "Moved here from the local board, where two other threads on this had been opened already.",
    "I drove past on the way home and there was nothing to be seen, so take it for what it is worth.",
    "Can somebody who was there tell us more? The report leaves out the part that matters to us.",
    "Keep it civil, please. Three answers were removed and one member has been given a week off.",
    "Same thing happened on our street last year and nobody came to write about it then either.",
)


def wordpress(story: Story, around: Surroundings) -> str:
    """`hentry` and `entry-content`, widgets at the side, comments below."""
    body = f"""<body class="single single-post wp-custom-logo"><div id="page" class="hfeed site">
<header id="masthead" class="site-header"><h2 class="site-title">
<a href="/">{text(around.site.name)}</a></h2>
{navigation(around)}</header><div id="content" class="site-content"><div id="primary">
<article class="post hentry category-{text(story.topic)}"><header class="entry-header">
<h1 class="entry-title">{text(story.title)}</h1><div class="entry-meta">Posted on
<time class="entry-date" datetime="{short_date(story)}">{long_date(story)}</time> by
<span class="author vcard">{text(byline(story))}</span></div></header>
<div class="entry-content">{figure(around)}{"".join(blocks(story, around))}
<div class="sharedaddy">{share_bar(story)}</div></div><footer class="entry-footer">{tags(story)}
</footer></article>
{comments(around)}</div><div id="secondary" class="widget-area"><section class="widget">
<h2>Recent posts</h2><ul>{anchors(around.related)}</ul></section></div>
</div>{footer(story, around)}</div></body>"""
    head = '<meta name="generator" content="Presser 6.4">\n' + open_graph(story, around)
    return page(story, around, head=head, body=body)


def live(story: Story, around: Surroundings) -> str:
    """Live coverage: each paragraph or two is an entry with a time and a heading."""
    chance = around.random("inline")
    entries: list[str] = []
    moment = story.published
    paragraphs = list(story.paragraphs)
    while paragraphs:
        size = chance.randint(2, 4)
        now, paragraphs = paragraphs[:size], paragraphs[size:]
        moment += timedelta(minutes=chance.randint(4, 50))
        inner = "".join(f"<p>{rich(p, chance)}</p>" for p in now)
        if not entries:
            inner += "".join(
                f"<pre><code>{text(block)}</code></pre>" for block in story.preformatted
            )
        entries.append(
            f'<section class="live-entry" id="e{len(entries)}"><time>{moment:%H:%M}</time>'
            f'<div class="live-text">{inner}</div></section>'
        )
    body = f"""<body class="live-page"><div class="live-head"><span class="badge">LIVE</span>
<h1>{text(story.title)}</h1><p class="stand">{text(byline(story))}, {long_date(story)}</p></div>
{navigation(around)}<div class="live-blog" role="feed">{"".join(entries)}</div>
<div class="live-side">{related(around, title="Also live")}</div>{footer(story, around)}</body>"""
    return page(story, around, head=json_ld(story, around), body=body)


def tabloid(story: Story, around: Surroundings) -> str:
    """Key points on top, adverts and links between short pieces, shouting everywhere."""
    further = anchors(around.related[:2], opening="", closing="")
    between = [
        advert(around, "1"),
        f'<div class="read-more"><b>READ MORE:</b> {further}</div>',
        figure(around, place="2"),
        advert(around, "2"),
    ]
    body = f"""<body>{cookie_banner(around)}<div class="top-strip">{navigation(around, depth=2)}
</div>
<div class="promo">WIN A CAR! Click here</div><div class="main-col"><div class="article-wrap">
<h1>{text(story.title)}</h1><ul class="key-points"><li>Read the whole story below</li>
<li>See the pictures</li></ul><div class="by">By {text(byline(story))} for {text(around.site.name)}
</div>
<div class="date">{long_date(story)}</div>{share_bar(story)}
<div itemprop="articleBody">{with_inserts(blocks(story, around), between, every=2)}</div></div>
</div>
<div class="femail">{related(around, title="DON'T MISS")}</div>{comments(around, count=6)}
{footer(story, around)}</body>"""
    return page(story, around, head=open_graph(story, around), body=body)


def newsletter(story: Story, around: Surroundings) -> str:
    """Sign-up boxes and donation lines inside the text, where readers trip over them."""
    between = [
        newsletter_box(around),
        '<p class="donate"><strong>Local news needs you. <a href="/about">Donate today</a>.</strong></p>',
        newsletter_box(around),
    ]
    body = f"""<body><div class="topbar">{navigation(around)}</div><main><article class="post-full">
<h1>{text(story.title)}</h1><div class="post-author"><div class="name">{text(byline(story))}</div>
<div class="when">{long_date(story)}</div></div><div class="post-body">
{with_inserts(blocks(story, around), between, every=3)}</div></article>
{newsletter_box(around)}<div class="read-next">{related(around, title="Read next")}</div></main>
{footer(story, around)}</body>"""
    return page(story, around, head=json_ld(story, around), body=body)


def forum(story: Story, around: Surroundings) -> str:
    """A story as the first message of a thread, with the answers below in the same elements."""
    chance = around.random("thread")
    replies = "".join(
        f'<div class="message comment" id="m{number}"><div class="user">member {chance.randrange(9000)}</div>'
        f'<div class="content"><p>{chance.choice(_ANSWERS)}</p></div></div>'
        for number in range(1, 6)
    )
    body = f"""<body><div class="breadcrumbs"><a href="/">{text(around.site.name)}
</a> › {text(story.topic)}</div>
{navigation(around)}<h1 class="thread-title">{text(story.title)}</h1><div class="thread">
<div class="message starter" id="m0"><div class="user">{text(byline(story))}</div>
<div class="stamp">{long_date(story)}</div><div class="content">{"".join(blocks(story, around))}
</div></div>
{replies}</div><div class="similar">{anchors(around.related, opening="<p>", closing="</p>")}</div>
</body>"""
    return page(story, around, body=body)
