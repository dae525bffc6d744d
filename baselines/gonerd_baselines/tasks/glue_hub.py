"""The Hub's copy of GLUE, or a folder like it: a folder a task, Parquet or JSON Lines a split."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gonerd.dataset.hub import hub_folder
from gonerd.errors import InputError
from gonerd.files import read_lines
from gonerd_baselines.tasks.glue_layouts import GlueLayout
from gonerd_baselines.tasks.glue_originals import HIGHEST
from gonerd_baselines.tasks.glue_rows import GlueData, GlueRow, GlueSplit

__all__ = ["GLUE_ON_HUB", "has_copy", "read_copy", "read_hub"]

GLUE_ON_HUB = "nyu-mll/glue"

UNKNOWN = -1
"""The label of a row whose label is kept secret."""


def has_copy(folder: Path) -> bool:
    """Whether a training split lies in `folder` as the Hub has it."""
    return bool(_files(folder, "train"))


def read_hub(name: str, layout: GlueLayout) -> GlueData:
    """The task from the dataset `name` on the Hub, or from its cache.

    Raises:
        InputError: it can't be reached, or is not as `read_copy` expects it.
    """
    folder = hub_folder(name, patterns=[f"{layout.config}/*"])
    if not has_copy(folder / layout.config):
        raise InputError(
            f"{name} has no {layout.config}/train-*.parquet; expected a dataset like {GLUE_ON_HUB}"
        )
    hub = {"hub": name.partition("@")[0], "revision": folder.name}
    return read_copy(folder / layout.config, layout, hub=hub)


def read_copy(
    folder: Path, layout: GlueLayout, *, hub: Mapping[str, str] | None = None
) -> GlueData:
    """All splits with labels in `folder`: columns label and the texts', classes by number.

    Raises:
        InputError: a file is missing or broken, or a row is not as it should be.
    """
    train = _split(folder, "train", layout)
    splits = {split: _split(folder, name, layout) for split, name in layout.hub_held_out.items()}
    for split, found in {"train": train, **splits}.items():
        if found is None:
            raise InputError(
                f"{folder} has no {layout.hub_held_out.get(split, split)}-*.parquet with labels, "
                f"which {layout.folder} needs"
            )
    assert train is not None
    kept = {split: found for split, found in splits.items() if found is not None}
    return GlueData("the Hub's copy", train, kept, hub or {})


def _files(folder: Path, split: str) -> list[Path]:
    patterns = (f"{split}-*.parquet", f"{split}.parquet", f"{split}.jsonl")
    return next((found for p in patterns if (found := sorted(folder.glob(p)))), [])


def _split(folder: Path, name: str, layout: GlueLayout) -> GlueSplit | None:
    """None where there is no file, or its labels are secret."""
    paths = _files(folder, name)
    rows: list[GlueRow] = []
    for path in paths:
        for number, said in enumerate(_values(path)):
            where = f"{path}: row {number}"
            missing = [key for key in (*layout.hub_texts, "label") if key not in said]
            if missing:
                raise InputError(f"{where} has no column {missing[0]!r}; found {', '.join(said)}")
            texts = tuple(said[key] for key in layout.hub_texts)
            if not all(isinstance(text, str) for text in texts):
                raise InputError(f"{where}: {' and '.join(layout.hub_texts)} are not all texts")
            if said["label"] == UNKNOWN:
                return None
            rows.append(GlueRow(len(rows), texts, _label(said["label"], layout, where)))
    return GlueSplit(rows, paths) if paths else None


def _label(said: Any, layout: GlueLayout, where: str) -> float:
    number = isinstance(said, int | float) and not isinstance(said, bool)
    if layout.is_regression:
        if not number or not 0 <= said <= HIGHEST:
            raise InputError(f"{where}: the score is {said!r}, expected a number from 0 to 5")
        return float(said)
    if not isinstance(said, int) or not number or not 0 <= said < len(layout.labels):
        raise InputError(
            f"{where}: the label is {said!r}, expected a class from 0 to {len(layout.labels) - 1}"
        )
    return said


def _values(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".jsonl":
        for number, line in read_lines(path):
            try:
                value = json.loads(line)
            except json.JSONDecodeError as problem:
                raise InputError(f"{path}:{number}: not JSON ({problem.msg})") from None
            if not isinstance(value, dict):
                raise InputError(f"{path}:{number}: no JSON object")
            yield value
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            for batch in source.iter_batches(1024):
                yield from batch.to_pylist()
    except pa.ArrowInvalid as problem:
        raise InputError(f"{path} is no Parquet file that can be read: {problem}") from None
