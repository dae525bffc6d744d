"""Data as scripts that call one function each: what a page may load from disk, where fetch() is refused."""

from __future__ import annotations

import json
from typing import Any

from gonerd.errors import SchemaError

__all__ = ["script", "script_values"]

DIGITS = 6
"""Of a float after the point; a share has four in per cent."""


def script(call: str, *values: Any) -> str:
    """The text of a script that gives JSON values to a function of the page, ASCII only."""
    given = ",".join(_json(value) for value in values)
    return f"gonerd.{call}({given});\n"


def script_values(text: str, call: str, where: str) -> list[Any]:
    """What a script gives to its function; the inverse of `script`.

    Raises:
        SchemaError: it is no such script.
    """
    head, tail = f"gonerd.{call}(", ");\n"
    try:
        if text.startswith(head) and text.endswith(tail):
            values: list[Any] = json.loads(f"[{text[len(head) : -len(tail)]}]")
            return values
    except ValueError:
        pass
    raise SchemaError(f"{where}: is no script that calls gonerd.{call}; build the page without it")


def _json(value: Any) -> str:
    return json.dumps(_rounded(value), allow_nan=False, separators=(",", ":"))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return value
