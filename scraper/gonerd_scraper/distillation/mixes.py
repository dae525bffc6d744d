"""Mixes of text corpora by the names that the paper's Table 8 gives them, as one seeded stream."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document
from gonerd.takedown import Takedown
from gonerd_scraper.distillation.oscar import OscarRules
from gonerd_scraper.distillation.rows import ROWS
from gonerd_scraper.distillation.text_corpora import (
    BOOKCORPUS_FILES,
    BookUnit,
    read_bookcorpus,
    read_cc_news,
    read_oscar,
    read_wikipedia,
)
from gonerd_scraper.lots import lot
from gonerd_scraper.running.inputs import input_files

__all__ = ["MIXES", "PARTS", "Mix", "PartSize", "fractions", "parts_of", "read_mix"]

PARTS = ("OSCAR", "BC", "WIKI", "CCNEWS")
"""OSCAR, BookCorpus, Wikipedia, CC-News."""
MIXES = ("OSCAR+BC", "OSCAR+WIKI", "BC+WIKI", "OSCAR", "WIKI", "BC", "BC+WIKI+CCNEWS")
"""The rows of Table 8, and what LSG was pretrained on (section 3.4)."""
ALIASES = {"ENW": "WIKI", "WIKIPEDIA": "WIKI", "BOOKCORPUS": "BC", "CC_NEWS": "CCNEWS"}

HELD_CHARACTERS = 32_000_000
"""Characters that wait to be drawn from each part; a document counts 1,000 more than it has."""


@dataclass(frozen=True, slots=True)
class PartSize:
    """What a part holds in all, but for what the take-down list names."""

    documents: int
    characters: int
    taken_down: int = 0
    """Documents that it names."""


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a mix, such as ("OSCAR", "BC"), in the order of its name.

    Raises:
        ConfigError: a part is unknown, or there twice.
    """
    parts = tuple(
        ALIASES.get(part, part) for part in (piece.strip() for piece in name.upper().split("+"))
    )
    for part in parts:
        if part not in PARTS:
            raise ConfigError(
                f"mix {name!r}: {part or 'an empty name'} is no part; expected one of {', '.join(MIXES)}, "
                f"or {', '.join(PARTS)} joined by +"
            )
    if len(set(parts)) < len(parts):
        raise ConfigError(f"mix {name!r} names a part twice")
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What goes into a mix, and in what order it comes.

    Without `shares`, every document of every part comes once: the paper distilled on a sample of OSCAR
    "alongside BookCorpus" (section 3.2) and gives no other weights.
    """

    name: str
    """One of MIXES, or some of PARTS joined by `+`."""
    paths: Mapping[str, Sequence[str | Path]]
    """Files and folders of each part, by its name."""
    seed: int = 0
    """Decides the order, and which documents come where not all do."""
    shares: Mapping[str, float] | None = None
    """Shares of the parts in the characters; as much of each comes as holds them."""
    characters: int | None = None
    """Characters of all texts together, about; None: as many as there are."""
    rules: OscarRules = field(default_factory=OscarRules)
    """What records of OSCAR must fulfil; documents of `gonerd oscar` did already."""
    book_unit: BookUnit = "sentence"
    """What a document of BookCorpus is (`read_bookcorpus`)."""
    takedown: Takedown = field(default_factory=Takedown.read)
    """Documents that are in no mix."""

    def files(self) -> dict[str, list[Path]]:
        """The files of each part, in the order in which the seed has them read.

        Raises:
            ConfigError: the name makes no sense, or files are given for what is no part of it.
            InputError: a part has no files.
        """
        found = {}
        parts = parts_of(self.name)
        for part in self.paths:
            if part not in parts:
                raise ConfigError(f"mix {self.name} has no part {part}, for which files are given")
        for part in parts:
            if not self.paths.get(part):
                raise InputError(f"mix {self.name}: no file or folder is given for its part {part}")
            endings = BOOKCORPUS_FILES if part == "BC" else ROWS
            beginnings = ("wiki_",) if part == "WIKI" else ()
            found[part] = input_files(self.paths[part], endings, beginnings=beginnings)
            self._chance(f"files {part}").shuffle(found[part])
        return found

    def read(self, part: str, files: Sequence[Path]) -> Iterator[Document]:
        """All documents of one part.

        Raises:
            SchemaError: a row is broken; the message names file and line.
        """
        if part == "OSCAR":
            return read_oscar(files, rules=self.rules)
        if part == "BC":
            return read_bookcorpus(files, unit=self.book_unit)
        return (read_wikipedia if part == "WIKI" else read_cc_news)(files)

    def measure(self) -> dict[str, PartSize]:
        """What each part holds; reads all of it once."""
        return {
            part: _size(self.read(part, files), self.takedown)
            for part, files in self.files().items()
        }

    def draw(self, sizes: Mapping[str, PartSize]) -> Iterator[tuple[str, Document]]:
        """Yield (part, document) in the order of the mix, each document at most once.

        Each part's documents are shuffled over a window of 32 million characters, and the parts are
        drawn from by what is left of them: memory does not grow with the input.
        """
        kept = fractions(sizes, shares=self.shares, characters=self.characters)
        streams: dict[str, Iterator[Document]] = {}
        left: dict[str, float] = {}
        for part, files in self.files().items():
            allowed = (d for d in self.read(part, files) if not self.takedown.entry_of(d))
            chosen = _share(allowed, kept[part], self.seed)
            streams[part] = _shuffled(chosen, self._chance(part))
            left[part] = kept[part] * sizes[part].documents
        chance = self._chance("mix")
        while streams:
            weights = [max(left[part], 1.0) for part in streams]
            part = chance.choices(list(streams), weights)[0]
            document = next(streams[part], None)
            if document is None:
                del streams[part]
            else:
                left[part] -= 1
                yield part, document

    def _chance(self, purpose: str) -> Random:
        return Random(f"{self.seed} {purpose}")  # noqa: S311  # a shuffle, nothing secret


def read_mix(
    name: str,
    paths: Mapping[str, Sequence[str | Path]],
    seed: int,
    *,
    shares: Mapping[str, float] | None = None,
    characters: int | None = None,
    book_unit: BookUnit = "sentence",
    takedown: Takedown | None = None,
) -> Iterator[Document]:
    """Yield the documents of a mix (see `Mix`) in an order that `seed` decides, each at most once.

    The files are read twice, first to measure the parts. Memory does not grow with the input.

    Raises:
        ConfigError: the name or the shares make no sense.
        InputError: a part has no files, or no documents.
        SchemaError: a row is broken; the message names file and line.
    """
    mix = Mix(
        name=name,
        paths=paths,
        seed=seed,
        shares=shares,
        characters=characters,
        book_unit=book_unit,
        takedown=takedown or Takedown.read(),
    )
    for _, document in mix.draw(mix.measure()):
        yield document


def fractions(
    sizes: Mapping[str, PartSize],
    *,
    shares: Mapping[str, float] | None = None,
    characters: int | None = None,
) -> dict[str, float]:
    """How much of each part goes in, 0 to 1: the most that holds `shares` and `characters`.

    Raises:
        ConfigError: the shares are not those of the parts, or not positive.
        InputError: a part is empty.
    """
    for part, size in sizes.items():
        if not size.characters:
            raise InputError(f"part {part} holds no text")
    total = sum(size.characters for size in sizes.values())
    if shares is None:
        return dict.fromkeys(sizes, 1.0 if characters is None else min(1.0, characters / total))
    if set(shares) != set(sizes) or not all(0 < share < math.inf for share in shares.values()):
        found = ", ".join(f"{part}={share:g}" for part, share in shares.items()) or "none"
        raise ConfigError(f"shares {found}: expected a positive share for {', '.join(sizes)}")
    whole = sum(shares.values())
    wanted = {part: shares[part] / whole for part in sizes}
    reached = min(size.characters / wanted[part] for part, size in sizes.items())
    if characters is not None:
        reached = min(reached, characters)
    return {part: min(1.0, reached * wanted[part] / sizes[part].characters) for part in sizes}


def _size(documents: Iterable[Document], takedown: Takedown) -> PartSize:
    count = characters = out = 0
    for document in documents:
        if takedown.entry_of(document):
            out += 1
            continue
        count += 1
        characters += len(document.text)
    return PartSize(count, characters, out)


def _share(documents: Iterable[Document], fraction: float, seed: int) -> Iterator[Document]:
    """The documents with the lowest lots; other lots than those of `gonerd oscar`, which drew by them."""
    bound = round(fraction * 2**64)
    for document in documents:
        if fraction == 1 or lot(seed, f"mix {document.id}") < bound:
            yield document


def _shuffled(documents: Iterable[Document], chance: Random) -> Iterator[Document]:
    """The documents, each from a random place among those that are held."""
    held: list[Document] = []
    characters = 0
    for document in documents:
        held.append(document)
        characters += len(document.text) + 1000
        while characters > HELD_CHARACTERS:
            place = chance.randrange(len(held))
            held[place], held[-1] = held[-1], held[place]
            drawn = held.pop()
            characters -= len(drawn.text) + 1000
            yield drawn
    chance.shuffle(held)
    yield from held
