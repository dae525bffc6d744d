"""Between HTML and text: what parsers stumble over, and the lines that a tree of blocks makes."""

from __future__ import annotations

import re
from typing import Any

from gonerd_scraper.extraction.blocks import BLOCKS, VERBATIM

__all__ = ["flatten_layout_tables", "lines_of_body", "without_control_references"]

LONG_CELL = 300
"""Characters; a cell that says more than this is no cell of a table of data."""

BREAKS = r"0*1[12](?!\d)|x0*[bc](?![\da-f])"
CONTROLS = r"0*(?:[1-8]|1[4-9]|2\d|3[01]|6553[45])(?!\d)|x0*(?:[1-8ef]|1[\da-f]|fff[ef])(?![\da-f])"
REFERENCE = re.compile(rf"&#(?:({BREAKS})|{CONTROLS});?", re.IGNORECASE)


def without_control_references(html: str) -> str:
    """`html` without references to characters that no text has; breaks of lines and pages become blanks.

    libxml2 puts `&#1;` into a tree as it stands there, and then refuses to have it copied: for one such
    character trafilatura gives up a whole page.
    """
    return REFERENCE.sub(lambda found: " " if found[1] else "", html)


def flatten_layout_tables(tree: Any) -> None:
    """Turn tables that arrange a page, with paragraphs or long texts in their cells, into blocks.

    Extractors take such a table for data: one row, one line, whatever stands in it.
    """
    flattened = False
    for table in tree.xpath("//table[not(.//th)]"):
        if table.xpath("boolean(.//td//table | .//td//p | .//td//h1)") or any(
            _length(cell) > LONG_CELL for cell in table.iter("td")
        ):
            table.tag = "div"
            flattened = True
    if not flattened:
        return
    for part in tree.xpath("//tbody | //tr | //td"):
        if next(part.iterancestors("table"), None) is None:
            part.tag = "div"


def lines_of_body(body: Any) -> list[str]:
    """The lines that the blocks below `body` make, without signs for bullets and cells.

    `body` is what trafilatura gives. White space inside a line is one blank, except in program code,
    whose lines stay as they are.
    """
    lines: list[str] = []
    parts: list[str] = []

    def end_line() -> None:
        text = " ".join("".join(parts).split())
        parts.clear()
        if text:
            lines.append(text)

    def add(text: str | None, verbatim: bool) -> None:
        if text and verbatim and "\n" in text:
            end_line()
            lines.extend(line.rstrip() for line in text.split("\n") if line.strip())
        elif text:
            parts.append(text)

    # An explicit stack: pages nest deeper than Python's own.
    stack: list[tuple[Any, bool, bool]] = [(body, False, False)]
    while stack:
        element, leaving, verbatim = stack.pop()
        block = element.tag in BLOCKS
        if leaving or not isinstance(element.tag, str):  # the end, a comment
            if block:
                end_line()
            if element is not body:
                add(element.tail, verbatim)
            continue
        if block:
            end_line()
        inside = verbatim or element.tag in VERBATIM
        add(element.text, inside)
        stack.append((element, True, verbatim))
        stack.extend((child, False, inside) for child in reversed(element))
    end_line()
    return lines


def _length(element: Any) -> int:
    return len("".join(element.itertext()))
