"""A token-classification checkpoint of transformers, opened without running any code that comes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from gonerd.adapters.adapter import ModelCard
from gonerd.adapters.lineage import RECORDS, teacher_of
from gonerd.adapters.model_files import ModelFiles, files_sha256, model_files
from gonerd.console import note
from gonerd.errors import ConfigError, InputError
from gonerd.files import read_json

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

__all__ = [
    "DTYPES",
    "Checkpoint",
    "load_checkpoint",
    "load_tokenizer",
    "told_by_readme",
    "usual_length",
]

DTYPES = ("float32", "bfloat16", "float16")

CONFIG_FILE = "config.json"
SAFE_WEIGHTS = "model*.safetensors"
OLD_WEIGHTS = "pytorch_model*.bin"
TOKENIZER_FILES = (
    *("tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json"),
    *("*.model", "*.tiktoken", "bpe.codes"),
)
PATTERNS = (
    *(CONFIG_FILE, "README.md", *RECORDS, SAFE_WEIGHTS, f"{SAFE_WEIGHTS}.index.json"),
    *TOKENIZER_FILES,
)
ENDLESS = 10**6
"""What tokenizers without a limit say is larger."""
_LOCAL = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model and its tokenizer, ready to predict."""

    model: Any
    """A transformers model for token classification."""
    tokenizer: Tokenizer
    tags: tuple[str, ...]
    """By id, in the model's own words."""
    limit: int | None
    """The most subwords that the model can read at once, with the special ones."""
    usual: int | None
    """The same by what its tokenizer says, if that is less: what it was trained on."""
    padding: int
    """The id that fills a row after its end."""
    card: ModelCard


def load_checkpoint(name: str, *, device: torch.device, dtype: str) -> Checkpoint:
    """The checkpoint in the folder or on the Hub that `name` (with @REVISION) says.

    Raises:
        InputError: there is none, a part of it is missing, or it needs code of its own.
        ConfigError: the type of numbers is none of `DTYPES`.
    """
    import torch
    from transformers import AutoModelForTokenClassification

    if dtype not in DTYPES:
        raise ConfigError(f"--dtype is {dtype!r}, expected one of {', '.join(DTYPES)}")
    files = _fetched(name)
    config = _config(files.folder, name)
    with _quiet_transformers(), _told(name):
        model, loaded = AutoModelForTokenClassification.from_pretrained(
            files.folder, dtype=getattr(torch, dtype), output_loading_info=True, **_LOCAL
        )
    missing = sorted(loaded["missing_keys"])
    if missing:
        raise InputError(
            f"{name} is no finished token-classification model: its weights lack {missing[0]}"
            + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
        )
    tokenizer = load_tokenizer(
        files.folder, name, rows=model.get_input_embeddings().weight.shape[0]
    )
    limit = _limit(model)
    return Checkpoint(
        model=model.to(device).eval(),
        tokenizer=tokenizer.backend_tokenizer,
        tags=tuple(str(model.config.id2label[i]) for i in range(model.config.num_labels)),
        limit=limit,
        usual=usual_length(tokenizer, limit),
        padding=tokenizer.pad_token_id or 0,
        card=_card(files, config, model, limit, type(tokenizer).__name__),
    )


def load_tokenizer(folder: Path, name: str, *, rows: int) -> Any:
    """The tokenizer of transformers in `folder`, which belongs to a model of `rows` subwords.

    Raises:
        InputError: it can't be opened, can't tell where subwords stand, or knows more of them than the model.
    """
    from transformers import AutoTokenizer

    with _quiet_transformers(), _told(name):
        tokenizer = AutoTokenizer.from_pretrained(folder, **_LOCAL)
    if not tokenizer.is_fast:
        raise InputError(
            f"{name}: its tokenizer {type(tokenizer).__name__} does not tell where in the text a subword "
            "stands; expected a fast one (tokenizer.json)"
        )
    if len(tokenizer) > rows:
        raise InputError(
            f"{name}: its tokenizer knows {len(tokenizer)} subwords, the model only {rows}"
        )
    return tokenizer


def usual_length(tokenizer: Any, limit: int | None) -> int | None:
    """What is read at once if nobody says otherwise: what the tokenizer says, at most `limit`."""
    said = tokenizer.model_max_length if tokenizer.model_max_length < ENDLESS else None
    return min((n for n in (limit, said) if n is not None), default=None)


