"""What became of a model's parts in a conversion: printed, and saved as convert.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gonerd_baselines.encoder.agreement import Agreement

__all__ = ["ConversionReport", "Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """One tensor of the new model, under its name in the encoder or the head."""

    how: str
    """copied, tiled, copied to global, made, or new."""
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many it holds."""
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionReport:
    """Names of tensors are transformers', without the encoder's prefix."""

    source: Mapping[str, Any]
    """Id, revision, layout, longest document, parameters."""
    result: Mapping[str, Any]
    """Layout, attention, longest document, parameters."""
    head: str | None
    parts: Mapping[str, Part]
    left_out: tuple[str, ...]
    """What the source has and the new model has not."""
    seed: int
    check: Agreement
    beyond: str
    """What the check can't say."""

    def of(self, how: str) -> dict[str, Part]:
        """The parts that were made so."""
        return {name: part for name, part in self.parts.items() if part.how == how}

    def as_json(self) -> dict[str, Any]:
        """For convert.json."""
        ways = list(dict.fromkeys(part.how for part in self.parts.values()))
        return {
            "from": dict(self.source),
            "to": dict(self.result),
            "head": self.head,
            "seed": self.seed,
            "parts": {
                how: {name: list(part.shape) for name, part in self.of(how).items()} for how in ways
            },
            "left_out": list(self.left_out),
            "check": self.check.as_json(),
            "beyond": self.beyond,
        }

    def as_text(self) -> str:
        """A few lines for a person."""
        lines = [
            f"{self.source['layout']} -> {self.result['attention']} ({self.result['layout']}), "
            f"{self.source['max_len']:,} -> {self.result['max_len']:,} tokens, "
            f"{self.source['parameters']:,} -> {self.result['parameters']:,} parameters, "
            f"head {self.head or 'none'}"
        ]
        for how in dict.fromkeys(part.how for part in self.parts.values()):
            parts = self.of(how)
            numbers = sum(part.numbers for part in parts.values())
            few = ", ".join(parts) if len(parts) <= 3 else f"{len(parts)} tensors"
            lines.append(f"{how + ':':<18}{few} ({numbers:,} numbers)")
        if self.left_out:
            lines.append(f"{'left out:':<18}{', '.join(self.left_out)}")
        check = self.check
        lines.append(
            f"{'check:':<18}agrees with the original to {check.difference:.1e} "
            f"(numbers up to {check.largest:.1f}) at {', '.join(map(str, check.lengths))} tokens: "
            f"{check.where}"
        )
        if check.without_globals is not None:
            lines.append(
                f"{'':<18}without the global tokens the original differs by {check.without_globals:.1e}"
            )
        lines.append(f"{'not checked:':<18}{self.beyond}")
        return "\n".join(lines)
