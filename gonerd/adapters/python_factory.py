"""`py:module:factory`: a model of the user's own, from a module in the working directory or an installed one.

# mine.py
def make(options):          # gonerd.adapters.AdapterOptions
    return MyModel()        # an object with predict(documents), as gonerd.adapters.Adapter says
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from gonerd.adapters.adapter import AdapterOptions, ModelCard, Prediction
from gonerd.adapters.model_files import files_sha256, is_revision
from gonerd.adapters.policy import Policy
from gonerd.errors import ConfigError, ExtraError
from gonerd.schema import Document

__all__ = ["PythonModel", "adapter_from_argument"]

_EXAMPLE = "as in py:mine:make for the function make of mine.py"


class PythonModel:
    """What a factory made, with the card and the policy that it does not have."""

    def __init__(self, model: Any, card: ModelCard, policy: Policy) -> None:
        self.model = model
        self._card = card
        self._policy = policy

    @property
    def card(self) -> ModelCard:
        """The model's own, which may change while it works, else that of its file."""
        card: ModelCard = getattr(self.model, "card", self._card)
        return card

    @property
    def policy(self) -> Policy:
        """The model's own, else that nothing was done to the text."""
        policy: Policy = getattr(self.model, "policy", self._policy)
        return policy

    def predict(self, documents: Iterable[Document]) -> Iterator[Prediction]:
        """Yield what the model says."""
        yield from self.model.predict(documents)


class _BatchedPythonModel(PythonModel):
    """One that can be told how much it takes at once."""

    def with_batch_size(self, batch_size: int) -> _BatchedPythonModel:
        """The same model, reading `batch_size` documents at once."""
        return _BatchedPythonModel(self.model.with_batch_size(batch_size), self._card, self._policy)


def adapter_from_argument(argument: str, options: AdapterOptions) -> PythonModel:
    """`py:module:factory`; what the module and the factory raise themselves goes up as it is.

    Raises:
        ConfigError: there is no such module or function, it returns no model, or the model does not say
            whether it did what an option asks for.
    """
    module_name, _, name = argument.partition(":")
    if not module_name or not name:
        raise ConfigError(f"--model py:{argument}: expected py:MODULE:FACTORY, {_EXAMPLE}")
    module = _module(module_name, argument)
    factory = getattr(module, name, None)
    if not callable(factory):
        kind = "nothing" if factory is None else f"a {type(factory).__name__}"
        raise ConfigError(
            f"--model py:{argument}: expected a function {name} in {module_name}, found {kind}"
        )
    model = factory(options)
    _require_model(model, argument)
    if not hasattr(model, "policy"):
        _require_defaults(options, argument)
    card = ModelCard(
        kind="py",
        id=argument,
        revision=_revision(module),
        details={"revision": f"SHA-256 of the files of module {module_name}, not of what it loads"},
    )
    batched = callable(getattr(model, "with_batch_size", None))
    return (_BatchedPythonModel if batched else PythonModel)(model, card, Policy())


def _module(name: str, argument: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:  # as `python -m` has it; a console script does not
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        missing = problem.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise ConfigError(
                f"--model py:{argument}: there is no module {missing!r} in the working directory or "
                f"among the installed ones; {_EXAMPLE}"
            ) from None
        raise ExtraError(
            f"--model py:{argument}: the module {name} needs {missing}, which is not installed"
        ) from None
    except SyntaxError as problem:
        place = f"{Path(problem.filename or name).name}:{problem.lineno}"
        raise ConfigError(f"--model py:{argument}: {place}: {problem.msg}") from None


def _require_model(model: Any, argument: str) -> None:
    where = f"--model py:{argument}: the factory returned"
    if not callable(getattr(model, "predict", None)):
        raise ConfigError(
            f"{where} a {type(model).__name__}, expected an object with predict(documents)"
        )
    for name, form in (("card", ModelCard), ("policy", Policy)):
        value = getattr(model, name, None)
        if hasattr(model, name) and not isinstance(value, form):
            raise ConfigError(
                f"{where} an object whose {name} is a {type(value).__name__}, "
                f"expected gonerd.adapters.{form.__name__}"
            )
    card = getattr(model, "card", None)
    if card is not None and not is_revision(card.revision):
        raise ConfigError(f"{where} a card with revision {card.revision!r}, expected 40 hex digits")


def _require_defaults(options: AdapterOptions, argument: str) -> None:
    """Without a policy of its own nobody can say whether the model heeded what was asked for."""
    try:
        options.refuse(f"py:{argument}", *AdapterOptions.__slots__)
    except ConfigError as problem:
        raise ConfigError(
            f"{problem}: the model has no policy that says what it did with it"
        ) from None


def _revision(module: ModuleType) -> str:
    """Of the module's file; of a package all its Python files."""
    if module.__file__ is None:
        raise ConfigError(f"--model py:{module.__name__} is no module with a file, expected one")
    path = Path(module.__file__)
    if path.name == "__init__.py":
        return files_sha256(path.parent.rglob("*.py"), path.parent)[:40]
    return files_sha256([path], path.parent)[:40]
