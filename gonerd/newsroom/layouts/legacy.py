"""Templates from before the elements for articles were there: tables, line breaks, print."""

from __future__ import annotations

from gonerd.newsroom.layouts.elements import anchors, blocks, byline, long_date, page, rich, text
from gonerd.newsroom.layouts.furniture import advert, share_bar
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = ["breaks", "divisions", "lists", "print_page", "table"]

_NOTICES = (
    "For sale: upright piano, needs tuning, buyer collects. Ask at the counter of the paper.",
    "The paper is looking for carriers for the morning rounds. A bicycle is of advantage.",
    "Lost on the market square: a grey cat with one white paw. The finder is rewarded.",
    "The office is closed on the holiday. Notices for the weekend are taken until noon.",
    "Rummage sale at the parish hall on Saturday from nine, coffee and cake from ten.",
)


def table(story: Story, around: Surroundings) -> str:
    """Tables for all that stands around the text, `font` elements, notices of readers below it."""
    menu = anchors(around.sections, opening="<tr><td bgcolor='#eee'>", closing="</td></tr>")
    links = anchors(around.related, opening="<tr><td><font size=1>", closing="</font></td></tr>")
    chance = around.random("notices")
    notices = "".join(
        f'<p><font size="2">{notice}</font></p>' for notice in chance.sample(_NOTICES, k=2)
    )
    paragraphs = blocks(
        story, around, opening='<p><font face="Times" size="3">', closing="</font></p>"
    )
    body = f"""<body bgcolor="#ffffff" link="#0000cc"><table width="100%" border="0"><tr>
<td colspan="3"><a href="/"><img src="/logo.gif" alt="{text(around.site.name)}"></a></td></tr>
<tr><td><font size="5"><b>{text(story.title)}</b></font></td></tr>
<tr><td><font size="2"><i>By {text(byline(story))}, {long_date(story)}</i></font></td></tr></table>
<table align="left" width="120"><tr><td><table>{menu}</table></td></tr></table>
<table align="right" width="160"><tr><td><table>{links}</table>{advert(around)}</td></tr></table>
{"".join(paragraphs)}{notices}
<table width="100%"><tr><td align="center">
<font size="1">Copyright {story.published.year} {text(around.site.name)}. Best viewed at 800 x 600.</font>
</td></tr></table></body>"""
    return page(story, around, body=body)


def breaks(story: Story, around: Surroundings) -> str:
    """No paragraphs at all: two line breaks between them, inside one division."""
    chance = around.random("inline")
    parts = [rich(paragraph, chance) for paragraph in story.paragraphs]
    parts[1:1] = [f"<pre>{text(block)}</pre>" for block in story.preformatted]
    links = anchors(around.related, opening="", closing="<br>")
    body = f"""<body><div id="head"><a href="/">{text(around.site.name)}</a> |
{anchors(around.sections, opening="", closing=" |")}</div><div id="main"><h2>{text(story.title)}
</h2>
<span class="small">{text(byline(story))} - {long_date(story)}</span><br><br>
<div id="text">{"<br><br>".join(parts)}</div><br><br>{share_bar(story)}</div>
<div id="links"><b>More:</b><br>{links}</div></body>"""
    return page(story, around, body=body)


def divisions(story: Story, around: Surroundings) -> str:
    """Paragraphs are `div`, headings are `div`, everything is `div`."""
    paragraphs = list(blocks(story, around, opening='<div class="para">', closing="</div>"))
    notices = around.random("notices").sample(_NOTICES, k=2)
    paragraphs += [f'<div class="para">{notice}</div>' for notice in notices]
    body = f"""<body><div class="w"><div class="h"><div class="n">
{anchors(around.sections, opening='<div class="i">', closing="</div>")}</div></div><div class="c">
<div class="t">{text(story.title)}</div><div class="m">{text(byline(story))} / {long_date(story)}
</div>
<div class="b">{"".join(paragraphs)}</div></div><div class="r">
{anchors(around.related, opening='<div class="i">', closing="</div>")}</div>
<div class="f">{text(around.site.name)}, {text(around.site.city)}</div></div></body>"""
    return page(story, around, body=body)


def print_page(story: Story, around: Surroundings) -> str:
    """The version for the printer: a rule, the text, the address it came from."""
    body = f"""<body onload="window.print()"><p><b>{text(around.site.name)}</b></p><hr>
<h1>{text(story.title)}</h1><p>{text(byline(story))}<br>{long_date(story)}</p>
{"".join(blocks(story, around))}<hr><p><small>{text(story.url)}</small></p></body>"""
    return page(story, around, body=body)


def lists(story: Story, around: Surroundings) -> str:
    """Most of the story as items of lists, beside other lists."""
    items = list(blocks(story, around, opening="", closing=""))
    runs = (items[at : at + 3] for at in range(0, len(items), 3))
    facts = "".join(
        f"<p>{lead}</p>"
        + (f"<ul>{''.join(f'<li>{item}</li>' for item in rest)}</ul>" if rest else "")
        for lead, *rest in runs
    )
    body = f"""<body><ul class="menu">{anchors(around.sections)}</ul><div class="item-page">
<h1>{text(story.title)}</h1><dl class="info"><dt>Author</dt><dd>{text(byline(story))}</dd>
<dt>Date</dt>
<dd>{long_date(story)}</dd></dl><div class="facts">{facts}</div></div>
<ul class="latest">{anchors(around.related)}</ul><div class="foot">{text(around.site.name)}</div>
</body>"""
    return page(story, around, body=body)
