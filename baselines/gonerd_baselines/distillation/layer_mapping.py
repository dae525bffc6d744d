"""Which teacher layers a student layer learns from; all numbers count from 0."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd.errors import ConfigError

__all__ = ["MAPPINGS", "LayerPair", "layer_pairs"]

LayerPair = tuple[int, int]
"""(student's layer, teacher's layer)."""

MAPPINGS = ("last", "uniform", "uniform+last", "consecutive")
"""
last: the last layer from the last, as DistilBERT's script and the paper have it.
uniform: every layer from one, evenly spaced, the last from the last (1 to 1).
uniform+last: beside, every layer from the teacher's last (1 to N).
consecutive: every layer from all teacher layers of its share, those up to its uniform one (1 to N).

Several layers may also learn from one, in pairs that are written out.
"""


def layer_pairs(
    mapping: str | Sequence[Sequence[int]], *, student: int, teacher: int
) -> tuple[LayerPair, ...]:
    """The pairs of `mapping`, one of MAPPINGS or pairs written out, for models of so many layers; sorted.

    Raises:
        ConfigError: there is no such mapping, or no such layer, or a pair comes twice.
    """
    if isinstance(mapping, str):
        return _named(mapping, student, teacher)
    pairs: list[LayerPair] = []
    for pair in mapping:
        if len(pair) != 2 or any(type(layer) is not int for layer in pair):
            raise ConfigError(
                f"mapping has {list(pair)}, expected pairs [student's layer, teacher's layer]"
            )
        for name, layer, layers in zip(
            ("student", "teacher"), pair, (student, teacher), strict=True
        ):
            if not 0 <= layer < layers:
                raise ConfigError(
                    f"mapping {list(pair)} names layer {layer} of the {name}, "
                    f"which has layers 0 to {layers - 1}"
                )
        pairs.append((pair[0], pair[1]))
    if not pairs:
        raise ConfigError("mapping has no pair of layers; expected one or more")
    if len(set(pairs)) < len(pairs):
        raise ConfigError("mapping has a pair of layers twice; expected each once")
    return tuple(sorted(pairs))


def _named(mapping: str, student: int, teacher: int) -> tuple[LayerPair, ...]:
    if mapping not in MAPPINGS:
        raise ConfigError(
            f"mapping {mapping!r} is unknown; expected one of {', '.join(MAPPINGS)}, or pairs of layers"
        )
    if mapping == "last":
        return ((student - 1, teacher - 1),)
    if student > teacher:
        raise ConfigError(
            f"mapping {mapping} needs a teacher of as many layers as the student's {student}, "
            f"and it has {teacher}"
        )
    # Half away from even: 2.5 layers are 3, as one counts by hand.
    ends = [
        ((2 * (layer + 1) * teacher + student) // (2 * student)) - 1 for layer in range(student)
    ]
    if mapping == "consecutive":
        begins = [0, *(end + 1 for end in ends[:-1])]
        return tuple(
            (layer, other)
            for layer, (begin, end) in enumerate(zip(begins, ends, strict=True))
            for other in range(begin, end + 1)
        )
    pairs = set(enumerate(ends))
    if mapping == "uniform+last":
        pairs |= {(layer, teacher - 1) for layer in range(student)}
    return tuple(sorted(pairs))
