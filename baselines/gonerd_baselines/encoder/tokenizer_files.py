"""The files of a checkpoint's tokenizer, which travel beside its weights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import read_json, write_json

__all__ = ["TOKENIZER_FILES", "copy_tokenizer"]

TOKENIZER_FILES = (
    *("tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json"),
    *("*.model", "*.tiktoken", "bpe.codes"),
)
"""Patterns of all that a tokenizer may consist of."""

_SETTINGS = "tokenizer_config.json"
_CLASSES = {
    "roberta": "RobertaTokenizer",
    "lsg-roberta": "RobertaTokenizer",
    "longformer": "RobertaTokenizer",
    "xlm-roberta": "XLMRobertaTokenizer",
    "camembert": "CamembertTokenizer",
    "bert": "BertTokenizer",
    "big_bird": "BigBirdTokenizer",
    "nystromformer": "AlbertTokenizer",
}
"""What transformers takes by model_type where the tokenizer's own settings name no class."""


def copy_tokenizer(source: Path, target: Path, *, longest: int) -> None:
    """Copy the tokenizer's files of one model folder into another; nothing where there are none.

    Two settings are made true of the model that it now stands beside: a limit below `longest` tokens, the
    most that the model reads, is raised to it, and where no class is named, that of the source is: else
    transformers would take one by the new model's type.

    Raises:
        InputError: a file of JSON among them is broken.
    """
    paths = sorted({path for pattern in TOKENIZER_FILES for path in source.glob(pattern)})
    for path in paths:
        if path.is_file():
            shutil.copyfile(path, target / path.name)
    if not paths:
        return
    settings = _object(source / _SETTINGS)
    changed = dict(settings)
    limit = settings.get("model_max_length")
    if isinstance(limit, int | float) and limit < longest:
        changed["model_max_length"] = longest
    type_ = _object(source / "config.json").get("model_type")
    if "tokenizer_class" not in settings and type_ in _CLASSES:
        changed["tokenizer_class"] = _CLASSES[type_]
    if changed != settings:
        write_json(target / _SETTINGS, changed, overwrite=True)


def _object(path: Path) -> dict[str, Any]:
    """What a file says, nothing where there is none."""
    if not path.is_file():
        return {}
    value = read_json(path)
    if not isinstance(value, dict):
        raise InputError(f"{path} is no JSON object")
    return value
