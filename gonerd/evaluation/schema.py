"""The form of a result.json: a JSON Schema that ships with the package, and its verdict in one sentence."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.console import kind_of, shown
from gonerd.errors import InputError, SchemaError
from gonerd.files import read_lines
from gonerd.records import json_from_line

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

__all__ = [
    "PREDICTIONS_FILE",
    "RESULT_FILE",
    "SCHEMA_VERSION",
    "read_result",
    "require_valid_part",
    "require_valid_result",
    "result_schema",
]

SCHEMA_VERSION = 2
RESULT_FILE = "result.json"
PREDICTIONS_FILE = "predictions.jsonl.zst"

LARGEST = sys.float_info.max
LONGEST_PATH = 80
"""Characters of a field's path in a message: a stranger may have made it long."""


@cache
def result_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a result; its `$id` names the version."""
    text = files("gonerd.evaluation").joinpath("result.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def read_result(path: Path) -> dict[str, Any]:
    """The result in a run's folder, or in a file.

    Raises:
        InputError: there is none.
        SchemaError: it is not JSON, or `require_valid_result` refuses it.
    """
    if path.is_dir():
        if not (path / RESULT_FILE).is_file():
            raise InputError(f"{path} holds no {RESULT_FILE}; expected a run of gonerd eval --out")
        path = path / RESULT_FILE
    text = "\n".join(line for _, line in read_lines(path))
    try:
        record = json_from_line(text)
    except SchemaError as problem:
        raise SchemaError(f"{path}: {problem}") from None
    require_valid_result(record, str(path))
    result: dict[str, Any] = record
    return result


def require_valid_result(record: Any, where: str) -> None:
    """Refuse what is no result of this version; `where` names the file in the message.

    Raises:
        SchemaError: a field is missing, unknown, of the wrong type or out of range: the first one, in the
            order of the schema.
    """
    if not isinstance(record, dict):
        raise SchemaError(f"{where}: the file is {kind_of(record)}, expected an object")
    if "schema_version" not in record:  # else the first of many missing fields would be named
        raise SchemaError(f"{where}: field schema_version is missing")
    for error in _validator().iter_errors(record):
        raise SchemaError(f"{where}: field {_sentence(error)}")
    if not _is_time(record["created"]):
        expected = result_schema()["properties"]["created"]["title"]
        raise SchemaError(
            f"{where}: field created is {kind_of(record['created'])}, expected {expected}"
        )


def _is_time(text: str) -> bool:
    """Whether there is such a day and hour, beyond the form."""
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (OverflowError, ValueError):
        return False
    return True


def require_valid_part(name: str, value: Any, where: str) -> None:
    """Refuse what can't be the `model` or the `policy` of a result, before there is one.

    Raises:
        SchemaError: as `require_valid_result`.
    """
    part = _validator().evolve(schema=_whole_schema()["properties"][name])
    for error in part.iter_errors(value):
        raise SchemaError(f"{where}: field {_sentence(error)}")


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # Python's true is an int, its NaN and 1e999 are floats, and JSON Schema takes 1.0 for a whole number:
    # none of them is meant, nor a number that no double holds.
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int and abs(value) <= LARGEST,
            "number": lambda _, value: type(value) in (int, float) and abs(value) <= LARGEST,
        }
    )
    strict: type[Draft202012Validator] = extend(Draft202012Validator, type_checker=types)
    return strict(_whole_schema())


@cache
def _whole_schema() -> dict[str, Any]:
    """The schema with its definitions where they are used: looking references up took most of the time."""
    schema = result_schema()
    whole: dict[str, Any] = _with_definitions(schema, schema["$defs"])
    return whole


def _with_definitions(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_with_definitions(inner, definitions) for inner in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:  # beside it stand descriptions alone
        part = definitions[part["$ref"].removeprefix("#/$defs/")] | part
    return {
        key: _with_definitions(inner, definitions)
        for key, inner in part.items()
        if key not in ("$ref", "$defs")
    }


def _sentence(error: ValidationError) -> str:
    path = [str(part) for part in error.absolute_path]
    value: Any = error.instance
    schema: Any = error.schema
    if error.validator == "required":
        missing = next(name for name in schema["required"] if name not in value)
        return f"{_name([*path, missing])} is missing"
    if error.validator == "additionalProperties" and schema["additionalProperties"] is False:
        unknown = next(name for name in value if name not in schema["properties"])
        return f"{_name([*path, unknown])} is unknown"
    return f"{_name(path)} is {kind_of(value)}, expected {schema['title']}"


def _name(path: list[str]) -> str:
    name = shown(".".join(path))
    return name if len(name) <= LONGEST_PATH else name[: LONGEST_PATH - 1] + "…"
