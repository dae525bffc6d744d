"""How `--model KIND:ARGUMENT` finds its adapter."""

from __future__ import annotations

from importlib.metadata import entry_points

from gonerd.adapters.adapter import Adapter, AdapterOptions
from gonerd.errors import ConfigError

__all__ = ["ADAPTER_GROUP", "adapter_from_spec"]

ADAPTER_GROUP = "gonerd.adapters"


def adapter_from_spec(spec: str, options: AdapterOptions) -> Adapter:
    """The adapter that `KIND:ARGUMENT`, or `KIND` alone, names among the entry points `gonerd.adapters`.

    Raises:
        ConfigError: no adapter of that kind is installed.
    """
    kind, _, argument = spec.partition(":")
    known = {entry.name: entry for entry in entry_points(group=ADAPTER_GROUP)}
    if kind not in known:
        raise ConfigError(
            f"--model {spec!r}: no adapter is called {kind!r}; expected one of "
            f"{', '.join(sorted(known))}, as in 'rules' or 'spacy:PATH'"
        )
    adapter: Adapter = known[kind].load()(argument, options)
    return adapter
