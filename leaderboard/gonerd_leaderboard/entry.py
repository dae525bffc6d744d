"""The entries of a submissions folder, each checked as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gonerd.errors import CheckError, InputError
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.result import Result
from gonerd_leaderboard.submission import FILES, place_of, read_card, read_run

__all__ = ["Entry", "entries"]

BESIDE = (".gitkeep", "README.md")
"""Files that may stand beside the models."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission as the page needs it; `id` is its place, `model/revision-policy-board`."""

    id: str
    card: Card
    result: Result
    sizes: dict[str, int]
    """Bytes by file name."""


def entries(folder: Path) -> Iterator[Entry]:
    """Yield the submissions below `folder` in order of their places; nothing in them is run.

    Raises:
        InputError: there is no such folder, or a link, a strange file or a broken one in it.
        SchemaError: a field has the wrong form; the message names file and field.
        CheckError: files contradict each other, or a submission stands in another's place.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; expected one that gonerd submit --to has filled")
    for model in _folders(folder, beside=BESIDE):
        for place in _folders(model):
            yield _entry(place)


def _entry(place: Path) -> Entry:
    for path in sorted(place.iterdir()):
        if path.name not in FILES:
            raise InputError(f"{path} does not belong to a submission; expected {', '.join(FILES)}")
    run = read_run(place)
    expected = place_of(run.result)
    found = Path(place.parent.name, place.name)
    if found != expected:
        raise CheckError(f"{place}: its result.json belongs in {expected.as_posix()}")
    sizes = {name: (place / name).stat().st_size for name in FILES if (place / name).exists()}
    return Entry(id=found.as_posix(), card=read_card(place), result=run.result, sizes=sizes)


def _folders(folder: Path, *, beside: tuple[str, ...] = ()) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            raise InputError(f"{path} is a link; submissions are plain files in plain folders")
        if path.is_dir() and not path.name.endswith(".partial"):  # one is just being written
            yield path
        elif path.is_file() and path.name not in beside and not path.name.endswith(".partial"):
            raise InputError(f"{path} is a file where a folder was expected")
