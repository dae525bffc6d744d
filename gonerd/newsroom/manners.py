"""The ways in which a page can be answered other than well."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from gonerd.newsroom.response import Response

__all__ = [
    "CHARSETS",
    "FAILURES",
    "HOSTILE",
    "ONCE",
    "REDIRECTS",
    "SENDING",
    "Failure",
    "declared_charset",
    "encoded_page",
    "first_answer",
    "sent",
]

CHARSETS = ("latin1-lie", "windows-1252", "no-charset", "utf-16")
ONCE = ("retry-seconds", "retry-date", "once-500", "once-503", "once-reset")
SENDING = ("chunked", "deflate", "gzip")

REDIRECTS: Mapping[str, tuple[int, int, bool]] = MappingProxyType(
    {
        "moved-301": (1, 301, False),
        "moved-302": (1, 302, False),
        "moved-307": (1, 307, False),
        "moved-308": (1, 308, False),
        "moved-chain": (5, 302, False),
        "moved-across": (1, 301, True),
    }
)
"""Hops, status, and whether the first address is another site's."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An address that never gives a document: its path, why, and whether there are many."""

    kind: str
    reason: str
    title: str
    path: str
    target: str = ""
    often: bool = False


FAILURES: Mapping[str, Failure] = MappingProxyType(
    {
        "status-403": Failure("error", "status", "Members only", "/item/members-{number}"),
        "status-404": Failure(
            "error", "status", "Lost and found", "/item/lost-{number}", often=True
        ),
        "status-410": Failure(
            "error", "status", "Withdrawn", "/item/withdrawn-{number}", often=True
        ),
        "status-500": Failure("error", "status", "Out of order", "/item/broken-{number}"),
        "status-503": Failure("error", "status", "Closed for repairs", "/item/repairs-{number}"),
        "reset": Failure("error", "network", "Half a story", "/item/half-{number}"),
        "short-length": Failure("error", "network", "Less than promised", "/item/less-{number}"),
        "broken-gzip": Failure("error", "network", "Squeezed too hard", "/item/squeezed-{number}"),
        "empty": Failure("error", "empty", "Nothing to report", "/item/nothing-{number}"),
        "pdf": Failure("error", "content_type", "The report in full", "/item/report-{number}"),
        "image": Failure("error", "content_type", "A picture", "/item/picture-{number}"),
        "loop": Failure(
            "redirect",
            "redirect",
            "Round and round",
            "/item/loop-{number}",
            "/item/loop-{number}?again",
        ),
        "far": Failure(
            "redirect", "redirect", "A long way", "/item/far-{number}", "/item/far-{number}"
        ),
        "to-disallowed": Failure(
            "redirect",
            "robots",
            "By the back door",
            "/item/door-{number}",
            "/private/door-{number}",
        ),
        "to-file": Failure(
            "redirect", "redirect", "Local news", "/item/local-{number}", "file:///etc/passwd"
        ),
        "to-metadata": Failure(
            "redirect",
            "redirect",
            "In the clouds",
            "/item/clouds-{number}",
            "http://169.254.169.254/latest/meta-data/",
        ),
        "to-private": Failure(
            "redirect",
            "redirect",
            "Behind the wall",
            "/item/wall-{number}",
            "http://10.0.0.1/admin",
        ),
        "to-loopback": Failure(
            "redirect", "redirect", "Home again", "/item/home-{number}", "http://127.0.0.1:9/"
        ),
        "to-mapped": Failure(
            "redirect",
            "redirect",
            "In disguise",
            "/item/disguise-{number}",
            "http://[::ffff:10.0.0.1]/",
        ),
    }
)
"""Addresses that fail at once, and cheaply."""

HOSTILE: Mapping[str, Failure] = MappingProxyType(
    {
        "bomb": Failure("bomb", "size", "The big one", "/item/big-{number}"),
        "huge": Failure("bomb", "size", "Everything we know", "/item/everything-{number}"),
        "deep": Failure("trap", "short", "Down the well", "/item/well-{number}"),
        "slow": Failure("trap", "short", "Take your time", "/slow/{number}"),
        "hang": Failure("error", "network", "One moment, please", "/slow/moment-{number}"),
        "calendar": Failure("trap", "list", "Calendar", "/calendar/{number:04d}/01"),
        "session": Failure("trap", "list", "Notice board", "/board?sid={number:08x}"),
    }
)
"""Addresses that cost time, memory or patience."""


def declared_charset(manner: str) -> str | None:
    """What a page with this manner states in its head."""
    stated = {"latin1-lie": "iso-8859-1", "windows-1252": "windows-1252"}
    return stated.get(manner, None if manner in CHARSETS else "utf-8")


def encoded_page(page: str, manner: str) -> Response:
    """Turn a page into bytes as its manner has it."""
    if manner == "latin1-lie":
        return _html("text/html; charset=iso-8859-1", page.encode())
    if manner == "windows-1252":
        return _html("text/html", page.encode("cp1252", errors="xmlcharrefreplace"))
    if manner == "utf-16":
        return _html("text/html", page.encode("utf-16"))
    if manner == "no-charset":
        return _html("text/html", page.encode())
    return _html("text/html; charset=utf-8", page.encode())


def first_answer(manner: str, attempt: int, response: Response) -> Response:
    """Refuse the first request (attempt 0) where the manner is one of ONCE."""
    if manner not in ONCE or attempt > 0:
        return response
    plain = (("Content-Type", "text/plain"),)
    if manner == "retry-seconds":
        return Response(status=429, headers=(*plain, ("Retry-After", "1")), body=b"Slow down\n")
    if manner == "retry-date":
        return Response(
            status=429, headers=plain, later=(("Retry-After", 2.0),), body=b"Slow down\n"
        )
    if manner == "once-reset":
        return replace(response, cut_after=len(response.body) // 2)
    return Response(status=int(manner.removeprefix("once-")), headers=plain, body=b"Try again\n")


def sent(manner: str, response: Response, *, accepted: str) -> Response:
    """Compress or chunk, where the manner says so and the client accepts it."""
    if manner == "chunked":
        return replace(response, chunked=True, pieces=5)
    if manner not in ("deflate", "gzip") or manner not in accepted or not response.body:
        return response
    packer = zlib.compressobj(6, zlib.DEFLATED, 31 if manner == "gzip" else 15)
    body = packer.compress(response.body) + packer.flush()
    headers = (*response.headers, ("Content-Encoding", manner), ("Vary", "Accept-Encoding"))
    return replace(response, headers=headers, body=body)


def _html(content_type: str, body: bytes) -> Response:
    return Response(headers=(("Content-Type", content_type),), body=body)
