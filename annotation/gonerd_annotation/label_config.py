"""The labelling interface of Label Studio, and how its labels and GONERD's answer to each other."""

from __future__ import annotations

from importlib.resources import files

from gonerd.errors import SchemaError
from gonerd.labels import LABELS, SUBTYPES

__all__ = [
    "LABELS_TAG",
    "REJECT_TAG",
    "STUDIO_LABELS",
    "TEXT_TAG",
    "label_and_subtype",
    "label_config",
    "studio_label",
]

LABELS_TAG = "label"
TEXT_TAG = "text"
REJECT_TAG = "reject"

_PAIRS = {
    subtype or label: (label, subtype) for label in LABELS for subtype in SUBTYPES.get(label, ("",))
}

STUDIO_LABELS = tuple(_PAIRS)
"""What annotators choose from: a label, or where it has subtypes, the subtype alone."""


def label_config() -> str:
    """The XML for a Label Studio project; symbols, since words swallow punctuation."""
    return files("gonerd_annotation").joinpath("label_config.xml").read_text(encoding="utf-8")


def studio_label(label: str, subtype: str = "") -> str:
    """The label that stands for `label` and `subtype` on the annotator's screen.

    Raises:
        SchemaError: no label of the interface means this pair, such as MISC without a subtype.
    """
    name = subtype or label
    if _PAIRS.get(name) != (label, subtype):
        shown = f"{label}/{subtype}" if subtype else label
        raise SchemaError(
            f"label {shown!r} has no place in the labelling interface; "
            f"expected one of {', '.join('/'.join(filter(None, pair)) for pair in _PAIRS.values())}"
        )
    return name


def label_and_subtype(name: str) -> tuple[str, str]:
    """GONERD's label and subtype for a label of the interface; the inverse of `studio_label`.

    Raises:
        SchemaError: the interface has no such label.
    """
    if name not in _PAIRS:
        raise SchemaError(f"label {name!r} is unknown; expected one of {', '.join(STUDIO_LABELS)}")
    return _PAIRS[name]
