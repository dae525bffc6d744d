"""A checkpoint's tensors by the names that they have here; each is taken once, and what is left is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from gonerd.errors import InputError
from gonerd_baselines.encoder.head import Head
from gonerd_baselines.encoder.layouts import Layout

__all__ = ["NamedTensors"]

_OLD_ENDINGS = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
"""Of BERT's first checkpoints."""
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")
"""Numbers that follow from the shape; older checkpoints have them."""
_HEADS = ("classifier.", "cls.", "lm_head.", "qa_classifier.", "qa_outputs.")
"""Beginnings of all names outside the prefix, in any layout."""
_POOLER = "pooler."
_NAMED = 5
"""So many tensors an error names; it counts the others."""


class NamedTensors:
    """What a file of one layout holds."""

    def __init__(self, tensors: dict[str, Tensor], layout: Layout, where: Path) -> None:
        """`tensors` is emptied, so that numbers that are taken and converted are not held twice.

        Raises:
            InputError: a tensor has no place in any model of this layout, does not hold floating point
                numbers, or has the same name as another.
        """
        self.layout = layout
        self.where = where
        begin = f"{layout.prefix}."
        self.prefix = begin if any(key.startswith(begin) for key in tensors) else ""
        self.inner: dict[str, Tensor] = {}
        self.outer: dict[str, Tensor] = {}
        self._said: dict[str, str] = {}
        problems: list[str] = []
        for said in list(tensors):
            tensor = tensors.pop(said)
            within = said.startswith(self.prefix) if self.prefix else not said.startswith(_HEADS)
            key = _modern(said.removeprefix(self.prefix))
            if within and key in _BUFFERS:
                continue
            if not within and not key.startswith(_HEADS):
                problems.append(f"{said} is unknown")
            elif not tensor.dtype.is_floating_point:
                problems.append(f"{said} holds {str(tensor.dtype).removeprefix('torch.')}")
            elif key in self._said:
                problems.append(f"{said} and {self._said[key]} are two names of one tensor")
            self._said[key] = said
            (self.inner if within else self.outer)[key] = tensor
        self._tell(problems)

    @property
    def dtype(self) -> torch.dtype:
        """That of the word embeddings."""
        words = self.inner.get("embeddings.word_embeddings.weight")
        return torch.float32 if words is None else words.dtype

    @property
    def left_out(self) -> tuple[str, ...]:
        """The file's names of what nobody took."""
        return tuple(sorted(self._said[key] for key in (*self.inner, *self.outer)))

    def taken_for(self, wanted: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
        """All tensors of an encoder; `wanted` has their names and shapes.

        Raises:
            InputError: one is missing or has another shape, or there is one that the encoder has not.
        """
        problems = [
            f"{said} is unknown"
            for key, said in self._said.items()
            if key in self.inner and key not in wanted and not key.startswith(_POOLER)
        ]
        found: dict[str, Tensor] = {}
        for key, like in wanted.items():
            tensor = self.inner.pop(key, None)
            problem = self._mismatch(self.prefix + key, tensor, like)
            if problem is None and tensor is not None:
                found[key] = tensor.to(dtype)
            elif problem is not None:
                problems.append(problem)
        self._tell(problems)
        return found

    def fill(self, head: Head, *, anew: bool = False) -> tuple[str, ...]:
        """Put a head's tensors into it; the names, in the file's way, of those that it has not.

        A decoder's weight is not among them, see `decoder`. With `anew` nothing is put.

        Raises:
            InputError: some are missing but not all, or one has another shape.
        """
        again = {key: twin for twin, key in self.layout.tied.items()}
        names = {key: p for key, p in head.named_parameters() if not p.is_meta}
        within = {key for key in names if head.within_base and key.startswith(head.within_base)}
        found: dict[str, Tensor] = {}
        for key in names if not anew else ():
            part = self.inner if key in within else self.outer
            # Where a decoder's bias is there beside the head's and differs, transformers computes with it.
            for name in (again.get(key), key):
                if name in part:
                    found.setdefault(key, part.pop(name))
        lacking = not found.keys() - within
        problems: list[str] = []
        new: list[str] = []
        for key, parameter in names.items():
            said = self.prefix + key if key in within else key
            if key not in found and lacking:
                new.append(said)
            elif problem := self._mismatch(said, found.get(key), parameter):
                problems.append(problem)
            else:
                parameter.data.copy_(found[key])
        self._tell(problems)
        return tuple(new)

    def decoder(self, words: Tensor, *, tied: bool) -> Tensor | None:
        """The weight of a decoder that is not the word embeddings `words`; None where it is.

        As transformers has it, one that differs is not tied, whatever config.json says (`tied`).

        Raises:
            InputError: it is missing and not tied, or has another shape.
        """
        key = next(iter(self.layout.tied))
        tensor = self.outer.pop(key, None)
        if tensor is None and tied:
            return None
        if problem := self._mismatch(key, tensor, words):
            self._tell([problem])
        assert tensor is not None
        tensor = tensor.to(words.dtype)
        return None if tied and torch.equal(tensor, words) else tensor

    def _mismatch(self, name: str, tensor: Tensor | None, like: Tensor) -> str | None:
        if tensor is None:
            return f"{name} is missing"
        if tensor.shape != like.shape:
            return f"{name} has the shape {tuple(tensor.shape)}, expected {tuple(like.shape)}"
        return None

    def _tell(self, problems: list[str]) -> None:
        if problems:
            more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
            raise InputError(
                f"{self.where} does not fit the config.json beside it: "
                + ", ".join(problems[:_NAMED])
                + more
            )


def _modern(key: str) -> str:
    for old, now in _OLD_ENDINGS.items():
        if key.endswith(old):
            return key.removesuffix(old) + now
    return key
