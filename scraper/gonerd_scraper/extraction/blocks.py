"""A page as a row of blocks: what each line says, and what kind of element it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

__all__ = ["BLOCKS", "HEADINGS", "VERBATIM", "Block", "Page", "list_signals", "page_of"]

# Elements that begin and end a line, in HTML and in trafilatura's own names for them.
BLOCK_NAMES = """
address article aside blockquote body br button caption cell center code dd details div dl doc dt
fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr item lb li list main nav ol
p pre quote row section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = frozenset(BLOCK_NAMES.split())
VERBATIM = frozenset({"code", "pre"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

UNREAD_NAMES = """
audio canvas datalist dialog head iframe input math noframes noscript object option script select
style svg template textarea title video
"""
UNREAD = frozenset(UNREAD_NAMES.split())
"""Elements whose content is not shown, or is no text."""

CHROME = frozenset({"footer", "header", "nav"})
"""What a site repeats on its pages; measures of a page's build leave it out."""

FRAMING = CHROME | {"aside", "button", "figcaption", "form"}
"""Elements that by their meaning in HTML stand around an article."""

FRAMING_WORDS = """
ad ads advert advertisement advertising advertorial affiliate author-bio authorbio banner bio
breadcrumb breadcrumbs byline caption carousel comment comments commenting cookie copyright credit
credits cta dateline disclaimer disqus donate donation follow footer gallery headlines hidden
inlinerelated keywords latest links login masthead menu meta metadata morefrom mostpopular mostread
nav navbar navigation newsletter newsletters newsletterpromo optin outbrain paging pagination popular
popup promo promobox promos promotion pullquote rail readmore recirc recirculation recommendation
recommendations recommended related relatedarticles relatedlinks relatedposts respond share sharebar
shares sharing sidebar signup slideshow social sponsor sponsored sponsors sr-only subscribe
subscription subscriptions taboola tag tagcloud tags teaser teasers timestamp toc toolbar tooltip
trending upsell visually-hidden visuallyhidden widget widgets
"""
FRAMING_CLASSES = frozenset(FRAMING_WORDS.split())
"""Words in a class or id by which pages name what stands around an article."""

NAME_PARTS = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")
NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

HEADLINE_WORDS, PROSE_WORDS = 3, 6


@dataclass(frozen=True, slots=True)
class Block:
    """One line of a page and where it stands.

    `linked` counts the characters in links. `element` is the number of the block element that holds
    the line, `parent` that of the one above: lines of one parent are neighbours. `framing` has the
    elements above (and this one) that name themselves as something around an article. `chrome` is
    set below a header, footer or nav.
    """

    text: str
    linked: int
    tag: str
    element: int
    parent: int
    framing: tuple[int, ...]
    chrome: bool

    @property
    def words(self) -> int:
        """Parts between white space."""
        return len(self.text.split())

    @property
    def link_share(self) -> float:
        """Characters in links over all, from 0 to 1."""
        return self.linked / len(self.text)


@dataclass(slots=True)
class Page:
    """The blocks of a page in their order.

    `parents` and `names` tell for each block element the number of the one that holds it, and its tag
    with its class; `nesting` is the depth of the deepest element of any kind.
    """

    blocks: list[Block] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    nesting: int = 0

    def kind(self, block: Block) -> tuple[str, str, str]:
        """What a block is by its build: its tag, and the names of the two elements that hold it."""
        return block.tag, self.names[block.parent], self.names[self.parents[block.parent]]


@dataclass(frozen=True, slots=True)
class _Place:
    """The block element that the walk is in."""

    number: int
    parent: int
    tag: str
    framing: tuple[int, ...]
    chrome: bool


def page_of(root: Any) -> Page:
    """The blocks below `root`, an lxml tree, without what is not shown; needs no recursion."""
    page = Page()
    parts: list[tuple[str, bool]] = []
    place = _Place(0, 0, str(root.tag), (), False)
    page.parents.append(0)
    page.names.append(place.tag)

    def add_block(text: str, linked: int) -> None:
        page.blocks.append(
            Block(
                text,
                min(linked, len(text)),
                place.tag,
                place.number,
                place.parent,
                place.framing,
                place.chrome,
            )
        )

    def end_line() -> None:
        if not parts:
            return
        text = " ".join("".join(text for text, _ in parts).split())
        if text:
            linked = sum(len(" ".join(text.split())) for text, in_link in parts if in_link)
            add_block(text, linked)
        parts.clear()

    def add(text: str, verbatim: bool, in_link: bool) -> None:
        """Program code keeps its lines and their indents; elsewhere a line break is white space."""
        if not verbatim or "\n" not in text:
            parts.append((text, in_link))
            return
        end_line()
        for line in text.split("\n"):
            if line.strip():
                add_block(line.rstrip(), 0)

    # An explicit stack: pages nest deeper than Python's own. An element is met twice, the second
    # time, after its children, with the place that it stood in.
    stack: list[tuple[Any, _Place | None, bool, bool, int]] = [(root, None, False, False, 1)]
    while stack:
        element, outer, verbatim, in_link, depth = stack.pop()
        tag = element.tag
        if outer is not None:
            if tag in BLOCKS:
                end_line()
                place = outer
            if element is not root and element.tail:
                add(element.tail, verbatim, in_link)
            continue
        if element is not root and not _is_shown(element):
            if tag in BLOCKS:
                end_line()
            if element.tail:
                add(element.tail, verbatim, in_link)
            continue
        page.nesting = max(page.nesting, depth)
        outer = place
        if tag in BLOCKS:
            end_line()
            if tag != "br":
                place = _inside(page, place, element)
        within = verbatim or tag in VERBATIM
        linked = in_link or tag == "a"
        if element.text:
            add(element.text, within, linked)
        stack.append((element, outer, verbatim, in_link, depth))
        stack.extend((child, None, within, linked, depth + 1) for child in reversed(element))
    end_line()
    return page


def _inside(page: Page, outer: _Place, element: Any) -> _Place:
    tag = element.tag
    classes = element.get("class") or ""
    number = len(page.parents)
    page.parents.append(outer.number)
    page.names.append(f"{tag}.{classes}" if classes else tag)
    framing = outer.framing
    if tag in FRAMING or _names_framing(f"{classes} {element.get('id') or ''}"):
        framing = (number, *framing)
    return _Place(number, outer.number, tag, framing, outer.chrome or tag in CHROME)


@lru_cache(maxsize=5000)
def _names_framing(said: str) -> bool:
    return any(
        name in FRAMING_CLASSES
        or not FRAMING_CLASSES.isdisjoint(part.lower() for part in NAME_PARTS.split(name))
        for name in said.split()
    )


def _is_shown(element: Any) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in UNREAD or element.get("hidden") is not None:
        return False
    style = element.get("style")
    return not style or NOT_SHOWN.search(style) is None


def list_signals(blocks: Iterable[Block]) -> dict[str, float | int]:
    """What tells a list of articles from an article, as numbers.

    `link_share`: characters in links over all. `teaser_share`: lines of prose that come right behind
    a line that is a link (as a teaser behind its headline) over all lines of prose, of which there
    are `prose_lines`.
    """
    characters = linked = words = prose = teasers = 0
    behind_headline = False
    for block in blocks:
        if block.chrome:
            continue
        characters += len(block.text)
        linked += block.linked
        words += block.words
        if block.link_share >= 0.8:
            behind_headline = block.words >= HEADLINE_WORDS
        elif block.words >= PROSE_WORDS:
            prose += 1
            teasers += behind_headline or (block.linked > 0 and block.link_share >= 0.2)
            behind_headline = False
    return {
        "words": words,
        "link_share": round(linked / max(characters, 1), 3),
        "prose_lines": prose,
        "teaser_share": round(teasers / max(prose, 1), 3),
    }
