"""The tags of a checkpoint: what it calls them, and which may follow which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gonerd.errors import ConfigError

__all__ = ["TagScheme", "TagSet", "inside_begins", "tag_set_from_names"]

TagScheme = Literal["iob2", "iob1", "bioes", "plain"]

_PREFIXED = re.compile(r"(?P<prefix>[BIESLU])[-_](?P<type>.+)", re.DOTALL)
_NAMELESS = re.compile(r"LABEL_\d+")
_OUTSIDE = frozenset(["O", "o", "X", "[CLS]", "[SEP]", "[PAD]", "PAD", "<pad>", "<s>", "</s>"])
"""Besides O what older training scripts put on special subwords and on the rest of a word."""
_BILOU = {"L": "E", "U": "S"}
_OPENS = frozenset("BI")
_CONTINUES = frozenset("IE")


@dataclass(frozen=True)
class TagSet:
    """t tags by id, each with a prefix of B, I, E, S or none, and a type; outside has neither."""

    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    types: tuple[str, ...]
    scheme: TagScheme
    """`iob1` where an I- begins an entity as well, `plain` where tags are types alone."""

    @property
    def known_types(self) -> list[str]:
        """The types, without outside."""
        return sorted(set(self.types) - {""})

    @cached_property
    def outside(self) -> NDArray[np.bool_]:
        """(t,) whether a tag says that a word belongs to no entity."""
        return np.array([not name for name in self.types])

    @cached_property
    def follows(self) -> NDArray[np.bool_]:
        """(t, t) whether the second may stand after the first."""
        return np.array([[self._may_follow(a, b) for b in self._ids] for a in self._ids])

    @cached_property
    def begins(self) -> NDArray[np.bool_]:
        """(t,) whether a tag may be a text's first."""
        strict = self.scheme in ("iob2", "bioes")
        return np.array([not (strict and self.prefixes[tag] in _CONTINUES) for tag in self._ids])

    @cached_property
    def ends(self) -> NDArray[np.bool_]:
        """(t,) whether a tag may be a text's last."""
        return np.array([not self._unfinished(tag) for tag in self._ids])

    @cached_property
    def of_type(self) -> NDArray[np.bool_]:
        """(t, t) whether two tags are of one type."""
        return np.array([[a == b for b in self.types] for a in self.types])

    def continues(self, before: int, tag: int) -> bool:
        """Whether `tag` belongs to the entity of the tag `before` it."""
        if not self.types[tag] or self.types[before] != self.types[tag]:
            return False
        if self.scheme == "plain":
            return True
        return self.prefixes[tag] in _CONTINUES and self.prefixes[before] in _OPENS

    @property
    def _ids(self) -> range:
        return range(len(self.names))

    def _unfinished(self, tag: int) -> bool:
        return self.prefixes[tag] in _OPENS and self.types[tag] in self._closed

    @cached_property
    def _closed(self) -> frozenset[str]:
        """The types that have an E-."""
        pairs = zip(self.prefixes, self.types, strict=True)
        return frozenset(type_ for prefix, type_ in pairs if prefix == "E")

    def _may_follow(self, before: int, tag: int) -> bool:
        if self.scheme in ("iob1", "plain"):
            return True
        if self._unfinished(before) or self.prefixes[tag] in _CONTINUES:
            return self.continues(before, tag)
        return True


def tag_set_from_names(
    names: Sequence[str], label_map: Mapping[str, str | None] | None = None
) -> TagSet:
    """The tags called `names`, by id, as B-PER, B_PER (of IOB2, IOB1, BIOES, BILOU) or PER.

    Names that say nothing (LABEL_0) are taken from `label_map`, where None is outside.

    Raises:
        ConfigError: the names say nothing and there is no map, or none of them is outside.
    """
    if all(map(_NAMELESS.fullmatch, names)):
        if label_map is None:
            raise ConfigError(
                f"the model's tags are called {', '.join(names[:3])}, ..., which says nothing; "
                "say what they are with --label-map LABEL_0=-,LABEL_1=PER,..."
            )
        types = tuple(label_map.get(name) or "" for name in names)
        return _with_outside(TagSet(tuple(names), ("",) * len(names), types, "plain"))
    inside = [name for name in names if name not in _OUTSIDE]
    parts = {name: part for name in inside if (part := _PREFIXED.fullmatch(name))}
    if not parts:
        types = tuple("" if name in _OUTSIDE else name for name in names)
        return _with_outside(TagSet(tuple(names), ("",) * len(names), types, "plain"))
    bare = [name for name in inside if name not in parts]
    if bare:
        raise ConfigError(
            f"the model's tag {bare[0]!r} has no prefix, while {next(iter(parts))!r} has one; "
            "expected all of them or none to be like B-PER"
        )
    pairs = [("", "") if name in _OUTSIDE else _parts(parts[name]) for name in names]
    prefixes, types = (tuple(column) for column in zip(*pairs, strict=True))
    return _with_outside(TagSet(tuple(names), prefixes, types, _scheme(prefixes, types)))


def inside_begins(tags: TagSet, sequences: Sequence[Sequence[int]]) -> TagSet:
    """The tags as IOB1, where the likeliest tags of some texts begin entities with I- rather than B-.

    IOB1 and IOB2 may go by the same names, and only what a model does tells them apart. Three such
    beginnings are wanted, and twice as many as with B-.

    Args:
        tags: of any scheme; only `iob2` may change.
        sequences: for each text the likeliest tag of each word, whatever stands before it.
    """
    if tags.scheme != "iob2":
        return tags
    beginnings = {"B": 0, "I": 0}
    for sequence in sequences:
        for place, tag in enumerate(sequence):
            prefix, type_ = tags.prefixes[tag], tags.types[tag]
            if prefix and (place == 0 or tags.types[sequence[place - 1]] != type_):
                beginnings[prefix] += 1
    if beginnings["I"] >= 3 and beginnings["I"] > 2 * beginnings["B"]:
        return replace(tags, scheme="iob1")
    return tags


def _parts(match: re.Match[str]) -> tuple[str, str]:
    prefix = match["prefix"]
    return _BILOU.get(prefix, prefix), match["type"]


def _scheme(prefixes: Sequence[str], types: Sequence[str]) -> TagScheme:
    by_type: dict[str, set[str]] = {}
    for prefix, type_ in zip(prefixes, types, strict=True):
        by_type.setdefault(type_, set()).add(prefix)
    found = set(prefixes)
    if found & {"E", "S"}:
        return "bioes"
    # a type of which no B- was seen in training, as in CoNLL-2003's own files
    return "iob1" if any("I" in some and "B" not in some for some in by_type.values()) else "iob2"


def _with_outside(tags: TagSet) -> TagSet:
    if "" not in tags.types:
        raise ConfigError(
            f"none of the model's tags {', '.join(tags.names)} says that a word belongs to no entity; "
            "expected one called O, or LABEL_n that --label-map gives '-'"
        )
    return tags
