"""What goes on inside an encoder, taken out of one pass: hidden states, and queries, keys and values.

Hooks stand on the layers that are asked for as long as the pass lasts, on this encoder alone. Where nobody
asks, nothing is different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from gonerd.errors import ConfigError
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.prepended import prepended
from gonerd_baselines.packing import Packing

__all__ = ["Projections", "Tapped", "tapped"]

PARTS = ("query", "key", "value")


@dataclass(frozen=True, slots=True)
class Projections:
    """Of one layer, before heads are split; (t, hidden_size) each."""

    query: Tensor
    key: Tensor
    value: Tensor


@dataclass(frozen=True, slots=True)
class Tapped:
    """What came out of a pass, with gradients where gradients are recorded."""

    output: Tensor
    """(t, hidden_size): what the encoder gives."""
    hidden: Mapping[int, Tensor]
    """(t, hidden_size) after a layer, by its number from 0; after the last one it is `output`."""
    projections: Mapping[int, Projections]
    """By layer."""


def tapped(
    encoder: Encoder,
    ids: Tensor,
    packing: Packing,
    *,
    hidden: Iterable[int] = (),
    projections: Iterable[int] = (),
    token_types: Tensor | None = None,
    global_tokens: Tensor | None = None,
) -> Tapped:
    """One pass of `encoder`, as a call of it is, and what its layers `hidden` and `projections` computed.

    Rows are the documents' tokens. Learned tokens before a document are taken off as they are at the end:
    where the first of them takes the first token's place there, it does so in all that is given here.

    Raises:
        ConfigError: there is no such layer.
        InputError: as the encoder does.
    """
    states, parts = sorted(set(hidden)), sorted(set(projections))
    for layer in (*states, *parts):
        if not 0 <= layer < encoder.config.num_hidden_layers:
            raise ConfigError(
                f"there is no layer {layer}; expected 0 to {encoder.config.num_hidden_layers - 1}"
            )
    last = encoder.config.num_hidden_layers - 1
    with _noting(encoder, [layer for layer in states if layer != last], parts) as noted:
        output = encoder(ids, packing, token_types=token_types, global_tokens=global_tokens)
    own = _own_rows(encoder, packing)
    return Tapped(
        output,
        {layer: output if layer == last else own(noted[layer, "hidden"]) for layer in states},
        {layer: Projections(*(own(noted[layer, part]) for part in PARTS)) for layer in parts},
    )


@contextmanager
def _noting(
    encoder: Encoder, hidden: list[int], projections: list[int]
) -> Iterator[dict[tuple[int, str], Tensor]]:
    noted: dict[tuple[int, str], Tensor] = {}

    def note(key: tuple[int, str]) -> Callable[..., None]:
        def hook(module: nn.Module, given: Any, found: Tensor) -> None:
            del module, given
            noted[key] = found

        return hook

    layers: Any = encoder.encoder.layer
    with ExitStack() as hooks:
        for number in hidden:
            hooks.enter_context(layers[number].register_forward_hook(note((number, "hidden"))))
        for number in projections:
            attention = layers[number].attention.self
            for part in PARTS:
                hook = getattr(attention, part).register_forward_hook(note((number, part)))
                hooks.enter_context(hook)
        yield noted


def _own_rows(encoder: Encoder, packing: Packing) -> Callable[[Tensor], Tensor]:
    count = encoder.config.extra_tokens
    if not count:
        return lambda x: x
    return prepended(packing, count, pooled=encoder.config.pools_extra_tokens).taken_off
