"""Errors that cross processes and tasks: what a user can read comes out as it was, bugs keep their trace."""

from __future__ import annotations

import traceback
from typing import Any

from gonerd import errors

__all__ = ["failure_from_record", "first_failure", "record_from_failure"]


def record_from_failure(problem: BaseException) -> dict[str, Any]:
    """The JSON form of an exception."""
    record: dict[str, Any] = {
        "kind": "bug",
        "message": str(problem),
        "trace": "".join(traceback.format_exception(problem)),
    }
    if isinstance(problem, errors.GonerdError):
        names = (kind.__name__ for kind in type(problem).__mro__)
        record["kind"] = next(name for name in names if name in errors.__all__)
    elif isinstance(problem, ModuleNotFoundError):
        record |= {"kind": "ModuleNotFoundError", "name": problem.name}
    elif isinstance(problem, OSError) and problem.errno is not None:
        record |= {
            "kind": "OSError",
            "system": [problem.errno, problem.strerror, _text(problem.filename)],
        }
    return record


def failure_from_record(record: dict[str, Any], where: str) -> Exception:
    """An exception to raise; of a bug `where` says what ran, and its traceback is told."""
    kind = record["kind"]
    if kind in errors.__all__:
        found: Exception = getattr(errors, kind)(record["message"])
        return found
    if kind == "ModuleNotFoundError":
        return ModuleNotFoundError(record["message"], name=record["name"])
    if kind == "OSError":
        return OSError(*record["system"])
    return RuntimeError(f"{where} failed: {record['trace']}")


def first_failure(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first among tasks that were ended together."""
    problem: BaseException = group
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


def _text(name: Any) -> str | None:
    return None if name is None else str(name)
