"""Checkpoints of transformers into the encoder, from a folder or the Hub; no code of theirs runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from gonerd.adapters.device import usable_device
from gonerd.adapters.model_files import ModelFiles, files_sha256, model_files
from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json
from gonerd_baselines.attention import AUTO, AttentionPattern
from gonerd_baselines.encoder.checkpoint import Checkpoint, LoadingReport
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.head import Head
from gonerd_baselines.encoder.heads import Model, build_head
from gonerd_baselines.encoder.layouts import HEADS, Layout
from gonerd_baselines.encoder.masked_lm import LanguageHead
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.named_tensors import NamedTensors
from gonerd_baselines.encoder.tensors import OLD_WEIGHTS, SAFE_WEIGHTS, read_tensors
from gonerd_baselines.encoder.tokenizer_files import TOKENIZER_FILES
from gonerd_baselines.encoder.transformers_config import (
    SHAPE_KEYS,
    config_from_transformers,
    layout_from_values,
)
from gonerd_baselines.encoder.transformers_patterns import PATTERN_KEYS

__all__ = ["from_pretrained"]

CONFIG_FILE = "config.json"

WRITTEN_KEYS = (
    SHAPE_KEYS
    | PATTERN_KEYS
    | {"architectures", "auto_map", "id2label", "label2id", "num_labels", "tie_word_embeddings"}
    | {"dtype", "torch_dtype", "transformers_version", "_name_or_path"}
)
"""What a checkpoint says in other ways, so that it is not kept from config.json as it stands."""


def from_pretrained(
    name: str | Path,
    *,
    revision: str | None = None,
    head: str | None = None,
    labels: Sequence[str] | None = None,
    new_head: bool = False,
    attention: AttentionPattern | Sequence[AttentionPattern] | None = None,
    attention_backend: str = AUTO,
    dtype: torch.dtype | None = torch.float32,
    device: str = "cpu",
) -> Checkpoint:
    """The encoder, with a head if one is asked for, in a folder or in NAMESPACE/NAME[@REVISION] on the Hub.

    The model is in evaluation mode. No number is held twice: safetensors are read where they are needed.

    Args:
        name: a folder that is there is taken for one, whatever else it may be.
        revision: a commit, branch or tag of the Hub.
        head: one of HEADS; None is the bare encoder.
        labels: by id, for the heads "token" and "sequence"; None takes the checkpoint's.
        new_head: leave out a head that the checkpoint has; its place takes one with first weights.
        attention: another pattern than config.json's with the same parameters, for all layers or one for
            each: so a Nystromformer gets the landmarks that its config.json switches off, or BigBird its
            random blocks.
        attention_backend: what computes the attention, see `attention.backend`.
        dtype: of the parameters; None keeps that of the file.
        device: cpu, cuda, cuda:1, ...

    Raises:
        InputError: the folder or repository is missing, a file in it is broken, it is of another family, or
            a tensor is missing, is one too many or has another shape. A head that is wholly missing is no
            error but new, and `report` names its tensors.
        ConfigError: an argument makes no sense.
    """
    if head is not None and head not in HEADS:
        raise ConfigError(f"head {head!r} is unknown; expected one of {', '.join(HEADS)}")
    if labels is not None and head not in ("token", "sequence"):
        raise ConfigError(f"labels are of the heads token and sequence, not of {head}")
    if labels is not None and not labels:
        raise ConfigError(f"a head {head} without labels can't be; expected one or more")
    place = usable_device(device)
    files = _files(str(name), revision)
    path = files.folder / CONFIG_FILE
    values = _values(path)
    try:
        config = config_from_transformers(values)
    except ConfigError as problem:
        raise InputError(f"{path}: {problem}") from None
    if attention is not None:
        given = attention if isinstance(attention, Sequence) else (attention,)
        if len(given) not in (1, config.num_hidden_layers):
            raise ConfigError(
                f"{len(given)} attention patterns were given, expected 1 or {config.num_hidden_layers}, "
                "one for each layer"
            )
        config = config.with_attention(*given)
    layout = layout_from_values(values)
    where, tensors = read_tensors(files.folder)
    held = NamedTensors(tensors, layout, where)
    dtype = dtype or held.dtype
    with torch.device("meta"), _WithoutNumbers():
        encoder = Encoder(config, attention_backend=attention_backend)
    encoder.load_state_dict(held.taken_for(encoder.state_dict(), dtype), assign=True)
    model: Encoder | Model = encoder
    names: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    if head is not None:
        if head in ("token", "sequence"):
            names = _labels(values, path) if labels is None else tuple(labels)
        try:
            built = _head(layout, head, config, names, values).to(dtype)
        except ConfigError as problem:
            raise InputError(f"{path}: {problem}") from None
        new = held.fill(built, anew=new_head)
        decoder = None
        if head == "mlm" and not new:
            words = encoder.embeddings.word_embeddings.weight
            decoder = held.decoder(words, tied=values.get("tie_word_embeddings") is not False)
        model = Model(encoder, built, tied=decoder is None)
        if isinstance(built, LanguageHead) and decoder is not None:
            built.vocabulary.decoder.weight.data.copy_(decoder)
    return Checkpoint(
        model=model.to(place).eval(),
        layout=layout.model_type,
        head=head,
        labels=names,
        kept={key: value for key, value in values.items() if key not in WRITTEN_KEYS},
        folder=files.folder,
        id=files.id,
        revision=files.revision,
        weights_sha256=files.weights_sha256,
        report=LoadingReport(new=new, left_out=held.left_out),
    )


def _files(name: str, revision: str | None) -> ModelFiles:
    """From the Hub, weights in PyTorch's older form only where there are no others."""
    patterns = (CONFIG_FILE, *SAFE_WEIGHTS, *TOKENIZER_FILES)
    local = Path(name).exists()
    if revision is not None:
        if local or "@" in name:
            raise ConfigError(
                f"revision {revision} can't be had of {name}, expected a name on the Hub"
            )
        name = f"{name}@{revision}"
    files = model_files(name, patterns=patterns)
    if not local and not _weights(files.folder, SAFE_WEIGHTS):
        files = model_files(f"{files.id}@{files.revision}", patterns=(*patterns, *OLD_WEIGHTS))
    weights = _weights(files.folder, SAFE_WEIGHTS) or _weights(files.folder, OLD_WEIGHTS)
    return replace(files, weights_sha256=files_sha256(weights, files.folder) if weights else None)


