"""Which kind of model lies in a file, in a folder or under a Hub id, by the files that only this kind has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from gonerd.adapters.flair import weights_in
from gonerd.adapters.spanmarker import MODEL_TYPE
from gonerd.dataset.hub import hub_folder, is_hub_name
from gonerd.errors import ConfigError, InputError

__all__ = ["recognized_kind"]

TELLING_FILES = (
    "config.json",
    "config.cfg",
    "gliner_config.json",
    "meta.json",
    "training.json",
    "README.md",
)
"""All that is fetched of a Hub repository before its kind is known; a few kilobytes."""

PREDICTIONS = (".jsonl", ".jsonl.zst", ".jsonl.gz")


def recognized_kind(name: str) -> str | None:
    """The kind of the model `name`: a file, a folder, an installed spaCy pipeline, a Hub id NAMESPACE/NAME.

    None where `name` is none of these.

    Raises:
        InputError: the Hub has no such model, or can't be reached.
        ConfigError: it could be of several kinds, or is of none.
    """
    path = Path(name)
    if path.is_file():
        return _only(list(_kinds_of_file(path)), name, "a predictions file *.jsonl or a Flair *.pt")
    if path.is_dir():
        return _only(_kinds_of_folder(path), name, _EXPECTED)
    if any(entry.name == name for entry in entry_points(group="spacy_models")):
        return "spacy"
    if not is_hub_name(name):
        return None
    try:
        folder = hub_folder(name, patterns=TELLING_FILES, kind="model")
    except InputError as problem:
        raise InputError(f"there is no {name} here, and {problem}") from None
    return _only(_kinds_of_folder(folder), name, _EXPECTED)


def _only(kinds: list[str], name: str, expected: str) -> str:
    if not kinds:
        raise ConfigError(
            f"--model {name}: can't tell what kind of model this is, expected {expected}; "
            f"say it, as in hf:{name}"
        )
    if len(kinds) > 1:
        raise ConfigError(
            f"--model {name}: this could be {' or '.join(kinds)}; say which, as in {kinds[0]}:{name}"
        )
    return kinds[0]


def _kinds_of_file(path: Path) -> Iterator[str]:
    if path.name.endswith(PREDICTIONS):
        yield "preds"
    if path.suffix == ".pt":
        yield "flair"


def _kinds_of_folder(folder: Path) -> list[str]:
    config, meta = (_object_in(folder / name) for name in ("config.json", "meta.json"))
    architectures = [str(name) for name in config.get("architectures") or ()]
    is_gliner = (folder / "gliner_config.json").is_file()
    holds_flair = weights_in(folder) is not None or "flair" in _card_tags(folder)
    fits = {
        "hf": any(name.endswith("ForTokenClassification") for name in architectures),
        # as `gonerd finetune` writes it: the tags stand in its configuration, the training beside it
        "gonerd": "tags" in config and (folder / "training.json").is_file(),
        "spacy": "lang" in meta and "pipeline" in meta and (folder / "config.cfg").is_file(),
        "gliner": is_gliner,
        "spanmarker": config.get("model_type") == MODEL_TYPE,
        # weights without any configuration, or a card of the Hub that names it
        "flair": holds_flair and not config and not is_gliner,
    }
    return [kind for kind, fit in fits.items() if fit]


_EXPECTED = (
    "a config.json of a token classification model, a tagger of gonerd finetune, a spaCy pipeline, "
    "a gliner_config.json, a SpanMarker or a Flair model"
)


def _object_in(path: Path) -> Mapping[str, Any]:
    """The JSON object of a file; empty where there is none, as no kind is told by it then."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _card_tags(folder: Path) -> set[str]:
    """The tags and the library in the front matter of a Hub repository's README.md."""
    path = folder / "README.md"
    if not path.is_file():
        return set()
    head = re.match(
        r"---\n(.*?)\n---", path.read_text(encoding="utf-8", errors="replace"), re.DOTALL
    )
    words = re.findall(
        r"^(?:library_name:|\s*-)\s*(\S+)\s*$", head[1] if head else "", re.MULTILINE
    )
    return {word.strip("'\"") for word in words}
