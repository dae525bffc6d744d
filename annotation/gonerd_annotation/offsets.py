"""Where a region lies: code points, or the UTF-16 units that older Label Studio editors count.

An export does not say which unit it uses, so the text that the annotator saw selected decides. All
regions of one annotation count in the same unit; looking at them together settles what a single
region, whose text stands at both places, leaves open.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gonerd.schema import Span
from gonerd_annotation.region import Region

__all__ = ["Offsets", "Utf16Offsets", "resolve_offsets"]


class Utf16Offsets:
    """Offsets into one text, between code points and UTF-16 units; O(log n) each."""

    def __init__(self, text: str) -> None:
        wide = [place for place, character in enumerate(text) if ord(character) > 0xFFFF]
        self._wide = wide
        self._wide_units = [place + before for before, place in enumerate(wide)]

    @property
    def same(self) -> bool:
        """Whether both units agree everywhere, since each character takes one unit."""
        return not self._wide

    def units(self, offset: int) -> int:
        """How many UTF-16 units lie before code point `offset`."""
        return offset + bisect_left(self._wide, offset)

    def code_points(self, units: int) -> int | None:
        """How many code points lie before UTF-16 unit `units`; None inside a surrogate pair."""
        before = bisect_left(self._wide_units, units)
        if before and self._wide_units[before - 1] + 1 == units:
            return None
        return units - before


@dataclass(frozen=True, slots=True)
class Offsets:
    """The regions' spans in code points, in their order, or the reasons why there are none."""

    spans: tuple[Span, ...]
    unit: Literal["code points", "UTF-16"]
    ambiguous: bool
    """Both units fit every region but give different spans; code points were taken."""
    problems: tuple[tuple[Region, str], ...] = ()


def resolve_offsets(text: str, regions: Sequence[Region]) -> Offsets:
    """Find where the `regions` of one annotation lie in `text`, by what the annotator saw selected.

    Code points are tried first, then UTF-16 units; a region fits when its characters are the
    selected ones up to white space. Without the selected text, a region fits only
    where both units agree.
    """
    utf16 = Utf16Offsets(text)
    by_points = [(region.start, region.end) for region in regions]
    by_units = [_span_of_units(utf16, region) for region in regions]
    misfits = [
        (region, problem)
        for region, span in zip(regions, by_points, strict=True)
        if (problem := _misfit(text, region, span, same=utf16.same))
    ]
    units_fit = not utf16.same and not any(
        _misfit(text, region, span, same=False)
        for region, span in zip(regions, by_units, strict=True)
    )
    if not misfits:
        return Offsets(tuple(by_points), "code points", units_fit and by_units != by_points)
    if units_fit:
        return Offsets(tuple(span for span in by_units if span is not None), "UTF-16", False)
    return Offsets((), "code points", False, tuple(misfits))


def _span_of_units(utf16: Utf16Offsets, region: Region) -> Span | None:
    start, end = utf16.code_points(region.start), utf16.code_points(region.end)
    return None if start is None or end is None else (start, end)


def _misfit(text: str, region: Region, span: Span | None, *, same: bool) -> str:
    if span is None:
        return "it cuts a surrogate pair"
    start, end = span
    if not 0 <= start < end <= len(text):
        return f"[{start}, {end}) is empty or outside the text ({len(text)} characters)"
    if region.text is None:
        return "" if same else "the export does not say which text was selected"
    if "".join(region.text.split()) != "".join(text[start:end].split()):
        found, selected = _shortened(text[start:end]), _shortened(region.text)
        return f"[{start}, {end}) is {found}, selected was {selected}"
    return ""


def _shortened(text: str, length: int = 60) -> str:
    return repr(text if len(text) <= length else text[: length - 1] + "…")
