"""The texts that a model is trained on: folders of tokens, checked against its tokenizer and its sizes."""

from __future__ import annotations

from pathlib import Path

from gonerd.dataset.tokenizer_files import TokenizerFiles, tokenizer_files
from gonerd.errors import InputError
from gonerd_baselines.encoder.checkpoint import Checkpoint
from gonerd_baselines.tokens.token_files import TokenFiles

__all__ = ["require_readable", "token_files_of"]


def token_files_of(
    tokens: Path, checkpoint: Checkpoint | None
) -> tuple[TokenFiles, TokenizerFiles]:
    """The tokens, and the tokenizer that made them: the checkpoint's, if there is one.

    Raises:
        InputError: the tokens are of another tokenizer, or theirs can't be found any more.
    """
    files = TokenFiles(tokens)
    name = files.manifest.tokenizer
    if checkpoint is not None and checkpoint.folder is not None:
        name = str(checkpoint.folder)
    elif Path(tokens / name).exists():
        name = str(tokens / name)
    found = tokenizer_files(name)
    if found.sha256 != files.manifest.tokenizer_sha256:
        raise InputError(
            f"{tokens} was tokenized by {files.manifest.tokenizer} (SHA-256 "
            f"{files.manifest.tokenizer_sha256[:12]}…), not by that of "
            f"{(checkpoint.id if checkpoint else None) or name} ({found.sha256[:12]}…)"
        )
    return files, found


def require_readable(files: TokenFiles, checkpoint: Checkpoint) -> None:
    """Refuse tokens that the model has no position or no embedding for.

    Raises:
        InputError: a document is too long, or the vocabulary is larger than the model's.
    """
    config = checkpoint.encoder.config
    if files.longest > config.max_length:
        raise InputError(
            f"{files.name} has a document of {files.longest:,} tokens, the model has positions for "
            f"{config.max_length:,}; expected tokens made with --max-len {config.max_length}"
        )
    if files.manifest.vocabulary > config.vocab_size:
        raise InputError(
            f"{files.name} has a vocabulary of {files.manifest.vocabulary:,}, the model one of "
            f"{config.vocab_size:,}"
        )
