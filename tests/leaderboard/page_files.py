"""What a built page's scripts give to it."""

from pathlib import Path
from typing import Any

from gonerd_leaderboard.script import script_values


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, byte by byte."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def boards_of(folder: Path) -> dict[str, Any]:
    """What the boards' scripts give, by the dataset's id."""
    boards = {}
    for path in (folder / "boards").iterdir():
        (board,) = script_values(path.read_text(encoding="ascii"), "board", str(path))
        assert path.stem == board["id"]
        boards[board["dataset"]["id"]] = board
    return boards


def drawer_of(folder: Path, key: str) -> dict[str, Any]:
    """What an entry's script gives."""
    path = folder / "entries" / f"{key}.js"
    named, drawer = script_values(path.read_text(encoding="ascii"), "entry", str(path))
    assert named == key
    return drawer


def gold_of(folder: Path, board: str) -> list[Any]:
    """The documents that a board's gold gives."""
    path = folder / "gold" / f"{board}.js"
    named, gold = script_values(path.read_text(encoding="ascii"), "gold", str(path))
    assert named == board
    return gold["documents"]


def texts_of(folder: Path) -> dict[str, str]:
    """The texts that are part of a page, by SHA-256."""
    texts = {}
    for path in (folder / "texts").glob("*"):
        digest, text = script_values(path.read_text(encoding="ascii"), "text", str(path))
        assert path.name == f"{digest}.js"
        texts[digest] = text
    return texts
