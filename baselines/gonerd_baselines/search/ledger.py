"""The book of a population: what each member did in each slice, and how the next one begins."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gonerd.errors import InputError

__all__ = ["Ledger"]


class Ledger:
    """JSON Lines that are only ever added to, each on disk before anybody acts on it.

    A line with "begins" opens a slice: for each member its hyperparameters and the member whose state it goes
    on with. A line with "member" closes a slice for one member. So the file is all that a search needs to go
    on after a kill.
    """

    def __init__(self, path: Path, *, note: Callable[[str], None] = lambda _: None) -> None:
        """Read what is there; a line that was cut off by a kill is taken back.

        Raises:
            InputError: another line is broken.
        """
        self.path = path
        self.note = note
        self.slices: list[dict[str, Any]] = []
        """Lines that open one."""
        self.results: dict[tuple[int, int], dict[str, Any]] = {}
        """Lines that close one, by slice and member."""
        text = path.read_text() if path.exists() else ""
        whole, _, rest = text.rpartition("\n")
        if rest:
            path.write_text(f"{whole}\n" if whole else "")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise InputError(
                    f"{path}:{number} is no line of a search; --force begins anew"
                ) from None

    def __deepcopy__(self, _: Any) -> Ledger:
        """Itself: Ray copies what it is given, and there is one book."""
        return self

    def open_slice(
        self, begins: Sequence[Mapping[str, Any]], exploits: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """The next slice, by member "source" and "hyperparameters", and who copies whom in it."""
        line = {"slice": len(self.slices), "begins": list(begins), "exploits": list(exploits)}
        self._add(line)
        for each in exploits:
            changes = ", ".join(
                f"{key} {each['before'][key]:.3g} to {value:.3g}"
                for key, value in each["after"].items()
            )
            self.note(f"member {each['member']} copies member {each['source']}: {changes}")

    def close_slice(self, result: Mapping[str, Any], *, metric: str) -> None:
        """What a member came to, once; a slice that is told of again after an interruption is known."""
        if (result["slice"], result["member"]) in self.results:
            return
        self._add(result)
        found = result["problem"] or f"{metric} {result['metrics'][metric]:.4f}"
        self.note(
            f"slice {result['slice'] + 1}, member {result['member']}, step {result['step']:,}: {found}"
        )

    def begin_of(self, member: int, number: int) -> dict[str, Any]:
        """How this member begins slice `number`."""
        found: dict[str, Any] = self.slices[number]["begins"][member]
        return found

    def lineage(self, member: int, number: int) -> list[int]:
        """Who trained what `member` has at the end of slice `number`: a member for each slice."""
        path = [member]
        for earlier in range(number, 0, -1):
            path.insert(0, self.begin_of(path[0], earlier)["source"])
        return path

    def _add(self, line: Mapping[str, Any]) -> None:
        with self.path.open("a") as out:
            out.write(json.dumps(line, allow_nan=False) + "\n")
            out.flush()
            os.fsync(out.fileno())
        self._take(dict(line))

    def _take(self, line: dict[str, Any]) -> None:
        if "begins" in line:
            self.slices.append(line)
        else:
            self.results[line["slice"], line["member"]] = line
