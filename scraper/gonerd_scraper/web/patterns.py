"""Patterns of addresses as robots.txt has them: `*` for anything, `$` at the end for the end."""

from __future__ import annotations

__all__ = ["fits"]


def fits(pattern: str, path: str, *, whole: bool = False) -> bool:
    """Whether `path` begins as `pattern` says; all of it where that ends in `$`, or `whole` is set.

    No regular expression: one made of a stranger's twelve `*` takes longer than any crawl. Each part
    is looked for once, behind the one before, which is enough, as the first place leaves most room.
    """
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    whole = whole or pattern.endswith("$")
    if not others:
        return not whole or path == first
    last = others.pop() if whole else ""
    at = len(first)
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(path) - len(last) >= at and path.endswith(last)
