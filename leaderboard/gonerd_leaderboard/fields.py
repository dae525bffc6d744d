"""JSON that strangers wrote, taken field by field: right type, right range, nothing left over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from gonerd.console import kind_of
from gonerd.errors import SchemaError

__all__ = ["LONGEST_NAME", "LONGEST_TEXT", "Fields", "json_from_text"]

LONGEST_NAME = 200
"""Characters of a name: what a table cell can show."""

LONGEST_TEXT = 4_000
"""Characters of a note or of one command argument."""

DEEPEST = 6
"""Levels of objects and lists inside each other."""

LARGEST_NUMBER = 2**53
"""Beyond it JavaScript rounds, and the page would show another number than the file."""

# Half surrogates can't be written as UTF-8; control characters have no place in a name or a note.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def json_from_text(text: str, where: str) -> Any:
    """Parse strict JSON: no NaN, no doubled key, no number or nesting that breaks a parser.

    Raises:
        SchemaError: the text is anything else; the message begins with `where`.
    """

    def refuse_constant(name: str) -> NoReturn:
        raise SchemaError(f"{where}: {name} is not JSON, a finite number was expected")

    def object_from_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            keys = [key for key, _ in pairs]
            double = next(key for key in keys if keys.count(key) > 1)
            raise SchemaError(f"{where}: field {double!r} stands twice in one object")
        return value

    try:
        return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=object_from_pairs)
    except json.JSONDecodeError as problem:
        raise SchemaError(
            f"{where}: not JSON at line {problem.lineno}, column {problem.colno} ({problem.msg})"
        ) from None
    except RecursionError:
        raise SchemaError(f"{where}: nested too deep for JSON that describes a run") from None
    except ValueError:  # an integer of more digits than Python converts
        raise SchemaError(f"{where}: holds a number of thousands of digits") from None


class Fields:
    """One JSON object, from which each field is taken once; `end` refuses what nobody took."""

    def __init__(self, value: Any, where: str, path: str = "") -> None:
        self._where = where
        self._path = path
        if not isinstance(value, dict):
            raise SchemaError(
                f"{where}: {path or 'the file'} is {kind_of(value)}, expected an object"
            )
        self._values: dict[str, Any] = value.copy()

    def take(self, key: str) -> Any:
        """The value of `key`, whatever it is."""
        if key not in self._values:
            raise SchemaError(f"{self._where}: field {self.name(key)} is missing")
        return self._values.pop(key)

    def has(self, key: str) -> bool:
        """Whether `key` carries a value; a null counts as taken."""
        if self._values.get(key) is not None:
            return True
        self._values.pop(key, None)
        return False

    def names(self, *, most: int = 200) -> tuple[str, ...]:
        """The fields that are still to take."""
        if len(self._values) > most:
            raise SchemaError(f"{self._where}: {self._path} has more than {most} fields")
        return tuple(self._values)

    def group(self, key: str, values: dict[str, Any]) -> Fields:
        """Values that belong to `key`, as fields of their own."""
        return Fields(values, self._where, self.name(key))

    def text(self, key: str, *, longest: int = LONGEST_NAME, pattern: str = "") -> str:
        """A string that is not empty, fits, can be written, and matches `pattern` whole."""
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, value, "a string that is not empty")
        if len(value) > longest:
            self.refuse(key, value, f"at most {longest} characters, not {len(value)}")
        if _UNWRITABLE.search(value):
            self.refuse(key, value, "no control characters and no half surrogates")
        if pattern and not re.fullmatch(pattern, value):
            self.refuse(key, value, f"the form {pattern}")
        return value

    def texts(self, key: str, *, most: int = 200) -> tuple[str, ...]:
        """A list of at most `most` strings."""
        values = self.take(key)
        if not isinstance(values, list) or len(values) > most:
            self.refuse(key, values, f"a list of at most {most} strings")
        parts = self.group(key, {str(number): value for number, value in enumerate(values)})
        return tuple(
            parts.text(number, longest=LONGEST_TEXT) if values[int(number)] != "" else ""
            for number in parts.names()
        )

    def whole(self, key: str, *, least: int = 0, most: int = LARGEST_NUMBER) -> int:
        """A whole number from `least` to `most`, both included."""
        value = self.take(key)
        if type(value) is not int or not least <= value <= most:
            self.refuse(key, value, f"a whole number from {least} to {most}")
        return value

    def number(self, key: str, *, least: float = 0.0, most: float = LARGEST_NUMBER) -> float:
        """A finite number from `least` to `most`."""
        value = self.take(key)
        if type(value) not in (int, float) or not least <= value <= most:
            self.refuse(key, value, f"a number from {least:g} to {most:g}")
        return float(value)

    def share(self, key: str) -> float:
        """A number from 0 to 1."""
        return self.number(key, most=1.0)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.take(key)
        if type(value) is not bool:
            self.refuse(key, value, "true or false")
        return value

    def inner(self, key: str) -> Fields:
        """The fields of an object inside this one."""
        return Fields(self.take(key), self._where, self.name(key))

    def each(self, key: str, *, most: int = 200) -> Iterator[tuple[str, Fields]]:
        """The objects inside the object `key`, by name."""
        inner = self.inner(key)
        for name in inner.names(most=most):
            if name:  # a corpus without sources calls its one source ""
                self.group(key, {"name": name}).text("name")
            yield name, inner.inner(name)

    def items(self, key: str, *, most: int = 200) -> Iterator[Fields]:
        """The objects inside the list `key`."""
        values = self.take(key)
        if not isinstance(values, list) or len(values) > most:
            self.refuse(key, values, f"a list of at most {most} objects")
        for number, value in enumerate(values):
            yield Fields(value, self._where, f"{self.name(key)}[{number}]")

    def free(self) -> dict[str, str]:
        """Take all that is left, as texts to show: what is no string as JSON, nulls not at all."""
        shown = {}
        for key in self.names():
            if not self.has(key):
                continue
            value = self.take(key)
            if _depth(value) > DEEPEST:
                self.refuse(key, value, f"at most {DEEPEST} levels inside each other")
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            pair = self.group(key, {"name": key, "value": text or "(empty)"})
            shown[pair.text("name")] = pair.text("value", longest=LONGEST_TEXT)
        return shown

    def end(self) -> None:
        """Refuse what nobody took."""
        for key in self._values:
            raise SchemaError(f"{self._where}: field {self.name(key)} is unknown")

    def name(self, key: str) -> str:
        """The path of `key` from the top of the file, shortened where a stranger made it long."""
        path = f"{self._path}.{key}" if self._path else key
        return (path if len(path) <= 80 else path[:79] + "…").encode("utf-8", "replace").decode()

    def refuse(self, key: str, value: Any, expected: str) -> NoReturn:
        """Say that `key` has the wrong value."""
        raise SchemaError(
            f"{self._where}: field {self.name(key)} is {kind_of(value)}, expected {expected}"
        )


def _depth(value: Any) -> int:
    """Levels of nesting, counted without recursion and no further than it matters."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        inner = [v for v in level if isinstance(v, dict | list)]
        level = [x for v in inner for x in (v.values() if isinstance(v, dict) else v)]
        depth += bool(inner)
    return depth
