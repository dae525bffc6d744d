"""A trained tagger as a folder, and back: JSON and safetensors only, nothing that runs when it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gonerd.adapters.device import usable_device
from gonerd.errors import InputError
from gonerd.files import folder_to_write, read_json, write_json, write_text
from gonerd_baselines.configuration import config_from_values, values_from_config
from gonerd_baselines.tagger.config import TaggerConfig
from gonerd_baselines.tagger.lexicon import Lexicon
from gonerd_baselines.tagger.model import Tagger

__all__ = [
    "CONFIG_FILE",
    "TRAINING_FILE",
    "WEIGHTS_FILE",
    "load_tagger",
    "save_tagger",
    "tagger_from_tensors",
    "tensors_of",
]

CONFIG_FILE = "config.json"
LABELS_FILE = "labels.json"
README_FILE = "README.md"
TRAINING_FILE = "training.json"
WEIGHTS_FILE = "model.safetensors"

_LEXICON = ("words", "affixes", "shapes")


def save_tagger(
    folder: Path, tagger: Tagger, *, training: dict[str, Any], overwrite: bool = False
) -> None:
    """Write `tagger` with the record of its training as `folder`, whole or not at all.

    Raises:
        OutputError: `folder` exists and `overwrite` is off.
    """
    with folder_to_write(folder, overwrite=overwrite) as partial:
        write_json(partial / CONFIG_FILE, values_from_config(tagger.config))
        write_json(partial / LABELS_FILE, list(tagger.config.tags))
        write_json(partial / TRAINING_FILE, training)
        write_text(partial / README_FILE, _card(tagger, training))
        save_file(tensors_of(tagger), partial / WEIGHTS_FILE)


def load_tagger(folder: Path, *, device: str = "cpu") -> Tagger:
    """The tagger that `save_tagger` wrote, ready to predict.

    Raises:
        InputError: a file is missing or broken, or the weights are not those of the configuration.
        ConfigError: the configuration has an unknown key or a value that makes no sense.
    """
    if not (folder / CONFIG_FILE).is_file():
        raise InputError(f"{folder} is no model folder: it has no {CONFIG_FILE}")
    config = config_from_values(
        TaggerConfig, read_json(folder / CONFIG_FILE), where=str(folder / CONFIG_FILE)
    )
    path = folder / WEIGHTS_FILE
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist") from None
    except SafetensorError as problem:
        raise InputError(f"{path} is not a safetensors file: {problem}") from None
    return tagger_from_tensors(config, tensors, where=str(path)).to(usable_device(device)).eval()


def tensors_of(tagger: Tagger) -> dict[str, Tensor]:
    """All that a tagger knows: its parameters, and its lexicon's hashes as `lexicon.*`."""
    known = {
        f"lexicon.{name}": torch.from_numpy(getattr(tagger.lexicon, name)) for name in _LEXICON
    }
    return {
        name: value.detach().cpu().contiguous() for name, value in tagger.state_dict().items()
    } | known


def tagger_from_tensors(config: TaggerConfig, tensors: dict[str, Tensor], *, where: str) -> Tagger:
    """The inverse of `tensors_of`; `where` names the file in errors.

    Raises:
        InputError: a tensor is missing, is one too many, or has another shape.
    """
    try:
        lexicon = Lexicon(*(tensors[f"lexicon.{name}"].numpy() for name in _LEXICON))
        tagger = Tagger(config, lexicon)
        weights = {key: value for key, value in tensors.items() if not key.startswith("lexicon.")}
        tagger.load_state_dict(weights)
    except (KeyError, RuntimeError) as problem:
        reason = " ".join(str(problem).split())
        raise InputError(f"{where} does not fit {CONFIG_FILE} beside it: {reason[:300]}") from None
    return tagger


def _card(tagger: Tagger, training: dict[str, Any]) -> str:
    config = tagger.config
    labels = ", ".join(sorted({tag[2:] for tag in config.tags if tag != "O"}))
    data = training["data"]
    shape = (
        f"{config.layers} blocks of {config.attention} attention (window {config.window} on each side), "
        f"width {config.width}, a CRF on top, {tagger.parameters_count:,} parameters"
    )
    train = data["train"]
    return f"""# A gonerd tagger

A named entity tagger ({labels}) for English documents of any length, trained from scratch by
`gonerd finetune`: {shape}.

- Trained on `{data["dataset"]}`: {train["documents"]:,} documents, {train["tokens"]:,} tokens.
- Best F1 on its validation split: {training["best"]["validation_f1"]:.4f}. The test split played no part.
- `training.json` has the configuration, seed, losses, machine and the fingerprint of the data.
- It holds no word of its training text: known words are kept as 64-bit hashes.

Use it: `gonerd eval --model gonerd:PATH --dataset DATASET --split test --out RUN`
"""
