"""What a form can't hold: counted while documents go through, and told in one sentence."""

from __future__ import annotations

from collections import Counter

from gonerd.console import counted, note

__all__ = ["Losses"]


class Losses:
    """Counts by kind, and where the first was met; `tell` says them on stderr."""

    def __init__(self, form: str) -> None:
        self.form = form
        self._counts = Counter[tuple[str, str]]()
        self._first = ""

    def add(self, said: str, thing: str, document: str, number: int = 1) -> None:
        """Count `number` things, as in `add("the subtype of {}", "mention", document.id)`."""
        if number:
            self._counts[said, thing] += number
            self._first = self._first or document

    def tell(self) -> None:
        """One sentence with all counts; nothing where nothing was lost."""
        if not self._counts:
            return
        kinds = ", ".join(
            said.format(counted(number, thing)) for (said, thing), number in self._counts.items()
        )
        note(f"not kept in {self.form}: {kinds}; the first in document {self._first!r}")
