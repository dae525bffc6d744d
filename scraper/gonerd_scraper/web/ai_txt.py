"""ai.txt: what a site lets its content be used for as training data, as Spawning defined it.

https://site.spawning.ai/spawning-ai-txt
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from gonerd_scraper.web.patterns import fits

__all__ = ["MAX_AI_TXT_BYTES", "AiRules", "AiVerdict"]

MAX_AI_TXT_BYTES = 500 * 1024

HTML_TYPES = frozenset({"htm", "html", "shtml", "txt", "xhtml"})
"""`*.html` and `*.txt` speak of a kind of content: every page is meant, whatever its address ends in."""

FILE_TYPE = re.compile(r"/?\*?\.(\w{1,8})\$?$")


@dataclass(frozen=True, slots=True)
class AiVerdict:
    """Whether a page may be used, and the line that says so."""

    allowed: bool
    rule: str

    def record(self) -> dict[str, Any]:
        """The form that stands in a document's meta."""
        return {"allowed": self.allowed, "rule": self.rule}


@dataclass(frozen=True, slots=True)
class AiRules:
    """The lines of one ai.txt that speak to us: (Allow or Disallow, pattern), in their order."""

    lines: tuple[tuple[bool, str], ...] = ()

    @classmethod
    def from_text(cls, body: bytes, *, agent: str) -> Self:
        """The lines for `agent`, else those for everybody; a page of HTML in its place says nothing."""
        text = body[:MAX_AI_TXT_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
        if text.lstrip()[:1] == "<":
            return cls()
        groups: dict[str, list[tuple[bool, str]]] = {}
        names: list[str] = []
        in_names = False
        for line in text.splitlines():
            key, colon, value = line.partition("#")[0].partition(":")
            key, value = key.strip().lower(), value.strip()
            if key == "user-agent" and colon:
                names = [*names, value.lower()] if in_names else [value.lower()]
                in_names = True
                continue
            if key in ("allow", "disallow") and colon:
                in_names = False
                if value:
                    for name in names or ["*"]:
                        groups.setdefault(name, []).append((key == "allow", value))
        return cls(tuple(groups.get(agent.lower(), groups.get("*", []))))

    def of_page(self, url: str) -> AiVerdict | None:
        """What is said of an HTML page at `url`: the longest pattern that fits, Allow before Disallow."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fitting = [
            (len(pattern), allowed, pattern)
            for allowed, pattern in self.lines
            if _fits(pattern, path)
        ]
        if not fitting:
            return None
        _, allowed, pattern = max(fitting)
        return AiVerdict(allowed, f"{'Allow' if allowed else 'Disallow'}: {pattern}")


def _fits(pattern: str, path: str) -> bool:
    kind = FILE_TYPE.fullmatch(pattern)
    if kind is not None and kind[1].lower() in HTML_TYPES:
        return True
    return fits(pattern, path, whole=kind is not None)
