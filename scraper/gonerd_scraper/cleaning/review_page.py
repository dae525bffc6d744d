"""The review page: one HTML file with its style, its script and the documents inside; it loads nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

__all__ = ["json_for_html", "page_of_items"]


def page_of_items(items: Iterable[dict[str, Any]], *, name: str) -> str:
    """The page as a string; `name` is shown as what is reviewed.

    The browser is told to run nothing but this very script, so that even a mistake in it could not
    start what stands in a text.
    """
    script, style = _asset("review.js"), _asset("review.css")
    data = json_for_html({"name": name, "documents": list(items)})
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = {
        "POLICY": policy,
        "NAME": escape(name),
        "STYLE": style,
        "DATA": data,
        "SCRIPT": script,
    }
    parts = _asset("review.html").split("%%")  # text and names of parts in turn
    return "".join(filled[part] if n % 2 else part for n, part in enumerate(parts))


def json_for_html(value: Any) -> str:
    """JSON in which nothing ends or opens an element, a comment, or a line of script."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _asset(name: str) -> str:
    return files("gonerd_scraper.cleaning").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
