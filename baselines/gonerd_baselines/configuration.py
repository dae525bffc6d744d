"""Frozen dataclasses from TOML and from `--set key=value`: one way for every configuration here."""

from __future__ import annotations

import json
import math
import tomllib
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from gonerd.errors import ConfigError
from gonerd.files import read_bytes

__all__ = [
    "config_from_values",
    "read_toml",
    "value_from_text",
    "values_from_config",
    "with_settings",
]

C = TypeVar("C")


def values_from_config(config: Any) -> dict[str, Any]:
    """The configuration as JSON values; `config_from_values` is the inverse."""
    return {name: _plain(value) for name, value in asdict(config).items()}


def config_from_values(kind: type[C], values: Any, *, where: str, base: C | None = None) -> C:
    """The configuration that JSON `values` hold; a key that is missing is that of `base`, or the default.

    Of the fields that a class names as its ALTERNATIVES, one that is given takes the place of the others.

    Raises:
        ConfigError: no object, a key is unknown, or a value has the wrong type or makes no sense.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: found {type(values).__name__}, expected keys and values")
    hints = _hints(kind)  # type: ignore[arg-type]  # a class can be hashed
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            raise ConfigError(f"{where}: {key!r} is unknown; expected {', '.join(sorted(hints))}")
        made[key] = _checked(key, value, hints[key], where)
    instead: tuple[str, ...] = getattr(kind, "ALTERNATIVES", ())
    if any(made.get(name) is not None for name in instead):
        made = dict.fromkeys(instead) | made
    try:
        return replace(base, **made) if base is not None else kind(**made)  # type: ignore[type-var]  # a dataclass
    except ConfigError as problem:
        raise ConfigError(f"{where}: {problem}") from None


def with_settings(
    sections: Mapping[str, Any], settings: Sequence[str], *, fixed: Collection[str] = ()
) -> dict[str, Any]:
    """The configurations by section, with `key=value` or `section.key=value` settings put in.

    A key alone is that of the first section which has it. Where a key, or another of its ALTERNATIVES, comes
    again, the last counts. Keys in `fixed` can't be set.

    Raises:
        ConfigError: a setting has no '=', its key is in no section, or its value makes no sense.
    """
    given: dict[str, dict[str, Any]] = {}
    said: dict[str, dict[str, str]] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting!r}: expected key=value")
        section, key = _place(sections, name, fixed, setting)
        kind = type(sections[section])
        hint = _hints(kind)[key]  # type: ignore[arg-type]  # a class can be hashed
        value = _checked(key, value_from_text(text), hint, f"--set {setting}")
        values, sayings = given.setdefault(section, {}), said.setdefault(section, {})
        others: tuple[str, ...] = getattr(kind, "ALTERNATIVES", ())
        for other in others if key in others and value is not None else (key,):
            values.pop(other, None)
            sayings.pop(other, None)
        values[key], sayings[key] = value, f"--set {setting}"
    made = dict(sections)
    for section, values in given.items():
        # All at once: what one setting alone would break, another may mend.
        where = " ".join(said[section].values())
        made[section] = config_from_values(
            type(made[section]), values, where=where, base=made[section]
        )
    return made


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        InputError: the file is missing.
        ConfigError: it is no TOML.
    """
    try:
        return tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path} is no TOML: {problem}") from None


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    """The types of a dataclass' fields: Python finds them by evaluating their text, which is slow."""
    types_ = get_type_hints(kind)
    return {field.name: types_[field.name] for field in fields(kind)}


def _place(
    sections: Mapping[str, Any], name: str, fixed: Collection[str], setting: str
) -> tuple[str, str]:
    known = {
        section: [f.name for f in fields(config) if f.name not in fixed]
        for section, config in sections.items()
    }
    wanted, dot, key = name.rpartition(".")
    for section, keys in known.items():
        if key in keys and (not dot or section == wanted):
            return section, key
    every = sorted({key for keys in known.values() for key in keys})
    raise ConfigError(f"--set {setting}: {name!r} is unknown; expected {', '.join(every)}")


def value_from_text(text: str) -> Any:
    """JSON where it is JSON, `none` for null, else the text itself."""
    if text.lower() == "none":
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _checked(key: str, value: Any, hint: Any, where: str) -> Any:
    if not _fits(value, hint):
        raise ConfigError(f"{where}: {key} is {value!r}, expected {_said(hint)}")
    return _as(value, hint)


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        each = get_args(hint)[0]
        return isinstance(value, list | tuple) and all(_fits(v, each) for v in value)
    if get_origin(hint) is Mapping:  # whose own keys and values are read elsewhere
        return isinstance(value, dict)
    if hint is float:
        return type(value) is int or (type(value) is float and math.isfinite(value))
    return type(value) is hint


def _as(value: Any, hint: Any) -> Any:
    """A list is a tuple in a frozen record, and a whole number a float where one is meant."""
    if isinstance(value, list):
        return tuple(_as(each, None) for each in value)
    parts = get_args(hint) or (hint,)
    return float(value) if type(value) is int and float in parts and int not in parts else value


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _said(hint: Any) -> str:
    """What a value is to be, in words."""
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(_said(each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        return f"a list, each {_said(get_args(hint)[0])}"
    if get_origin(hint) is Mapping:
        return "a table"
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a finite number",
        str: "a text",
        type(None): "none",
    }
    return names.get(hint, str(hint))