def _fetched(name: str) -> ModelFiles:
    """The files; from the Hub also weights in PyTorch's older form where there are no others."""
    files = model_files(name, patterns=PATTERNS)
    if not Path(name).is_dir() and not list(files.folder.glob(SAFE_WEIGHTS)):
        files = model_files(f"{files.id}@{files.revision}", patterns=[*PATTERNS, OLD_WEIGHTS])
    return files


def _config(folder: Path, name: str) -> dict[str, Any]:
    if not (folder / CONFIG_FILE).is_file():
        raise InputError(f"{name} has no {CONFIG_FILE}: it is no checkpoint of transformers")
    if not any(path for pattern in TOKENIZER_FILES for path in folder.glob(pattern)):
        raise InputError(f"{name} has no tokenizer beside its {CONFIG_FILE}")
    config = read_json(folder / CONFIG_FILE)
    if not isinstance(config, dict):
        raise InputError(f"{name}: {CONFIG_FILE} is no JSON object")
    return config


def _limit(model: Any) -> int | None:
    """The most subwords that positions allow, or None where they are only relative to each other.

    RoBERTa and its kin count positions from after the padding's, so that 514 of them read 512.
    """
    from torch.nn import Embedding

    config = model.config
    limits = []
    said = getattr(config, "max_position_embeddings", None)
    relative = getattr(config, "relative_attention", False) and not getattr(
        config, "position_biased_input", True
    )
    if said is not None and said > 0 and not relative:
        limits.append(int(said))
    for name, part in model.named_modules():
        if isinstance(part, Embedding) and name.endswith(("position_embeddings", ".wpe")):
            skipped = 0 if part.padding_idx is None else part.padding_idx + 1
            limits.append(part.num_embeddings - skipped)
    return min(limits, default=None)


def _card(
    files: ModelFiles, config: dict[str, Any], model: Any, limit: int | None, tokenizer: str
) -> ModelCard:
    folder = files.folder
    weights = sorted(folder.glob(SAFE_WEIGHTS)) or sorted(folder.glob(OLD_WEIGHTS))
    told = told_by_readme(folder / "README.md")
    data = told.get("datasets") or ()
    license_ = told.get("license")
    return ModelCard(
        kind="hf",
        id=files.id,
        revision=files.revision,
        weights_sha256=files_sha256(weights, folder) if weights else files.weights_sha256,
        params=model.num_parameters(),
        max_len=limit,
        license=license_ if isinstance(license_, str) else None,
        teacher_id=(teacher_of(folder) or {}).get("id"),
        training_data=(data,) if isinstance(data, str) else tuple(map(str, data)),
        details={
            "architecture": type(model).__name__,
            "weights_dtype": config.get("dtype") or config.get("torch_dtype"),
            "tokenizer": tokenizer,
        },
    )


def told_by_readme(path: Path) -> dict[str, Any]:
    """What the front matter of the model's card says; nothing where there is none that can be read."""
    import yaml
    from huggingface_hub import metadata_load

    if not path.is_file():
        return {}
    try:
        told = metadata_load(path)
    except (yaml.YAMLError, ValueError):
        note(
            "the checkpoint's card can't be read: licence and training data are recorded as unknown"
        )
        return {}
    return told if isinstance(told, dict) else {}


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What transformers says of a checkpoint that it can't open, as one sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except ImportError as problem:
        raise InputError(f"{name} can't be opened: {_first_line(problem)}") from None
    except UnpicklingError:
        raise InputError(
            f"{name} can't be opened: {OLD_WEIGHTS} holds more than numbers, and would run code"
        ) from None
    except (ValueError, OSError, KeyError, RuntimeError, SafetensorError) as problem:
        said = _first_line(problem)
        if "trust_remote_code" in str(problem):
            said = "it comes with code of its own, which gonerd never runs"
        raise InputError(f"{name} can't be opened: {said}") from None


def _first_line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[0] if lines else type(problem).__name__)[:300].rstrip(".:")


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """No progress bars and no advice: what matters is checked here."""
    from transformers.utils import logging

    said: Any = logging  # without types
    level, bars = said.get_verbosity(), said.is_progress_bar_enabled()
    said.set_verbosity_error()
    said.disable_progress_bar()
    try:
        yield
    finally:
        said.set_verbosity(level)
        if bars:
            said.enable_progress_bar()
