"""Tag schemes of other corpora to IOB2 and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from gonerd.console import counted
from gonerd.errors import AlignmentError

__all__ = [
    "REPAIRS",
    "SCHEMES",
    "Repair",
    "Scheme",
    "TagRepairs",
    "iob2_from_scheme",
    "repaired_iob2",
    "scheme_from_iob2",
]

Scheme = Literal["iob2", "iob1", "bioes"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

Repair = Literal["conlleval", "discard", "error"]
"""What becomes of tags that are not of their scheme; seqeval: `conlleval`, in its strict mode `discard`."""
REPAIRS: tuple[Repair, ...] = get_args(Repair)

PREFIXES: dict[Scheme, str] = {"iob2": "OBI", "iob1": "OBI", "bioes": "OBIES"}

_BILOU = {"L": "E", "U": "S"}


def iob2_from_scheme(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """`tags` of one sentence or document as IOB2; the inverse of `scheme_from_iob2`.

    IOB1 writes B- only between touching entities of one label, as CoNLL-2003's own files do. BIOES
    also marks the end (E-, L-) and the single token (S-, U-).

    Raises:
        AlignmentError: a tag is none of the scheme, or stands where the scheme does not allow it.
    """
    result: list[str] = []
    previous, previous_label = "O", ""
    for number, tag in enumerate(tags):
        prefix, label = _parts(tag, number)
        if scheme == "bioes":
            prefix = _BILOU.get(prefix, prefix)
        continues = previous in ("B", "I") and label == previous_label
        unfinished = scheme == "bioes" and previous in ("B", "I")
        allowed = {
            "iob2": prefix in ("O", "B") or (prefix == "I" and continues),
            "iob1": prefix in ("O", "I") or (prefix == "B" and continues),
            "bioes": (prefix in ("I", "E") and continues)
            or (prefix in ("O", "B", "S") and not unfinished),
        }[scheme]
        if not allowed:
            raise AlignmentError(
                f"tag {tag!r} at token {number} is not {scheme.upper()} after {previous!r}"
            )
        begins = prefix in ("B", "S") or (scheme == "iob1" and not continues)
        result.append("O" if prefix == "O" else f"{'B' if begins else 'I'}-{label}")
        previous, previous_label = prefix, label
    if scheme == "bioes" and previous in ("B", "I"):
        raise AlignmentError(f"the last tag {tags[-1]!r} leaves an entity open in BIOES")
    return result


def scheme_from_iob2(tags: Sequence[str], scheme: Scheme) -> list[str]:
    """Strict IOB2 `tags` in another scheme."""
    if scheme == "iob2":
        return list(tags)
    result: list[str] = []
    for number, tag in enumerate(tags):
        prefix, _, label = tag.partition("-")
        if tag == "O":
            result.append(tag)
        elif scheme == "iob1":
            touches = number > 0 and tags[number - 1].endswith(f"-{label}")
            result.append(f"{'B' if prefix == 'B' and touches else 'I'}-{label}")
        else:
            ends = number + 1 == len(tags) or tags[number + 1] != f"I-{label}"
            marks = {("B", True): "S", ("I", True): "E"}
            result.append(f"{marks.get((prefix, ends), prefix)}-{label}")
    return result


def repaired_iob2(tags: Sequence[str], scheme: Scheme, repair: Repair) -> tuple[list[str], int]:
    """`tags` of one document as IOB2, and how many of them had to be read as another.

    `conlleval` begins an entity at every tag that continues none, as the script of CoNLL-2000 does;
    `discard` takes such tags for O, and in BIOES entities without their end as well.

    Raises:
        AlignmentError: a tag is no prefix of the scheme with a label; with `error`, or it stands where the
            scheme does not allow it.
    """
    if repair == "error":
        return iob2_from_scheme(tags, scheme), 0
    parts: list[tuple[str, str]] = []
    for number, tag in enumerate(tags):
        prefix, label = _parts(tag, number)
        prefix = _BILOU.get(prefix, prefix) if scheme == "bioes" else prefix
        if prefix not in PREFIXES[scheme]:
            raise AlignmentError(f"tag {tag!r} at token {number} is not {scheme.upper()}")
        parts.append((prefix, label))
    read = _by_conlleval(parts) if repair == "conlleval" else _by_discarding(parts, scheme)
    stood = (prefix if prefix == "O" else f"{prefix}-{label}" for prefix, label in parts)
    meant = scheme_from_iob2(read, scheme)
    return read, sum(one != other for one, other in zip(stood, meant, strict=True))


@dataclass(slots=True)
class TagRepairs:
    """How tags that are not of their scheme are read, and how many there were."""

    policy: Repair
    tags: int = 0
    documents: int = 0
    first: str = ""
    """The document in which the first was met."""

    def __str__(self) -> str:
        return (
            f"{counted(self.tags, 'tag')} in {counted(self.documents, 'document')} not of the scheme, "
            f"repaired by {self.policy}; the first in {self.first!r}"
        )

    def iob2(self, tags: Sequence[str], scheme: Scheme, document: str) -> list[str]:
        """The document's tags, repaired and counted; raises as `repaired_iob2`."""
        read, changed = repaired_iob2(tags, scheme, self.policy)
        if changed:
            self.tags += changed
            self.documents += 1
            self.first = self.first or document
        return read


def _by_conlleval(parts: Sequence[tuple[str, str]]) -> list[str]:
    result: list[str] = []
    before, label_before = "O", ""
    for prefix, label in parts:
        begins = prefix in ("B", "S") or before in ("O", "E", "S") or label != label_before
        result.append("O" if prefix == "O" else f"{'B' if begins else 'I'}-{label}")
        before, label_before = prefix, label
    return result


def _by_discarding(parts: Sequence[tuple[str, str]], scheme: Scheme) -> list[str]:
    result: list[str] = []
    begin = 0  # of the entity that is open, where a label is
    open_label = ""
    for number, (prefix, label) in enumerate([*parts, ("O", "")]):
        continues = prefix in ("I", "E") and bool(open_label) and label == open_label
        if open_label and not continues and scheme == "bioes":
            result[begin:number] = ["O"] * (number - begin)
        if continues:
            result.append(f"I-{label}")
            open_label = "" if prefix == "E" else label
            continue
        starts = {
            "iob2": prefix == "B",
            "iob1": prefix == "I" or (prefix == "B" and label == open_label),
            "bioes": prefix in ("B", "S"),
        }[scheme]
        result.append(f"B-{label}" if starts else "O")
        begin, open_label = number, label if starts and prefix != "S" else ""
    return result[:-1]


def _parts(tag: str, number: int) -> tuple[str, str]:
    prefix, _, label = tag.partition("-")
    if tag == "O" or (prefix and label):
        return prefix, label
    raise AlignmentError(f"tag {tag!r} at token {number} is neither O nor prefix-label")
