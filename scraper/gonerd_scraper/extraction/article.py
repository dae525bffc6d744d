"""Which blocks of a page are its article: an extractor's vote, corrected by how the page is built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from gonerd_scraper.extraction.ballot import letters_of
from gonerd_scraper.extraction.blocks import HEADINGS, Block, Page
from gonerd_scraper.extraction.wording import is_call, is_label, is_note

__all__ = ["article_blocks"]

PROSE = 8
"""Words; a block of so many, hardly linked, that is no heading is a paragraph."""

LONG_LINE = 80
"""Characters; the same, for languages that set no blanks."""

SPARSELY_LINKED = 0.5
ALL_LINKED = 0.8
TEASER = 4
"""Words of a line that is one link, from which on it is the headline of another article."""

FRAMED = 0.3
"""Share of the article below an element that calls itself a frame of it, from which on it is none."""

USUAL = 0.3
"""Share of the article in blocks of one kind, from which on any other block of that kind belongs to it."""

SHARED = 0.1
"""Share of the article in one element, from which on what else stands there belongs to it."""

TITLE_LETTERS = 12
LISTED = frozenset({"dd", "li", "td", "th"})
SENTENCE_ENDS = (".", "!", "?", '"', "”", "’", ")", "…", ":")
LONG, REPEATED = 25, 400
"""Letters of a block that is looked for in others."""

COMPARED = 200_000
"""Letters of an article above which that would take too long."""

LAST = 5
"""Blocks at the end among which notes about the page are looked for."""


def article_blocks(
    page: Page, votes: Sequence[bool], *, titles: Iterable[str], authors: Iterable[str]
) -> list[Block]:
    """The blocks of the article, in the order of the page; none where no paragraph was voted for.

    Voted paragraphs show which elements hold the article. Others of the same build are taken in: an
    extractor that gives up at an image or an advertisement misses what follows. Taken out is what
    stands in an element that calls itself something else and holds little of the article, lines that
    are one link, headlines, and lines that speak about the site (`wording`).
    """
    blocks = page.blocks
    sure = [vote and _is_paragraph(block) for vote, block in zip(votes, blocks, strict=True)]
    if not any(sure):
        return []
    build = _Build(page, [block for block, is_sure in zip(blocks, sure, strict=True) if is_sure])
    first = sure.index(True)
    last = len(sure) - 1 - sure[::-1].index(True)
    headlines = [letters for title in titles if len(letters := letters_of(title)) >= TITLE_LETTERS]
    start = _below_headline(blocks[:first], headlines)
    kept = []
    for place, block in enumerate(blocks[start:], start):
        heading = block.tag in HEADINGS
        inside = first < place and (place < last or heading)  # headings at the end are taken off
        if not votes[place] and not build.adopts(block, inside=inside):
            continue
        if place < first + 3 and _is_headline(block, headlines):
            continue
        if not build.frames(block) and not _leads_away(block):
            kept.append(block)
    said_once = _without_repetitions(kept)
    while said_once and build.trails(said_once[-1]):
        said_once.pop()
    return _without_end(said_once, [letters_of(author) for author in authors if " " in author])


class _Build:
    """Where on a page its article stands, learnt from the paragraphs that are sure to be of it."""

    def __init__(self, page: Page, paragraphs: Sequence[Block]) -> None:
        self._page = page
        self._total = sum(len(block.text) for block in paragraphs)
        self._framing: Counter[int] = Counter()
        self._elements: Counter[int] = Counter()
        self._parents: Counter[int] = Counter()
        self._kinds: Counter[tuple[str, str, str]] = Counter()
        for block in paragraphs:
            size = len(block.text)
            for number in block.framing:
                self._framing[number] += size
            self._elements[block.element] += size
            self._parents[block.parent] += size
            self._kinds[page.kind(block)] += size

    def frames(self, block: Block) -> bool:
        """Whether the block stands in an element around the article."""
        return any(self._framing[number] < FRAMED * self._total for number in block.framing)

    def trails(self, block: Block) -> bool:
        """Whether a block, the last one, is a short line without an end in an element of its own."""
        return not (
            _is_paragraph(block)
            or block.tag in LISTED
            or block.text.endswith(SENTENCE_ENDS)
            or self._is_beside(block)
        )

    def _is_beside(self, block: Block) -> bool:
        """Whether a good part of the article stands in the same element, or in its neighbours."""
        shared = SHARED * self._total
        return self._elements[block.element] >= shared or self._parents[block.parent] >= shared

    def adopts(self, block: Block, *, inside: bool) -> bool:
        """Whether a block without a vote is of the article by its build; `inside`: it lies in its midst."""
        shared = SHARED * self._total
        at_home = self._elements[block.element] >= shared
        beside = self._is_beside(block)
        listed = block.tag == "li" and self._parents[self._page.parents[block.parent]] >= shared
        if block.tag in HEADINGS:
            return inside and beside and block.link_share < SPARSELY_LINKED
        return _is_paragraph(block) and (
            at_home
            or listed
            or (inside and beside)
            or self._kinds[self._page.kind(block)] >= USUAL * self._total
        )


def _is_paragraph(block: Block) -> bool:
    return (
        block.tag not in HEADINGS
        and block.link_share < SPARSELY_LINKED
        and (block.words >= PROSE or len(block.text) >= LONG_LINE)
    )


def _is_headline(block: Block, headlines: Iterable[str]) -> bool:
    """The headline, or a part of it that stands apart; h1 is looked at elsewhere, wherever it stands."""
    letters = letters_of(block.text)
    return len(letters) >= TITLE_LETTERS and any(
        letters == headline or (block.words >= 4 and letters in headline) for headline in headlines
    )


def _below_headline(above: Sequence[Block], headlines: Sequence[str]) -> int:
    """The place behind the last headline above an article: what stands over it is not the article's."""
    for place in reversed(range(len(above))):
        if above[place].tag == "h1" or letters_of(above[place].text) in headlines:
            return place + 1
    return 0


def _without_repetitions(blocks: Sequence[Block]) -> list[Block]:
    """`blocks` without those that stand in a longer one, too, as pull quotes do, cut off or not."""
    own = [letters_of(block.text) for block in blocks]
    whole = " ".join(own)
    if len(whole) > COMPARED:
        return list(blocks)
    copies = Counter(own)
    return [
        block
        for block, letters in zip(blocks, own, strict=True)
        if not LONG <= len(letters) <= REPEATED or whole.count(letters) == copies[letters]
    ]


def _leads_away(block: Block) -> bool:
    """A headline, a line that is one link, a label or a call."""
    if block.tag == "h1":
        return True
    teaser = block.words >= TEASER and block.link_share >= ALL_LINKED and block.tag not in HEADINGS
    return teaser or is_label(block.text) or is_call(block.text, block.link_share)


def _without_end(blocks: list[Block], authors: Sequence[str]) -> list[Block]:
    """`blocks` without notes on the page and its authors, headings and rulers behind the last paragraph."""
    kept = blocks[: -LAST or None]
    for block in blocks[len(kept) :]:
        letters = letters_of(block.text)
        about_author = " is " in block.text and any(
            author and letters.startswith(author) for author in authors
        )
        if not is_note(block.text) and not about_author:
            kept.append(block)
    while kept and (kept[-1].tag in HEADINGS or not letters_of(kept[-1].text).strip("_")):
        kept.pop()
    return kept or blocks
