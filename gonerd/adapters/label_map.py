"""A model's own entity types as GONERD's labels: explicit, or by the names that are in use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json
from gonerd.labels import LABELS

__all__ = ["DROPPED", "LabelMap", "label_map_from_argument", "usual_label"]

DROPPED = "-"
"""What stands in `--label-map TYPE=-` for a type that is left out."""

_NAMES = {
    "PER": "per pers person people name human",
    "ORG": "org organization organisation company corporation corp group institution",
    "LOC": "loc location gpe geopolitical fac facility building place geo city country",
    "MISC": "misc miscellaneous age address phone phonenumber telephone",
}
_USUAL = {name: label for label, names in _NAMES.items() for name in names.split()}
"""The types of CoNLL-2003, OntoNotes 5, WNUT-17, Few-NERD and others, and MISC's subtypes, without case and
separators. What others call MISC (nationalities, events, works) is not GONERD's; only its name is known, so
that a model of that kind needs `--label-map`."""

_FINER = re.compile("[-/.:]")
"""What stands between a type and its subtype: Few-NERD's `person-actor`, `MISC/AGE`, `LOC.city`."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Which of our labels a model's type becomes; None leaves it out, and its finds are counted."""

    labels: Mapping[str, str | None]
    automatic: bool = True
    """Whether the names decided, and not the user."""

    def of(self, type_: str) -> str | None:
        """The label of a type; one that nobody mapped is left out."""
        return self.labels.get(type_)

    def as_json(self) -> dict[str, str | None]:
        """What a result records."""
        return dict(sorted(self.labels.items()))

    @classmethod
    def for_any(cls, given: Mapping[str, str | None] | None) -> LabelMap:
        """The map of a model whose types nobody knows before it answers: by `given`, else by their names.

        A result records `given`, or None for the names: what the types are shows in what was dropped.
        """
        return _ByName({}) if given is None else cls(dict(given), automatic=False)

    @classmethod
    def for_types(cls, types: Iterable[str], given: Mapping[str, str | None] | None) -> LabelMap:
        """The map of a model that knows `types`, by `given` where there is one and else by their names.

        Raises:
            ConfigError: `given` speaks of a type that the model does not know, or no type gets a label.
        """
        known = sorted(set(types))
        if given is None:
            found = cls({name: usual_label(name) for name in known})
        else:
            strangers = sorted(set(given) - set(known))
            if strangers:
                raise ConfigError(
                    f"--label-map maps {strangers[0]!r}, which the model does not know; "
                    f"its types are {', '.join(known)}"
                )
            found = cls({name: given.get(name) for name in known}, automatic=False)
        if not any(found.labels.values()):
            raise ConfigError(
                f"none of the model's types {', '.join(known) or '(it has none)'} is known as "
                f"{', '.join(LABELS)}; say which is which with --label-map TYPE=LABEL,..."
            )
        return found


class _ByName(LabelMap):
    """Every type by its name, when it comes."""

    __slots__ = ()

    def of(self, type_: str) -> str | None:
        return usual_label(type_)


def usual_label(type_: str) -> str | None:
    """The label of a type by its name, or by the part before its subtype; None where neither is known."""
    whole = _USUAL.get(_plain(type_))
    return whole or _USUAL.get(_plain(_FINER.split(type_, maxsplit=1)[0]))


def label_map_from_argument(argument: str | None) -> dict[str, str | None] | None:
    """`TYPE=LABEL,TYPE=-,...`, or a JSON file of one object with null or "-" for `-`; None stays None.

    Raises:
        InputError: the file is missing or no JSON.
        ConfigError: a label is none of ours, or a part is no pair.
    """
    if argument is None:
        return None
    pairs: list[tuple[Any, Any]]
    if "=" in argument:
        parts = [part.strip() for part in argument.split(",") if part.strip()]
        pairs = []
        for part in parts:
            name, equals, label = (piece.strip() for piece in part.rpartition("="))
            if not equals or not name:
                raise ConfigError(f"--label-map: {part!r} is no TYPE=LABEL")
            pairs.append((name, label))
    elif Path(argument).is_file():
        value = read_json(Path(argument))
        if not isinstance(value, dict):
            raise ConfigError(f"--label-map: {argument} is no JSON object of types with labels")
        pairs = list(value.items())
    else:
        raise InputError(
            f"--label-map {argument!r} is neither TYPE=LABEL,... nor a JSON file that is there"
        )
    pairs = [(name, None if label == DROPPED else label) for name, label in pairs]
    for number, (name, label) in enumerate(pairs):
        if name in (other for other, _ in pairs[:number]):
            raise ConfigError(f"--label-map names {name!r} twice")
        if label is not None and label not in LABELS:
            raise ConfigError(
                f"--label-map: {name!r} becomes {label!r}, expected one of {', '.join(LABELS)}, "
                f"or {DROPPED} to leave it out"
            )
    return dict(pairs)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())
