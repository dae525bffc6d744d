"""The form a text is frozen in, so that no later tool has a reason to change it."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["frozen_text"]

# Control characters but line feed, halves of surrogate pairs, and the byte order mark inside a text.
UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
LINE_ENDS = re.compile(r"(?<![^\S\n])[^\S\n]+\n")
"""Looked for from where the blanks begin: from each of them on, a run of n takes n² steps."""


def frozen_text(text: str) -> str:
    """`text` as every later stage sees it; the same again when applied to its own result.

    Line breaks become line feeds, tabs blanks, control characters go, lines lose white space at
    their end, the text at both ends, and the whole is in NFC. Label Studio would change each of
    these in its own way, and move offsets.
    """
    text = BREAKS.sub("\n", text).replace("\t", " ")
    text = unicodedata.normalize("NFC", UNWANTED.sub("", text))
    return LINE_ENDS.sub("\n", text).strip()
