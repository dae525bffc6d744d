"""`--model gonerd:PATH` for an encoder: a token-classification checkpoint on packed tokens, without padding.

What is read, and what entities come of it, is as with `hf:PATH`; only the numbers are computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gonerd.adapters import AdapterOptions, ModelCard
from gonerd.adapters.checkpoint import DTYPES, load_tokenizer, told_by_readme, usual_length
from gonerd.adapters.lineage import teacher_of
from gonerd.adapters.subword_tagger import SubwordTagger, batch_budget
from gonerd.errors import ConfigError, InputError
from gonerd.machine import keep_freed_memory
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.packing import batches_by_tokens, packing_from_lengths

__all__ = ["EncoderAdapter", "backends_by_length", "encoder_adapter"]


def encoder_adapter(name: str, options: AdapterOptions) -> EncoderAdapter:
    """The adapter for the folder `name`.

    Raises:
        InputError: it is no checkpoint with a head for tokens, or lacks a part.
        ConfigError: an option makes no sense with it.
    """
    options.refuse("gonerd", "compile")
    if options.dtype not in DTYPES:
        raise ConfigError(f"--dtype is {options.dtype!r}, expected one of {', '.join(DTYPES)}")
    if options.batch_size is not None and options.batch_size < 1:
        raise ConfigError(
            f"a batch size of {options.batch_size} makes no sense; expected 1 or more"
        )
    checkpoint = from_pretrained(
        name, head="token", dtype=getattr(torch, options.dtype), device=options.device
    )
    if checkpoint.report.new:
        raise InputError(
            f"{name} is no finished token-classification model: its weights lack "
            f"{checkpoint.report.new[0]}"
        )
    if options.device == "cpu":
        keep_freed_memory()  # of documents that are read whole
    return EncoderAdapter(checkpoint, name, options)


class EncoderAdapter(SubwordTagger):
    """Windows of any length beside each other, so many subwords at once."""

    def __init__(self, checkpoint: Checkpoint, name: str, options: AdapterOptions) -> None:
        assert checkpoint.folder is not None
        config = checkpoint.encoder.config
        tokenizer = load_tokenizer(checkpoint.folder, name, rows=config.vocab_size)
        device = next(checkpoint.model.parameters()).device
        super().__init__(
            checkpoint.model,
            tokenizer=tokenizer.backend_tokenizer,
            tags=checkpoint.labels,
            limit=config.max_length,
            usual=usual_length(tokenizer, config.max_length),
            card=_card(checkpoint, options, type(tokenizer).__name__),
            device=device,
            options=options,
            scheme=checkpoint.kept.get("tag_scheme"),
        )

    def _batches(self, lengths: Sequence[int]) -> list[slice]:
        if self._batch_size is not None:
            size = self._batch_size
            return [slice(begin, begin + size) for begin in range(0, len(lengths), size)]
        batches = batches_by_tokens(lengths, range(len(lengths)), batch_budget(self._device))
        return [slice(batch[0], batch[-1] + 1) for batch in batches]

    def _said(
        self, inputs: Sequence[list[int]], rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        lengths = [len(subwords) for subwords in inputs]
        begins = np.cumsum([0, *lengths])[:-1]
        ids = torch.tensor([subword for subwords in inputs for subword in subwords])
        asked = torch.from_numpy(begins[rows] + columns).to(self._device)
        packing = packing_from_lengths(lengths, device=str(self._device))
        with torch.inference_mode():
            hidden = self._model.encoder(ids.to(self._device), packing)
            logits: Any = self._model.head.classifier(hidden[asked])
            said: NDArray[np.float32] = logits.float().log_softmax(dim=-1).cpu().numpy()
        return said


def _card(checkpoint: Checkpoint, options: AdapterOptions, tokenizer: str) -> ModelCard:
    assert checkpoint.folder is not None  # it was loaded, and so has a revision
    assert checkpoint.revision is not None
    config = checkpoint.encoder.config
    told = told_by_readme(checkpoint.folder / "README.md")
    data, license_ = told.get("datasets") or (), told.get("license")
    return ModelCard(
        kind="gonerd",
        id=checkpoint.id or checkpoint.folder.name,
        revision=checkpoint.revision,
        weights_sha256=checkpoint.weights_sha256,
        params=sum(parameter.numel() for parameter in checkpoint.model.parameters()),
        max_len=config.max_length,
        license=license_ if isinstance(license_, str) else None,
        teacher_id=(teacher_of(checkpoint.folder) or {}).get("id"),
        training_data=(data,) if isinstance(data, str) else tuple(map(str, data)),
        details={
            "architecture": checkpoint.layout,
            "attention": config.kind,
            "attention_backends": backends_by_length(
                config, device=options.device, dtype=getattr(torch, options.dtype)
            ),
            "tokenizer": tokenizer,
        },
    )


def backends_by_length(
    config: EncoderConfig, *, device: str = "cpu", dtype: torch.dtype = torch.float32
) -> dict[str, int]:
    """The attention backends that run in the first layer, each with the longest document that it computes.

    Which one runs is decided by a document's length alone; found by bisection.
    """
    pattern, extra = config.attention[0], config.extra_tokens

    def ran(length: int) -> str:
        packing = packing_from_lengths([length + extra], device=device)
        return next(iter(pattern.prepare(packing, dtype=dtype).ran))

    found: dict[str, int] = {}
    begin = 1
    while begin <= config.max_length:
        backend, last, beyond = ran(begin), begin, config.max_length + 1
        if ran(config.max_length) == backend:
            last = config.max_length
        while beyond - last > 1:
            middle = (last + beyond) // 2
            if ran(middle) == backend:
                last = middle
            else:
                beyond = middle
        found[backend] = last
        begin = last + 1
    return found
