"""What stands around and inside articles and is not their text: boxes, bars, adverts, comments."""

from __future__ import annotations

from collections.abc import Iterable

from gonerd.newsroom.layouts.elements import anchors, long_date, opening_words, text
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = [
    "advert",
    "comments",
    "cookie_banner",
    "figure",
    "footer",
    "navigation",
    "newsletter_box",
    "pull_quote",
    "related",
    "share_bar",
    "tags",
    "with_inserts",
]

_SHOPS = ("Fenwick Mattresses", "Orchard Credit Union", "Bluebird Tires", "Larkspur Travel")
_READERS = ("riverwatcher", "old_goat_77", "MPK", "not a lawyer", "Sunny in Dunmore", "TwoCents")
_REMARKS = (
    "About time somebody wrote this up. Thanks to the reporters.",
    "I do not believe a word of it, and neither do my neighbors.",
    "Follow the money. That is all I will say.",
    "Why is this not on the front page?",
    "First!",
    "My cousin was there and says it was much worse than you write.",
)
_CAPTIONS = (
    "A street near the scene, seen on Tuesday.",
    "File photo. The building has been closed since last year.",
    "Traffic backed up for more than a mile during the morning.",
    "The hearing room before the session began.",
)


def advert(around: Surroundings, place: str = "") -> str:
    """An advert as it stands in the flow of a page."""
    shop = around.random(f"advert{place}").choice(_SHOPS)
    return (
        '<div class="ad-slot" aria-hidden="true"><span>ADVERTISEMENT</span>'
        f'<a rel="sponsored" href="http://ads.example/click?{place}">{shop}: everything must go</a></div>'
    )


def comments(around: Surroundings, *, count: int = 4) -> str:
    """Readers' comments below the article."""
    chance = around.random("comments")
    items = "\n".join(
        f'<li class="comment"><cite>{chance.choice(_READERS)}</cite>'
        f'<div class="comment-body"><p>{chance.choice(_REMARKS)}</p></div></li>'
        for _ in range(count)
    )
    return f'<section id="comments" class="comments-area"><h3>{count} comments</h3><ol>{items}</ol></section>'


def cookie_banner(around: Surroundings) -> str:
    """The consent box that covers a third of the screen."""
    return (
        '<div id="cookie-consent" class="cookie-banner" role="dialog"><p>We and our 812 partners '
        "store and access information on your device to make "
        f"{text(around.site.name)} better for you.</p><button>Accept all</button>"
        "<button>Manage settings</button></div>"
    )


def figure(around: Surroundings, *, place: str = "") -> str:
    """A picture with a caption and a credit."""
    chance = around.random(f"figure{place}")
    return (
        f'<figure class="wp-caption"><img src="/images/{chance.randrange(9000)}.jpg" alt="">'
        f'<figcaption class="caption">{chance.choice(_CAPTIONS)} '
        f'<span class="credit">(Staff photo)</span></figcaption></figure>'
    )


def footer(story: Story, around: Surroundings) -> str:
    """Legal lines and links at the foot of a page."""
    return (
        f'<footer class="site-footer"><p>© {story.published.year} {text(around.site.name)}, '
        f"{text(around.site.city)}. All rights reserved.</p><ul>"
        '<li><a href="/about">About us</a></li><li><a href="/terms">Terms of use</a></li>'
        '<li><a href="/privacy">Privacy policy</a></li></ul></footer>'
    )


def navigation(around: Surroundings, *, depth: int = 1) -> str:
    """The menu of sections; with `depth` above 1 each opens a menu of its own."""
    menu = anchors(around.sections)
    for _ in range(depth - 1):
        menu = f'<li class="has-children"><span>More</span><ul>{menu}</ul></li>\n{menu}'
    return f'<nav class="main-menu"><ul><li><a href="/">Home</a></li>{menu}</ul></nav>'


def newsletter_box(around: Surroundings) -> str:
    """The box that asks for an e-mail address in the middle of the text."""
    return (
        '<aside class="newsletter-signup"><h4>Get the morning briefing</h4>'
        f"<p>Sign up for the free newsletter of {text(around.site.name)}.</p>"
        '<form action="/subscribe"><input type="email" placeholder="Your e-mail"><button>Sign up'
        "</button></form></aside>"
    )


def pull_quote(story: Story) -> str:
    """A sentence of the story once more, in large letters."""
    middle = story.paragraphs[len(story.paragraphs) // 2]
    return f'<aside class="pullquote"><q>{text(opening_words(middle))}</q></aside>'


def related(around: Surroundings, *, title: str = "Related stories") -> str:
    """Links to other stories of the site."""
    return f'<div class="related"><h3>{title}</h3><ul>{anchors(around.related)}</ul></div>'


def share_bar(story: Story) -> str:
    """Buttons for networks that do not exist."""
    return (
        f'<div class="share social-share"><a href="http://chirp.example/?u={text(story.url)}">Chirp</a>'
        '<a href="mailto:?subject=Read">Email</a><button>Copy link</button></div>'
    )


def tags(story: Story) -> str:
    """The story's topic and date as tags."""
    return (
        f'<ul class="tags"><li><a rel="tag" href="/section/{text(story.topic)}">{text(story.topic)}</a></li>'
        f'<li><a rel="tag" href="/">local</a></li><li>{long_date(story)}</li></ul>'
    )


def with_inserts(paragraphs: Iterable[str], inserts: Iterable[str], *, every: int = 3) -> str:
    """Put one insert after each `every` paragraphs, as long as there are both."""
    out: list[str] = []
    waiting = iter(inserts)
    for number, paragraph in enumerate(paragraphs, start=1):
        out.append(paragraph)
        if number % every == 0:
            out.append(next(waiting, ""))
    return "\n".join(out)
