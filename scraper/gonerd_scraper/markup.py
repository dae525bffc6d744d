"""Between HTML and text: tables that only arrange a page, and the lines that a tree of blocks makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Line", "flatten_layout_tables", "lines_of", "list_signals", "text_of_body"]

# Elements that begin and end a line, in HTML and in trafilatura's own names for them.
BLOCK_NAMES = """
address article aside blockquote body br caption cell center code dd details div dl doc dt fieldset
figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr item lb li list main nav ol p pre
quote row section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = frozenset(BLOCK_NAMES.split())
VERBATIM = frozenset({"code", "pre"})

NOT_TEXT = frozenset({"footer", "header", "nav", "noscript", "script", "style", "template"})
HEADLINE_WORDS, PROSE_WORDS = 3, 6

LONG_CELL = 300
"""Characters; a cell that says more than this is no cell of a table of data."""


def flatten_layout_tables(tree: Any) -> None:
    """Turn tables that arrange a page, with paragraphs or long texts in their cells, into blocks.

    Extractors take such a table for data: one row, one line, whatever stands in it.
    """
    for table in tree.xpath("//table[not(.//th)]"):
        cells = table.xpath(".//td")
        if table.xpath(".//td//table | .//td//p | .//td//h1") or any(
            _length(cell) > LONG_CELL for cell in cells
        ):
            table.tag = "div"
    for part in tree.xpath("//tbody | //tr | //td"):
        if next(part.iterancestors("table"), None) is None:
            part.tag = "div"


@dataclass(frozen=True, slots=True)
class Line:
    """The text of one block, and how many of its characters stand in links."""

    text: str
    linked: int

    @property
    def words(self) -> int:
        """Parts between white space."""
        return len(self.text.split())


def lines_of(body: Any, *, skip: frozenset[str] = frozenset()) -> list[Line]:
    """The lines that the blocks below `body` make, without signs for bullets and cells.

    White space inside a line is one blank, except in program code, whose lines stay as they are.
    Elements named in `skip` are passed over.
    """
    lines: list[Line] = []
    parts: list[tuple[str, bool]] = []

    def end_line() -> None:
        text = " ".join("".join(text for text, _ in parts).split())
        linked = sum(len(" ".join(text.split())) for text, in_link in parts if in_link)
        parts.clear()
        if text:
            lines.append(Line(text, min(linked, len(text))))

    def add(text: str | None, verbatim: bool, in_link: bool) -> None:
        if text and verbatim and "\n" in text:
            end_line()
            lines.extend(Line(line.rstrip(), 0) for line in text.split("\n") if line.strip())
        elif text:
            parts.append((text, in_link))

    # An explicit stack: pages nest deeper than Python's own.
    stack: list[tuple[Any, bool, bool, bool]] = [(body, False, False, False)]
    while stack:
        element, leaving, verbatim, in_link = stack.pop()
        block = element.tag in BLOCKS
        if leaving or not isinstance(element.tag, str) or element.tag in skip:  # the end, a comment
            if block:
                end_line()
            if element is not body:
                add(element.tail, verbatim, in_link)
            continue
        if block:
            end_line()
        inside = verbatim or element.tag in VERBATIM
        linked = in_link or element.tag in ("a", "ref")
        add(element.text, inside, linked)
        stack.append((element, True, verbatim, in_link))
        stack.extend((child, False, inside, linked) for child in reversed(element))
    end_line()
    return lines


def text_of_body(body: Any) -> str:
    """The text below `body`, a line for each block; see `lines_of`."""
    return "\n".join(line.text for line in lines_of(body))


def list_signals(tree: Any) -> dict[str, float | int]:
    """What tells a list of articles from an article, as numbers.

    `link_share`: characters in links over all. `teaser_share`: lines of prose that come right behind
    a line that is a link (as a teaser behind its headline) over all lines of prose, of which there
    are `prose_lines`.
    """
    found = tree.find(".//body")
    lines = lines_of(tree if found is None else found, skip=NOT_TEXT)
    characters = sum(len(line.text) for line in lines)
    prose = teasers = 0
    behind_headline = False
    for line in lines:
        share = line.linked / len(line.text)
        if share >= 0.8:
            behind_headline = line.words >= HEADLINE_WORDS
        elif line.words >= PROSE_WORDS:
            prose += 1
            teasers += behind_headline or (line.linked > 0 and share >= 0.2)
            behind_headline = False
    return {
        "words": sum(line.words for line in lines),
        "link_share": round(sum(line.linked for line in lines) / max(characters, 1), 3),
        "prose_lines": prose,
        "teaser_share": round(teasers / max(prose, 1), 3),
    }


def _length(element: Any) -> int:
    return len("".join(element.itertext()))
