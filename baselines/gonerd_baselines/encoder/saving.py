"""A model as a folder that plain transformers opens, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from gonerd.files import folder_to_write, write_json, write_text
from gonerd_baselines.attention import LsgAttention
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.encoder.layouts import layout_of
from gonerd_baselines.encoder.masked_lm import LanguageHead
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.remote import remote_files
from gonerd_baselines.encoder.tensors import write_tensors
from gonerd_baselines.encoder.tokenizer_files import copy_tokenizer
from gonerd_baselines.encoder.transformers_config import values_from_config

__all__ = ["tensors_of", "to_hf"]

SHARD_BYTES = 5 * 10**9
"""The most that one file of weights holds, as transformers has it."""


def to_hf(
    checkpoint: Checkpoint,
    folder: Path,
    *,
    tokenizer: Any = None,
    shard_bytes: int = SHARD_BYTES,
    overwrite: bool = False,
) -> None:
    """Write config.json, the weights as safetensors and the tokenizer's files as `folder`.

    The inverse of `from_pretrained`: what is loaded from `folder` equals `checkpoint`.

    Args:
        checkpoint: the model, with the layout whose names it is to have.
        folder: a new one, or an empty one.
        tokenizer: a folder, or a tokenizer of transformers; None copies the files of `checkpoint.folder`.
        shard_bytes: weights of more bytes are written as several files with an index.
        overwrite: replace a folder that has something in it.

    Raises:
        ConfigError: the layout has no such attention, or begins positions in another row.
        OutputError: `folder` exists and `overwrite` is off.
        InputError: a file of the tokenizer is broken.
    """
    values = _values(checkpoint)
    tensors = tensors_of(checkpoint)
    with folder_to_write(Path(folder), overwrite=overwrite) as partial:
        write_json(partial / "config.json", values)
        if checkpoint.encoder.config.kind == LsgAttention.kind:
            for name, code in remote_files().items():
                write_text(partial / name, code)
        write_tensors(partial, tensors, shard_bytes=shard_bytes)
        if tokenizer is not None and not isinstance(tokenizer, str | Path):
            tokenizer.save_pretrained(partial)
        elif source := tokenizer or checkpoint.folder:
            copy_tokenizer(Path(source), partial, longest=checkpoint.encoder.config.max_length)


def tensors_of(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """All parameters under the names that transformers has for them, none twice."""
    model, layout = checkpoint.model, layout_of(checkpoint.layout)
    if isinstance(model, Encoder):
        return dict(model.state_dict())
    begin = f"{layout.prefix}."
    found = {begin + key: tensor for key, tensor in model.encoder.state_dict().items()}
    head = model.head
    for key, tensor in head.named_parameters():
        if key not in layout.tied:
            found[begin + key if key.startswith(head.within_base) else key] = tensor
    if isinstance(head, LanguageHead) and not _tied(checkpoint):
        weight, bias = layout.tied
        found[weight] = head.vocabulary.decoder.weight
        # An untied decoder's bias has to be there as well, and a file holds no tensor under two names.
        found[bias] = head.vocabulary.decoder.bias.clone()
    return found


def _values(checkpoint: Checkpoint) -> dict[str, Any]:
    """What config.json says."""
    values = values_from_config(checkpoint.encoder.config, checkpoint.layout)
    layout = layout_of(values["model_type"])
    words = checkpoint.encoder.embeddings.word_embeddings.weight
    return {
        "architectures": [layout.architecture(checkpoint.head)],
        "dtype": str(words.dtype).removeprefix("torch."),
        **checkpoint.kept,
        **values,
        **_label_values(checkpoint.labels),
        "tie_word_embeddings": _tied(checkpoint),
    }


def _label_values(labels: tuple[str, ...]) -> Mapping[str, Any]:
    if not labels:
        return {}
    return {
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
    }


def _tied(checkpoint: Checkpoint) -> bool:
    """Whether a language head decodes with the word embeddings; true where there is none."""
    model = checkpoint.model
    if isinstance(model, Encoder) or not isinstance(model.head, LanguageHead):
        return True
    return model.head.vocabulary.decoder.weight is model.encoder.embeddings.word_embeddings.weight
