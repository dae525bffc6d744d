"""What must be in no corpus: addresses, domains and document ids that were asked to be taken down.

The list that ships with gonerd (`gonerd/takedown.txt`) is always part of it; files of one's own come on top.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Self
from unicodedata import normalize
from urllib.parse import unquote, unquote_plus, urlsplit

from gonerd.console import counted, note
from gonerd.errors import InputError
from gonerd.files import read_lines
from gonerd.schema import Document

__all__ = ["ADDRESSES", "TAKEN_DOWN", "Takedown", "address_key"]

TAKEN_DOWN = "taken_down"
"""The reason that every stage gives for what this list keeps out."""

ADDRESSES = ("url", "final_url", "canonical")
"""Where a document's `meta` states addresses of its page."""

COMMENT = re.compile(r"(?:^|\s)#.*$")
HOST = re.compile(r"(?:[\w-]+\.)+[\w-]+", re.IGNORECASE)
SLASHES = re.compile(r"/{2,}")
TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid)(?:=|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Takedown:
    """Entries by kind, each with where it stands; `reason` asks them.

    Addresses are compared without scheme, `www.`, port of the scheme, fragment, tracking parameters,
    repeated and closing slashes, with percent-encoding, `..` and the `xn--` of host names undone: a list
    that misses a spelling does harm, one that takes a spelling too many hardly does.
    """

    ids: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, paths: Sequence[str | Path] = ()) -> Self:
        """The list that ships, and those of `paths`, as one.

        A line is `id:` and a document's id, `domain:` and a domain with all below it (or just the
        domain), or the address of a page; an address that ends in `*` stands for all that begin so.
        What follows a `#` with white space before it is a comment.

        Raises:
            InputError: a file is missing, or a line is none of these; the message names both.
        """
        found = cls()
        shipped = files("gonerd").joinpath("takedown.txt").read_text(encoding="utf-8")
        for number, line in enumerate(shipped.splitlines(), start=1):
            found._add(line, f"gonerd's own takedown.txt:{number}")
        for path in paths:
            for number, line in read_lines(path):
                found._add(line, f"{path}:{number}")
        return found

    def __len__(self) -> int:
        return len(self.ids) + len(self.pages) + len(self.prefixes) + len(self.domains)

    def reason(self, *, id: str | None = None, urls: Iterable[str] = ()) -> str | None:  # noqa: A002
        """The entry that speaks of this id or of one of these addresses, and where it stands; else None."""
        if id is not None and id in self.ids:
            return self.ids[id]
        if not (self.pages or self.prefixes or self.domains):
            return None
        for url in urls:
            key = _key(url)
            if key in self.pages:
                return self.pages[key]
            if self.prefixes:
                begins = _key(url, whole=False)
                begins += "" if "/" in begins else "/"  # of a host alone, whose page is its first
                for prefix, entry in self.prefixes.items():
                    if _begins(begins, prefix):
                        return entry
            labels = key.partition("/")[0].partition(":")[0].split(".")
            for first in range(len(labels)):
                entry = self.domains.get(".".join(labels[first:]), "")
                if entry:
                    return entry
        return None

    def entry_of(self, document: Document) -> str | None:
        """The entry that speaks of `document`, by its id or an address that its `meta` states; else None."""
        stated = (document.meta.get(key) for key in ADDRESSES)
        return self.reason(id=document.id, urls=[url for url in stated if isinstance(url, str)])

    def allowed(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Those of which no entry speaks, one at a time; what is left out is told on stderr at the end."""
        left_out = 0
        first = ""
        for document in documents:
            entry = self.entry_of(document)
            if entry is None:
                yield document
            else:
                left_out += 1
                first = first or f"document {document.id!r} by {entry}"
        if left_out:
            note(f"left out as taken down: {counted(left_out, 'document')}; the first is {first}")

    def _add(self, line: str, where: str) -> None:
        entry = COMMENT.sub("", line).strip()
        if not entry:
            return
        said = f"{entry} ({where})"
        kind, _, rest = entry.partition(":")
        rest = rest.strip()
        if kind == "id" and rest:
            self.ids[rest] = said
        elif kind == "domain" and HOST.fullmatch(rest):
            self.domains[_host(rest)] = said
        elif HOST.fullmatch(entry):
            self.domains[_host(entry)] = said
        elif entry.endswith("*") and _names_host(entry[:-1]):
            self.prefixes[_key(entry[:-1], whole=False)] = said
        elif _names_host(entry):
            self.pages[_key(entry)] = said
        else:
            raise InputError(
                f"{where}: {entry!r} is none of an address, 'domain:' and a domain, 'id:' and a document's id"
            )


def _names_host(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        return (
            parts.scheme in ("", "http", "https")
            and "@" not in parts.netloc  # an e-mail address
            and HOST.fullmatch(parts.hostname or "") is not None
        )
    except ValueError:
        return False


def address_key(url: str) -> str:
    """The form under which two spellings of one page's address are the same (see `Takedown`)."""
    return _key(url)


def _key(url: str, *, whole: bool = True) -> str:
    """The form in which addresses are compared; of the beginning of an address, where not `whole`."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        return url  # no address of a page, so no entry's either
    netloc = parts.netloc.rpartition("@")[2].lower()
    host, colon, port = netloc.partition(":")
    host = _host(host) + (f":{port}" if colon and port not in ("", "80", "443") else "")
    path = unquote(parts.path)
    if "/." in path:
        path = posixpath.normpath(path) + ("/" if path.endswith(("/", "/.", "/..")) else "")
    path = SLASHES.sub("/", path)
    if whole:
        path = path.rstrip("/")
    if whole or parts.query:
        path = path or "/"
    kept = sorted(
        unquote_plus(part) for part in parts.query.split("&") if part and not TRACKING.match(part)
    )
    asks = kept or (not whole and "?" in url)  # `a?*` is of the page `a` alone, not of `abc`
    return normalize("NFC", host + path + (f"?{'&'.join(kept)}" if asks else ""))


def _begins(key: str, prefix: str) -> bool:
    """Whether the address of `key` begins so; the parameters of a query in any order, beside others."""
    page, mark, asked = prefix.partition("?")
    if not mark:
        return key.startswith(prefix)
    own_page, _, own = key.partition("?")
    given = own.split("&")
    return own_page.rstrip("/") == page.rstrip("/") and all(
        any(part.startswith(beginning) for part in given) for beginning in asked.split("&")
    )


def _host(name: str) -> str:
    name = name.lower().rstrip(".")
    bare = name.removeprefix("www.")
    if "." not in bare:  # `www.com` is a domain, `com` is half the web
        bare = name
    return ".".join(_label(label) for label in bare.split("."))


def _label(label: str) -> str:
    """A part of a host's name in its own letters, which lists and links write in one way or the other."""
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label
