"""A published dataset loaded back as its users load it, and compared row by row."""

from __future__ import annotations

import hashlib
import json
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gonerd.errors import CheckError

__all__ = ["require_same_rows"]


def require_same_rows(folder: Path, repo_id: str, *, revision: str) -> None:
    """Load `repo_id` with plain `datasets`, and the folder, and compare every row of every configuration.

    Raises:
        CheckError: they differ, or the Hub's copy does not load.
    """
    from datasets import load_dataset
    from datasets.exceptions import DatasetGenerationError, DatasetNotFoundError
    from datasets.utils.info_utils import NonMatchingSplitsSizesError
    from huggingface_hub.repocard import metadata_load

    card = metadata_load(folder / "README.md")
    if card is None:
        raise CheckError(f"{folder / 'README.md'} has no YAML that names configurations")
    configs = [config["config_name"] for config in card["configs"]]
    local = str(folder.resolve())
    # a folder NAMESPACE/NAME of the working directory would be taken for the Hub's
    with TemporaryDirectory(prefix="gonerd-reload-") as cache, chdir(cache):
        for config in configs:
            try:
                there = load_dataset(repo_id, config, revision=revision, cache_dir=cache)
            except (
                DatasetGenerationError,
                DatasetNotFoundError,
                NonMatchingSplitsSizesError,
            ) as problem:
                raise CheckError(
                    f"{repo_id}@{revision} does not load back: {str(problem).splitlines()[0]}"
                ) from None
            here = load_dataset(local, config, cache_dir=cache)
            if _digests(there) != _digests(here):
                raise CheckError(
                    f"{repo_id}@{revision} loads back with other rows than {folder} has ({config})"
                )


def _digests(splits: Any) -> dict[str, str]:
    return {name: _digest(rows) for name, rows in splits.items()}


def _digest(rows: Any) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()
