"""Names of strangers as names of folders."""

from __future__ import annotations

import hashlib
import re
import unicodedata

__all__ = ["slug_from_name"]

LONGEST = 40


def slug_from_name(name: str) -> str:
    """A folder name of `a-z 0-9 . _ -` only, never hidden, never `..`, one for each name.

    A name that is no such folder name already gets its own hash behind it, so that two names never
    meet in one folder; `/` alone becomes `--`, as on the Hub.
    """
    plain = name.replace("/", "--")
    if _is_safe(plain) and "--" not in name:
        return plain
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9._]+", "-", ascii_name).strip("-._")[:LONGEST].rstrip("-._")
    readable = re.sub(r"\.{2,}", ".", readable)
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{digest}" if readable else digest


def _is_safe(name: str) -> bool:
    return (
        len(name) <= LONGEST
        and re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) is not None
        and ".." not in name
        and not name.endswith((".", "-", ".partial"))
        and not re.search(r"-[0-9a-f]{8}$", name)  # would look like one that carries its hash
    )
