"""The justice department's press releases: a content management system of the public sector."""

from __future__ import annotations

from gonerd.newsroom.layouts.elements import anchors, blocks, long_date, page, short_date, text
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = ["department"]


def department(story: Story, around: Surroundings) -> str:
    """Nested `field` divisions, a banner above, contact and updated lines below."""
    offices = anchors(around.related, opening='<div class="views-row">', closing="</div>")
    body = f"""<body class="path-node page-node-type-press-release">
<a href="#main" class="visually-hidden">Skip to main content</a>
<section class="usa-banner" aria-label="Official website"><div class="usa-banner__inner">
An official website of the government of this story. Here is how you know.</div></section>
<header class="usa-header"><div class="usa-logo"><a href="/">{text(around.site.name)}</a></div>
<nav aria-label="Primary"><ul class="usa-nav__primary">{anchors(around.sections)}</ul></nav>
</header>
<div class="usa-layout-docs"><aside class="usa-sidenav"><h2>News</h2>{offices}</aside>
<main id="main" class="main-content">
<div class="field field--name-field-pr-type">Press Release</div>
<h1 class="page-title">{text(story.title)}</h1>
<div class="field field--name-field-date"><time datetime="{short_date(story)}">{long_date(story)}
</time></div>
<div class="node__content"><div class="field field--name-field-pr-body field__item">
{"".join(blocks(story, around))}
</div></div>
<div class="node-updated">Updated {long_date(story)}</div></main></div>
<footer class="usa-footer"><ul><li><a href="/about">Accessibility</a></li>
<li><a href="/about">Records requests</a></li><li><a href="/privacy">Privacy policy</a></li></ul>
</footer></body>"""
    head = f'<meta name="dcterms.date" content="{short_date(story)}">\n'
    return page(
        story,
        around,
        head=head,
        body=body,
        html=' dir="ltr" prefix="dc: http://purl.org/dc/terms/"',
    )
