"""The character set of a page, and where the choice came from."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache

__all__ = ["Decoded", "declared_charset", "decode_page", "is_utf_16"]

META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})""", re.IGNORECASE)
XML = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]{2,40})["']""", re.IGNORECASE
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

WIDE = re.compile(rb"(?:\s\0)*(<\0[!?A-Za-z]\0)|(?:\0\s)*\0<\0[!?A-Za-z]")
"""How markup in UTF-16 begins that has no mark: little-endian or big-endian."""

ASCII = rb'<a b="c-d">\x41 \u0041 +AEE- %41 &amp;</a>'
"""Reads as it stands in every character set that a page can say its own in."""

HEAD = 4096

# What browsers read when a page says this (https://encoding.spec.whatwg.org/#names-and-labels).
MEANT = {
    "ascii": "cp1252",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "tis-620": "cp874",
    "utf-8-sig": "utf-8",
}

LABELS = {
    "iso-8859-8-i": "iso8859-8",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-sjis": "cp932",
    "x-x-big5": "big5hkscs",
}
"""Names that browsers know and Python doesn't."""

NOT_DETECTED = re.compile(r"cp(?:437|7\d\d|8(?!66|74)\d\d)|iso8859-(?:3|10|14|16)")
"""Sets of DOS, which no browser reads, and some that no page is in: for those an accent or two is taken."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the character set it was read in, who named that, and how many bytes did not fit it."""

    text: str
    charset: str
    source: str
    replaced: int = 0


def declared_charset(content_type: str) -> str:
    """The charset parameter of a Content-Type header, empty where it has none."""
    message = Message()
    message["Content-Type"] = content_type
    found = message.get_param("charset")
    return found if isinstance(found, str) else ""


def decode_page(body: bytes, content_type: str) -> Decoded:
    """Read `body` in the first character set that fits all of it.

    Asked in this order: the byte order mark, HTTP, the meta element, a detector; what no page
    is in is no claim. A mark comes first as the standard for browsers has it. Where a page claims a
    one-byte character set and holds valid UTF-8 beyond ASCII, it is UTF-8: a text in another set is
    hardly ever that by chance.
    """
    for mark, charset in BOMS:
        if body.startswith(mark):
            return _lenient(body, charset, "bom")
    if wide := WIDE.match(body):
        return _lenient(body, "utf-16-le" if wide[1] else "utf-16-be", "detector")
    claims = list(_claims(body, content_type))
    beyond_ascii = not body.isascii()
    for source, charset in claims:
        if (
            beyond_ascii
            and charset.startswith("cp125")
            and (text := _strict(body, "utf-8")) is not None
        ):
            return Decoded(text, "utf-8", "valid_utf8")
        if (text := _strict(body, charset)) is not None:
            return Decoded(text, charset, source)
    if (text := _strict(body, "utf-8")) is not None:
        return Decoded(text, "utf-8", "valid_utf8" if beyond_ascii else "ascii")
    for source, charset in claims:  # a few broken bytes in a page that is otherwise what it claims
        found = _lenient(body, charset, source)
        if found.text and found.replaced <= 1 + len(found.text) // 1000:
            return found
    return _lenient(body, _detected(body), "detector")


def _claims(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    """What HTTP and the page itself say, as far as it names a character set that pages are in."""
    if charset := _known(declared_charset(content_type)):
        yield "http", charset
    for pattern in (XML, META):
        match = pattern.search(body[:HEAD])
        if match is not None and (charset := _known(match[1].decode("ascii", "replace"))):
            yield "meta", charset


def is_utf_16(body: bytes) -> bool:
    """Whether `body` says by its first bytes that every other one may be a zero."""
    return body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or bool(WIDE.match(body))


@lru_cache(maxsize=1000)
def _known(claim: str) -> str:
    """Python's name of a character set that pages are written in; empty where `claim` is none.

    Python also knows codecs that are no character sets (`zlib`, `idna`, `unicode_escape`), and sets
    like EBCDIC in which no page could say so in ASCII; browsers know neither.
    """
    try:
        claim = claim.strip().lower()
        name = codecs.lookup(LABELS.get(claim, claim)).name
        if name.startswith("utf-16"):
            return "utf-8"  # as browsers do for a meta claim; true UTF-16 was seen by its bytes
        return MEANT.get(name, name) if ASCII.decode(name, "replace") == ASCII.decode() else ""
    except (LookupError, ValueError):
        return ""


def _strict(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except (UnicodeDecodeError, LookupError, ValueError):
        return None


def _lenient(body: bytes, charset: str, source: str) -> Decoded:
    text = body.decode(charset, "replace")
    return Decoded(text, charset.removesuffix("-sig"), source, text.count("\ufffd"))


def _detected(body: bytes) -> str:
    """What a page is in that says nothing, or nothing true; what browsers fall back on in doubt."""
    from resiliparse.parse.encoding import detect_encoding

    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if len(text) - len(text.encode("ascii", "ignore")) > 2 * broken:
        return "utf-8"  # more sequences of bytes that fit it than such that don't
    found = _known(detect_encoding(body, html5_compatible=False) or "")
    return found if found and not NOT_DETECTED.fullmatch(found) else "cp1252"
