"""One log of a reproduction: a line of JSON for whatever begins, ends, or goes wrong."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Journal"]


class Journal:
    """Lines that are on the disk before the next thing happens."""

    def __init__(self, path: Path) -> None:
        """Append to `path`."""
        self.path = path

    def add(self, event: str, **fields: Any) -> None:
        """Write one line: the time (UTC), what happened, and `fields`."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps({"time": now, "event": event, **fields}, ensure_ascii=False)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
            stream.flush()
            os.fsync(stream.fileno())
