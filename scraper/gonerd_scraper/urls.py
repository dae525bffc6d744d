"""Addresses of pages: their normal form, the domain they belong to, and links made absolute."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit, urlunsplit

__all__ = [
    "host_of",
    "is_web_url",
    "names_page",
    "origin_of",
    "registered_domain",
    "resolve_link",
    "url_key",
    "without_tracking",
]

MAX_URL_LENGTH = 2000
CACHED = 4096
"""Addresses: the links of a site stand on page after page, and parsing them costs most of what links cost."""
TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid)(?:=|$)", re.IGNORECASE)

NOT_IN_URLS = re.compile("[\x00-\x1f\ud800-\udfff]")

# What never is a page with an article; asking for it would only cost the host bandwidth.
NOT_PAGES = re.compile(
    r"""\.(?:
    7z|avi|bmp|css|csv|docx?|dmg|eps|epub|exe|flv|gif|gz|ico|iso|jpe?g|js|json|m4[av]|mov|mp[34]|mpg|ogg|pdf|png
    |pptx?|rar|svg|tar|tgz|tiff?|wav|web[mp]|woff2?|xlsx?|zip
    )$""",
    re.IGNORECASE | re.VERBOSE,
)


@lru_cache(maxsize=CACHED)
def url_key(url: str) -> str:
    """The form under which two spellings of one address are the same; never fetched, only compared.

    What is no address at all stays as it is. courlan sorts the query and takes out what only tracks the
    reader. Its result is not a fixed point of itself (courlan 1.4.0), so it is applied until nothing changes.
    """
    from courlan import normalize_url

    parts = _split(url)
    if parts is None:
        return url
    path = "/" + parts.path.lstrip("/")
    path = urlsplit(urljoin(url, path)).path or "/"  # courlan leaves /a/../b as it is
    key = urlunsplit(parts._replace(path=path, fragment=""))
    for _ in range(8):
        again = normalize_url(key)
        if again == key:
            break
        key = again
    return key


@lru_cache(maxsize=CACHED)
def without_tracking(url: str) -> str:
    """`url` without the parameters that only tell the site where a reader came from; the rest as written.

    These never change what a server sends, and feeds put them on every address.
    """
    head, mark, query = url.partition("?")
    kept = [part for part in query.split("&") if not TRACKING.match(part)]
    return f"{head}?{'&'.join(kept)}" if mark and kept else head


def resolve_link(base: str, link: str) -> str | None:
    """`link` as an absolute http(s) address without its fragment; None where it is none."""
    link = link.strip()
    if link.startswith(("http://", "https://")) and ":///" not in link[:9]:
        base = ""  # the same from any page, and most links of a site stand on all of its pages
    elif link.startswith("/") and not link.startswith("//") and (parts := _split(base)) is not None:
        base = f"{parts.scheme}://{parts.netloc}/"
    return _resolved(base, link)


@lru_cache(maxsize=CACHED)
def _resolved(base: str, link: str) -> str | None:
    try:
        url = urldefrag(urljoin(base, link)).url
    except ValueError:
        return None
    return url if is_web_url(url) else None


def is_web_url(url: str) -> bool:
    """Whether a crawl could ask for `url`: http(s), a host, no password, at most MAX_URL_LENGTH."""
    if len(url) > MAX_URL_LENGTH or NOT_IN_URLS.search(url):
        return False
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    return parts.username is None and parts.password is None


@lru_cache(maxsize=CACHED)
def names_page(url: str) -> bool:
    """Whether the ending of the path leaves it open that this is a page: no picture, no archive, no PDF."""
    return NOT_PAGES.search(urlsplit(url).path) is None


@lru_cache(maxsize=CACHED)
def host_of(url: str) -> str:
    """Host and, where it is not the scheme's own, port; empty where `url` is no address.

    It is what one owner task is responsible for, so a name in letters beyond ASCII is the same as its
    `xn--` form, in which it is asked for.
    """
    parts = _split(url)
    if parts is None:
        return ""
    host = _in_ascii((parts.hostname or "").rstrip("."))
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def origin_of(url: str) -> str:
    """`scheme://host[:port]`: what one robots.txt speaks for (RFC 9309, 2.3)."""
    return f"{urlsplit(url).scheme}://{host_of(url)}"


@lru_cache(maxsize=65536)
def registered_domain(host: str) -> str:
    """The domain that someone registered: `bbc.co.uk` for `news.bbc.co.uk`; a number stays itself.

    Names under a made-up top level, as in `.example`, are cut to their last two labels.
    """
    from courlan import extract_domain

    name = urlsplit(f"//{host}").hostname or host
    try:
        return str(ip_address(name))
    except ValueError:
        return extract_domain(f"http://{name}/") or ".".join(name.lower().split(".")[-2:])


def _in_ascii(name: str) -> str:
    if name.isascii():
        return name
    from yarl import URL  # as the HTTP library does it

    try:
        return URL.build(scheme="http", host=name).raw_host or name
    except ValueError:
        return name


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return None
    return parts
