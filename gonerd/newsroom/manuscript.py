"""A text in the making: characters, entities with their offsets, and the small rules between them."""

from __future__ import annotations

from gonerd.newsroom.template import word_count
from gonerd.newsroom.wording import takes_an
from gonerd.schema import Entity

__all__ = ["Manuscript"]


class Manuscript:
    """One text, written from its beginning to its end; capitals, commas and articles come by themselves."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.entities: list[Entity] = []
        self.mentions = {"PER": 0, "ORG": 0, "LOC": 0, "MISC": 0}
        self.length = 0
        self.capital = True
        self.indefinite = False
        self.paragraphs = 0
        self._comma = False
        self._last = ""
        self._texts: set[str] = set()
        self._start = 0

    def literal(self, text: str) -> None:
        """Write characters that are no entity."""
        if self._comma:
            self._comma = False
            if text[0] not in ".,;:?!)”" and not text.startswith((" (", " —")):
                self._put(",")
        if text[0] == " " and self._last == " ":  # an empty alternative stood between them
            text = text[1:]
            if not text:
                return
        if text[0] == "." and self._last == ".":
            text = text[1:]
            if not text:
                return
        if self.indefinite:
            self._article(text)
        if self.capital:
            text = (
                text[0] + text[1:2].upper() + text[2:]
                if text[0] == "“"
                else text[0].upper() + text[1:]
            )
            self.capital = text == "“"
        self._put(text)

    def entity(self, text: str, label: str, subtype: str = "") -> None:
        """Write an entity."""
        if self._comma:
            self._comma = False
            self._put(",")
        if self.indefinite:
            self._article(text)
        self.capital = False
        self.mentions[label] += 1
        start = self.length
        if label == "LOC" and self._continues_address():
            start, label, subtype = self.entities.pop().start, "MISC", "ADDRESS"
        self._put(text)
        self.entities.append(Entity(start, self.length, label, subtype))

    def _continues_address(self) -> bool:
        """Whether a place that comes now is the town of a street address, as an envelope has it."""
        last = self.entities[-1] if self.entities else None
        return (
            last is not None
            and last.subtype == "ADDRESS"
            and last.end == self.length - 2
            and self.parts[-1] == ", "
        )

    def possessive(self) -> None:
        """Write the possessive of what was just written."""
        self._put("’" if self._last == "s" else "’s")

    def words_since(self, part: int) -> int:
        """The number of tokens, nearly, in the parts from `part` on."""
        return word_count("".join(self.parts[part:]))

    def end_paragraph(self) -> None:
        """Write a line feed; an open apposition ends here.

        A paragraph that the text has already, word for word, is taken back.
        """
        self._comma = self.indefinite = False
        text = "".join(self.parts[self._start :])
        if text in self._texts:
            self._take_back(text)
            return
        self._texts.add(text)
        self.paragraphs += 1
        self._put("\n")
        self._start = len(self.parts)
        self.capital = True

    def _take_back(self, text: str) -> None:
        del self.parts[self._start :]
        self.length -= len(text)
        while self.entities and self.entities[-1].start >= self.length:
            self.mentions[self.entities.pop().label] -= 1
        self._last = "\n"
        self.capital = True

    def _article(self, following: str) -> None:
        self.indefinite = False
        self._put(
            ("An " if self.capital else "an ")
            if takes_an(following)
            else ("A " if self.capital else "a ")
        )
        self.capital = False

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)
        self._last = text[-1]
