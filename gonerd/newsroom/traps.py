"""Bodies and endless spaces that a crawler must survive."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from gonerd.newsroom.address import Address
from gonerd.newsroom.layouts.elements import text
from gonerd.newsroom.response import Response, html_response, redirect_to
from gonerd.newsroom.sites import Site

__all__ = ["BOMB_SIZE", "DEPTH", "HUGE_SIZE", "calendar_page", "failing_response", "session_page"]

BOMB_SIZE = 256 * 2**20
"""Bytes that the bomb unpacks to; it travels as about a quarter of a megabyte."""

HUGE_SIZE = 24 * 2**20
"""Bytes of the page that is just long."""

DEPTH = 20_000
"""Elements inside each other on the deep page."""

_FAR = 12
_PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)
_HTML = (("Content-Type", "text/html; charset=utf-8"),)
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "08d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
_FILLER = (
    b"<p>There is more to say about this, and we say it again below for everybody who asked.</p>\n"
)


def failing_response(address: Address, *, step: int = 0) -> Response:
    """Answer for an address whose manner is among FAILURES or HOSTILE, calendars and boards aside.

    `step` says how far a chain of redirects has led.

    Raises:
        KeyError: the manner is not one of these.
    """
    status, _, number = address.manner.partition("-")
    if status == "status" and number.isdigit():
        later = (("Retry-After", "1"),) if number == "503" else ()
        return Response(status=int(number), headers=(*_PLAIN, *later), body=b"Not now, not ever.\n")
    if address.manner.startswith("to-"):
        return redirect_to(address.target, status=302)
    if address.manner == "far" and step < _FAR:
        return redirect_to(f"{address.target}/{step + 1}", status=302)
    return _ANSWERS[address.manner](address)


def calendar_page(site: Site, year: int, month: int) -> str:
    """A month without news; it links to the next and the one before, for ever."""
    after = (year + month // 12, month % 12 + 1)
    before = (year - (month == 1), (month - 2) % 12 + 1)
    days = "".join(
        f'<td><a href="/calendar/{year}/{month:02d}/{day:02d}">{day}</a></td>' for day in (1, 15)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><title>Events {year}-{month:02d}</title></head><body>'
        f"<h1>{text(site.name)}: events</h1><table><tr>{days}</tr></table>"
        f'<a href="/calendar/{before[0]}/{before[1]:02d}">Previous month</a> '
        f'<a rel="next" href="/calendar/{after[0]}/{after[1]:02d}">Next month</a></body></html>\n'
    )


def session_page(site: Site, session: str) -> str:
    """The same board at every address, each with links to more addresses of the same board."""
    fresh = [zlib.crc32(f"{session}{turn}".encode()) for turn in range(5)]
    links = "".join(
        f'<li><a href="/board?sid={sid:08x}">Topic {place}</a></li>'
        for place, sid in enumerate(fresh)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><title>Notice board</title></head><body>'
        f"<h1>{text(site.name)}: notice board</h1><ul>{links}</ul></body></html>\n"
    )


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b"<!DOCTYPE html><html><head><title>Big</title></head><body>")]
    block = b"<p></p>\n" * 2**17
    parts += [packer.compress(block) for _ in range(BOMB_SIZE // len(block))]
    return b"".join([*parts, packer.flush()])


@lru_cache(maxsize=1)
def _huge() -> bytes:
    head = b"<!DOCTYPE html><html><head><title>Everything</title></head><body>"
    return head + _FILLER * (HUGE_SIZE // len(_FILLER)) + b"</body></html>"


def _deep(address: Address) -> Response:
    inner = "<div>" * DEPTH + "<p>It is dark down here.</p>" + "</div>" * DEPTH
    return html_response(
        f"<!DOCTYPE html><html><head><title>{text(address.title)}</title></head><body>{inner}</body></html>"
    )


def _small(address: Address) -> bytes:
    title = text(address.title)
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><p>{title}.</p>".encode()


def _promising(address: Address) -> Response:
    body = _small(address)
    return Response(headers=(*_HTML, ("Content-Length", str(len(body) + 5000))), body=body)


def _broken_gzip(address: Address) -> Response:
    packed = zlib.compressobj(6, zlib.DEFLATED, 31)
    body = packed.compress(_small(address) + _FILLER * 50) + packed.flush()
    return Response(headers=(*_HTML, ("Content-Encoding", "gzip")), body=body[: len(body) // 2])


_ANSWERS: Mapping[str, Callable[[Address], Response]] = MappingProxyType(
    {
        "bomb": lambda _: Response(headers=(*_HTML, ("Content-Encoding", "gzip")), body=_bomb()),
        "broken-gzip": _broken_gzip,
        "deep": _deep,
        "empty": lambda _: Response(headers=_HTML),
        "far": lambda address: html_response(_small(address).decode()),
        "hang": lambda _: Response(delay=5.0, silent=True),
        "huge": lambda _: Response(headers=_HTML, body=_huge()),
        "image": lambda _: Response(headers=_HTML, body=_PIXEL),
        "loop": lambda address: redirect_to(address.target, status=302),
        "pdf": lambda _: Response(headers=(("Content-Type", "application/pdf"),), body=_PDF),
        "reset": lambda a: Response(headers=_HTML, body=_small(a) + _FILLER * 50, cut_after=900),
        "short-length": _promising,
        "slow": lambda a: Response(headers=_HTML, body=_small(a), pieces=12, pause=0.25),
    }
)
