"""Files of the Hub, by huggingface_hub: from the server that HF_ENDPOINT names, or from its cache."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from gonerd.errors import InputError

__all__ = ["hub_folder", "is_hub_name", "repository_of"]

_PART = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?P<repository>{_PART}/{_PART})(?:@(?P<revision>[\w./-]+))?")
_BARE_NAME = re.compile(rf"(?P<repository>(?:{_PART}/)?{_PART})(?:@(?P<revision>[\w./-]+))?")


def is_hub_name(name: str, *, bare: bool = False) -> bool:
    """Whether `name` has the form NAMESPACE/NAME[@REVISION]; with `bare`, NAME[@REVISION] as well."""
    return (_BARE_NAME if bare else _NAME).fullmatch(name) is not None


def repository_of(name: str) -> str:
    """NAMESPACE/NAME without the revision."""
    return name.partition("@")[0]


def hub_folder(
    name: str, *, patterns: Sequence[str], kind: Literal["dataset", "model"] = "dataset"
) -> Path:
    """The cached folder with the files of a repository that match `patterns`, fetched where they are missing.

    Without a network it is what the cache holds, and an unreachable server is told at once.

    Raises:
        InputError: there is no such repository or revision, or it can't be reached and is not in the cache.
    """
    from huggingface_hub import errors, snapshot_download

    found = _BARE_NAME.fullmatch(name)
    if found is None:
        raise InputError(f"{name} is no name on the Hub, expected NAMESPACE/NAME[@REVISION]")
    try:
        with _quiet_off_terminals():
            folder = snapshot_download(
                found["repository"],
                repo_type=kind,
                revision=found["revision"],
                allow_patterns=list(patterns),
            )
    except errors.HFValidationError as problem:
        raise InputError(f"{name} is no name on the Hub: {_first(problem)}") from None
    except errors.RevisionNotFoundError:
        raise InputError(f"{name}: the Hub has no such revision of this {kind}") from None
    except errors.RepositoryNotFoundError:
        raise InputError(
            f"{name}: the Hub has no such {kind}, or shows it only with a token"
        ) from None
    except errors.LocalEntryNotFoundError as problem:
        raise InputError(
            f"{name}: the Hub can't be reached, and its cache does not hold this {kind} ({_first(problem)})"
        ) from None
    except errors.HfHubHTTPError as problem:
        raise InputError(f"{name}: the Hub refused ({_first(problem)})") from None
    return Path(folder)


@contextmanager
def _quiet_off_terminals() -> Iterator[None]:
    """No progress bars where nobody watches them."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if sys.stderr.isatty() or are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _first(problem: Exception) -> str:
    """The first sentence of what huggingface_hub says, or of what made it say so."""
    said = str(problem.__cause__ or problem).strip().partition("\n")[0]
    return said.partition(". ")[0].rstrip(".:")