def _weights(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted(folder.glob(patterns[0]))


def _values(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path.parent} has no {path.name}: it is no checkpoint of transformers")
    values = read_json(path)
    if not isinstance(values, dict):
        raise InputError(f"{path} is no JSON object, expected the configuration of a model")
    return values


def _labels(values: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """By id; two without a name where config.json tells none, as transformers has it."""
    said = values.get("id2label")
    if said is None:
        count = values.get("num_labels", 2)
        if type(count) is not int or count < 1:
            raise InputError(f"{path}: num_labels is {count!r}, expected 1 or more")
        return tuple(f"LABEL_{number}" for number in range(count))
    if not isinstance(said, dict) or set(said) != {str(number) for number in range(len(said))}:
        raise InputError(f"{path}: id2label is {said!r}, expected a name for each id from 0")
    return tuple(str(said[str(number)]) for number in range(len(said)))


def _head(
    layout: Layout,
    head: str,
    config: EncoderConfig,
    labels: tuple[str, ...],
    values: Mapping[str, Any],
) -> Head:
    dropout, separator = values.get("classifier_dropout"), values.get("sep_token_id")
    if dropout is not None and (type(dropout) not in (int, float) or not 0 <= dropout <= 1):
        raise ConfigError(f"classifier_dropout is {dropout!r}, expected 0 to 1, or null")
    if separator is not None and type(separator) is not int:
        raise ConfigError(f"sep_token_id is {separator!r}, expected a whole number, or null")
    return build_head(
        layout.model_type,
        head,
        config,
        len(labels) or 2,
        classifier_dropout=dropout,
        problem_type=values.get("problem_type") if head == "sequence" else None,
        separator=separator,
    )


class _WithoutNumbers(TorchFunctionMode):
    """Draws no first weights: on the meta device that changes nothing, and imports a compiler for seconds."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        return given["tensor"] if func is nn.init.normal_ else func(*args, **given)
