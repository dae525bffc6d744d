"""Fields of JSON records, with errors that say where, what was found and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonerd.errors import InputError

__all__ = ["Record"]

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    bool: "true or false",
}


class Record:
    """A JSON object, and where it stands."""

    def __init__(self, value: Any, where: str) -> None:
        """Take `value`.

        Raises:
            InputError: it is no object.
        """
        if not isinstance(value, Mapping):
            raise InputError(f"{where} is {shown(value)}, expected an object")
        self.value = value
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def text(self, key: str, *, filled: bool = False) -> str:
        """The text under `key`; with `filled`, one that is more than white space."""
        found: str = self._of(key, str)
        if filled and not found.strip():
            raise InputError(f"{self.where}: {key!r} is empty, expected a text")
        return found

    def number(self, key: str) -> int:
        """The whole number under `key`."""
        found: int = self._of(key, int)
        return found

    def flag(self, key: str) -> bool:
        """The truth under `key`, false where there is none."""
        return bool(self._of(key, bool)) if key in self.value else False

    def list(self, key: str) -> list[Any]:
        """The list under `key`."""
        found: list[Any] = self._of(key, list)
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under `key`."""
        found = self.list(key)
        for place, each in enumerate(found):
            if not isinstance(each, str):
                raise InputError(f"{self.where}: {key}[{place}] is {shown(each)}, expected a text")
        return tuple(found)

    def record(self, key: str) -> Record:
        """The object under `key`."""
        return Record(self._of(key, dict), f"{self.where}: {key!r}")

    def records(self, key: str) -> tuple[Record, ...]:
        """The list of objects under `key`."""
        return tuple(
            Record(each, f"{self.where}: {key}[{place}]")
            for place, each in enumerate(self.list(key))
        )

    def _of(self, key: str, kind: type) -> Any:
        if key not in self.value:
            raise InputError(f"{self.where}: {key!r} is missing, expected {_NAMES[kind]}")
        found = self.value[key]
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise InputError(f"{self.where}: {key!r} is {shown(found)}, expected {_NAMES[kind]}")
        return found


def shown(value: Any) -> str:
    """The beginning of what it looks like."""
    said = repr(value)
    return said if len(said) <= 40 else f"{said[:39]}…"
