"""Tag schemes of other corpora to IOB2 and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from gonerd.errors import AlignmentError

__all__ = ["SCHEMES", "Scheme", "iob2_from_scheme", "scheme_from_iob2"]

Scheme = Literal["iob2", "iob1", "bioes"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

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


def _parts(tag: str, number: int) -> tuple[str, str]:
    prefix, _, label = tag.partition("-")
    if tag == "O" or (prefix and label):
        return prefix, label
    raise AlignmentError(f"tag {tag!r} at token {number} is neither O nor prefix-label")
