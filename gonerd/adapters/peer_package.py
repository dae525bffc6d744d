"""Packages that bring models of their own: imported where asked for, named where missing."""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from gonerd.errors import ExtraError

__all__ = ["imported", "version_of"]


def imported(module: str, *, package: str, kind: str) -> ModuleType:
    """The module `module` of `package`, which adapter `kind` needs.

    Raises:
        ExtraError: it is not installed, or not with the packages that it goes with.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as problem:
        if problem.name == module.partition(".")[0]:
            raise ExtraError(
                f"--model {kind} needs {package}, which is not installed: pip install gonerd {package}, "
                f"in an environment of its own (docs/adapters.md)"
            ) from None
        raise ExtraError(
            f"--model {kind}: {package} {version_of(package)} needs {problem.name}, which is not installed; "
            f"pip install {package} brings it"
        ) from None
    except ImportError as problem:
        raise ExtraError(
            f"--model {kind}: {package} {version_of(package)} does not go with transformers "
            f"{version_of('transformers')} ({problem.msg}); pip install gonerd {package}, in an "
            f"environment of its own (docs/adapters.md)"
        ) from None


def version_of(package: str) -> str | None:
    """The version that is installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
