"""`hf:ID[@REV]`: any token-classification checkpoint of transformers, on texts of any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gonerd.adapters.adapter import AdapterOptions
from gonerd.adapters.checkpoint import Checkpoint, load_checkpoint
from gonerd.adapters.device import usable_device
from gonerd.adapters.subword_tagger import SubwordTagger, batch_budget
from gonerd.errors import ConfigError

__all__ = ["TransformersModel", "adapter_from_argument"]


def adapter_from_argument(argument: str, options: AdapterOptions) -> TransformersModel:
    """`hf:FOLDER`, or `hf:NAMESPACE/NAME[@REVISION]` on the Hub.

    Raises:
        InputError: there is no such checkpoint, or it can't be opened.
        ConfigError: an option makes no sense with it, or its tags say nothing.
    """
    if not argument:
        raise ConfigError("--model hf needs a checkpoint, as in hf:dslim/bert-base-NER or hf:PATH")
    if options.batch_size is not None and options.batch_size < 1:
        raise ConfigError(
            f"a batch size of {options.batch_size} makes no sense; expected 1 or more"
        )
    device = usable_device(options.device)
    return TransformersModel(load_checkpoint(argument, device=device, dtype=options.dtype), options)


class TransformersModel(SubwordTagger):
    """Batches of windows of about one length, padded to the longest."""

    def __init__(self, checkpoint: Checkpoint, options: AdapterOptions) -> None:
        self._padding = checkpoint.padding
        model, card = checkpoint.model, checkpoint.card
        if _with_onednn(model, options):
            card = replace(card, details={**card.details, "linear_layers": "oneDNN"})
        super().__init__(
            _compiled(model) if options.compile else model,
            tokenizer=checkpoint.tokenizer,
            tags=checkpoint.tags,
            limit=checkpoint.limit,
            usual=checkpoint.usual,
            card=card,
            device=model.device,
            options=options,
            scheme=getattr(model.config, "tag_scheme", None),
        )

    def _batches(self, lengths: Sequence[int]) -> list[slice]:
        budget, begin = batch_budget(self._device), 0
        found: list[slice] = []
        while begin < len(lengths):
            size = self._batch_size or max(1, budget // lengths[begin])
            found.append(slice(begin, begin + size))
            begin += size
        return found

    def _said(
        self, inputs: Sequence[list[int]], rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """(k, t) log-probabilities at k places of a batch."""
        import torch

        longest = max(map(len, inputs))
        ids = np.full((len(inputs), longest), self._padding, dtype=np.int64)
        mask = np.zeros((len(inputs), longest), dtype=np.int64)
        for row, subwords in enumerate(inputs):
            ids[row, : len(subwords)] = subwords
            mask[row, : len(subwords)] = 1
        # Without padding no mask: attention then need not look at one.
        padded = {} if mask.all() else {"attention_mask": torch.from_numpy(mask).to(self._device)}
        with torch.inference_mode():
            logits = self._model(input_ids=torch.from_numpy(ids).to(self._device), **padded).logits
            asked = logits[
                torch.from_numpy(rows).to(self._device), torch.from_numpy(columns).to(self._device)
            ]
            said: NDArray[np.float32] = asked.float().log_softmax(dim=-1).cpu().numpy()
        return said


def _with_onednn(model: Any, options: AdapterOptions) -> bool:
    """Whether the linear layers of `model` are oneDNN's now: on a CPU, in single precision, not compiled."""
    from gonerd.adapters.onednn import HAS_ONEDNN, use_onednn

    if model.device.type != "cpu" or options.dtype != "float32" or options.compile:
        return False
    if not HAS_ONEDNN:
        return False
    use_onednn(model)
    return True


def _compiled(model: Any) -> Any:
    import torch

    return torch.compile(model, dynamic=True)
