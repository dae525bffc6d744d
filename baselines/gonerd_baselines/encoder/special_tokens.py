"""The ids of the tokens that begin a document, end a part of it, and stand for what is to be guessed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd_baselines.encoder.checkpoint import Checkpoint

__all__ = ["SpecialTokens", "special_tokens"]


@dataclass(frozen=True, slots=True)
class SpecialTokens:
    """None where neither the tokenizer nor config.json tells."""

    begin: int | None
    separator: int | None
    mask: int | None

    def as_config(self) -> dict[str, int]:
        """The keys of config.json, whose defaults differ by family."""
        said = {
            "bos_token_id": self.begin,
            "eos_token_id": self.separator,
            "sep_token_id": self.separator,
        }
        return {key: value for key, value in said.items() if value is not None}


def special_tokens(checkpoint: Checkpoint) -> SpecialTokens:
    """From the tokenizer that lies beside the checkpoint, or from its config.json.

    Raises:
        InputError: there is a tokenizer that can't be opened.
    """
    told = _told_by_tokenizer(checkpoint.folder) if checkpoint.folder else {}
    kept = checkpoint.kept

    def first(*names: str) -> int | None:
        found = (
            source[name]
            for source in (told, kept)
            for name in names
            if source.get(name) is not None
        )
        return next(found, None)

    return SpecialTokens(
        begin=first("bos_token_id", "cls_token_id"),
        separator=first("sep_token_id", "eos_token_id"),
        mask=first("mask_token_id"),
    )


def _told_by_tokenizer(folder: Path) -> dict[str, Any]:
    if not any(folder.glob("tokenizer*")) and not any(folder.glob("vocab*")):
        return {}
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, ImportError) as problem:
        said = str(problem).strip().partition("\n")[0][:300]
        raise InputError(f"{folder}: its tokenizer can't be opened: {said}") from None
    names = ("bos_token_id", "cls_token_id", "sep_token_id", "eos_token_id", "mask_token_id")
    return {name: getattr(tokenizer, name) for name in names}
