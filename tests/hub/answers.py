"""Answers of the Hub: JSON, problems under their names, and files by range."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "found", "json_answer", "problem"]


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def problem(status: int, name: str, message: str) -> Answer:
    """What huggingface_hub tells apart by X-Error-Code."""
    answer = json_answer({"error": message}, status)
    answer.headers |= {"X-Error-Code": name, "X-Error-Message": message}
    return answer


def found(content: bytes, headers: Any) -> Answer:
    """A file's bytes, or the range of them that was asked for."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("Range") or "")
    if asked is None:
        return Answer(200, content, {"Accept-Ranges": "bytes"})
    first = int(asked[1])
    last = min(int(asked[2]) if asked[2] else len(content) - 1, len(content) - 1)
    place = f"bytes {first}-{last}/{len(content)}"
    return Answer(206, content[first : last + 1], {"Content-Range": place})
