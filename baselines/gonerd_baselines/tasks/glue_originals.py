"""The files of GLUE in their original layout: tab-separated, no quoting, one row a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path

from gonerd.errors import InputError
from gonerd.files import read_lines
from gonerd_baselines.tasks.glue_layouts import GlueLayout
from gonerd_baselines.tasks.glue_rows import GlueData, GlueRow, GlueSplit

__all__ = ["HIGHEST", "has_originals", "read_originals"]

HIGHEST = 5.0
"""The score of two sentences that say the same."""

_COMPRESSED = ("", ".xz", ".gz", ".zst")
_STS = {"train": "sts-train", "validation": "sts-dev", "test": "sts-test"}
"""Files of the original STS benchmark, by split."""
_ALPS = {"train": ("train", "dev"), "validation": ("test",)}
"""Where the test file of SST-2 is GLUE's validation, labels and all, the two others are GLUE's train."""
_VALIDATION_OF_SST = 872
"""Its rows: a test file with labels and other rows is a test, which nothing may be chosen by."""


def has_originals(folder: Path, layout: GlueLayout) -> bool:
    """Whether the training file of the task lies in `folder`."""
    names = ("train.tsv", f"{_STS['train']}.csv") if layout.is_regression else ("train.tsv",)
    return any((folder / f"{name}{end}").is_file() for name in names for end in _COMPRESSED)


def read_originals(folder: Path, layout: GlueLayout) -> GlueData:
    """All splits with labels in `folder`; a val.tsv is the rest of a train.tsv that somebody has split.

    Raises:
        InputError: a file is missing, or a line is not as it should be.
    """
    if layout.is_regression and _found(folder, f"{_STS['train']}.csv") is not None:
        splits = {
            split: _read([_required(folder, f"{stem}.csv", layout)], layout)
            for split, stem in _STS.items()
        }
    elif layout.folder == "SST-2" and _test_is_validation(folder):
        splits = {
            split: _read([_required(folder, f"{stem}.tsv", layout) for stem in stems], layout)
            for split, stems in _ALPS.items()
        }
    else:
        train = [_required(folder, "train.tsv", layout)]
        if (rest := _found(folder, "val.tsv")) is not None:
            train.append(rest)
        splits = {"train": _read(train, layout)} | {
            split: _read([_required(folder, f"{stem}.tsv", layout)], layout)
            for split, stem in layout.held_out.items()
        }
    names = ", ".join(path.name for split in splits.values() for path in split.files)
    return GlueData(f"original files {names}", splits.pop("train"), splits)


def _found(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{name}{end}" for end in _COMPRESSED)
    return next((path for path in paths if path.is_file()), None)


def _required(folder: Path, name: str, layout: GlueLayout) -> Path:
    path = _found(folder, name)
    if path is None:
        raise InputError(
            f"{folder} has no {name} (nor .xz, .gz, .zst), which {layout.folder} needs"
        )
    return path


def _test_is_validation(folder: Path) -> bool:
    path = _found(folder, "test.tsv")
    if path is None:
        return False
    header, *rows = (line for _, line in read_lines(path))
    labelled = header.rstrip("\r").split("\t") == ["sentence", "label"]
    return labelled and len(rows) == _VALIDATION_OF_SST


def _read(paths: Sequence[Path], layout: GlueLayout) -> GlueSplit:
    rows: list[GlueRow] = []
    left_out = 0
    # STS-B has a header in GLUE's copy alone.
    columns = list(layout.columns) if paths[0].name.startswith("sts-") else []
    columns = columns or ([] if layout.is_regression else list(layout.columns))
    needed = (*layout.texts, layout.label)
    headed = not columns
    for path in paths:
        for number, fields in _lines(path):
            if number == 1 and headed and (not columns or fields == columns):
                missing = [name for name in needed if name not in fields]
                if missing:
                    raise InputError(
                        f"{path}:1: the header has no column {missing[0]!r}; "
                        f"found {', '.join(fields)[:200]}"
                    )
                columns = fields
                continue
            # The original STS benchmark names licences in columns of their own, behind.
            wrong = (
                len(fields) < len(columns)
                if layout.is_regression or layout.broken
                else (len(fields) != len(columns))
            )
            if wrong and layout.broken:
                left_out += 1
                continue
            if wrong:
                raise InputError(
                    f"{path}:{number}: {len(fields)} columns, expected {len(columns)} "
                    f"({', '.join(columns)})"
                )
            said = dict(zip(columns, fields, strict=False))
            texts = tuple(said[name] for name in layout.texts)
            label = _label(said[layout.label], layout, f"{path}:{number}")
            rows.append(GlueRow(len(rows), texts, label))
    return GlueSplit(rows, paths, left_out)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in read_lines(path):
        yield number, line.removesuffix("\r").split("\t")


def _label(said: str, layout: GlueLayout, where: str) -> float:
    if layout.is_regression:
        try:
            score = float(said)
        except ValueError:
            score = -1.0
        if not isfinite(score) or not 0 <= score <= HIGHEST:
            raise InputError(f"{where}: the score is {said!r}, expected a number from 0 to 5")
        return score
    if said not in layout.spelled:
        raise InputError(f"{where}: the label is {said!r}, expected {' or '.join(layout.spelled)}")
    return layout.spelled.index(said)
