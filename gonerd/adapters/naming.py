"""How `--model` finds its adapter: by `KIND:ARGUMENT`, or by what a file, a folder or a Hub id holds."""

from __future__ import annotations

from importlib.metadata import entry_points

from gonerd.adapters.adapter import Adapter, AdapterOptions
from gonerd.adapters.recognizing import recognized_kind
from gonerd.console import note
from gonerd.errors import ConfigError

__all__ = ["ADAPTER_GROUP", "adapter_from_spec"]

ADAPTER_GROUP = "gonerd.adapters"


def adapter_from_spec(spec: str, options: AdapterOptions) -> Adapter:
    """The adapter that `KIND:ARGUMENT`, or `KIND` alone, names among the entry points `gonerd.adapters`.

    Where no kind is named, what lies there tells it, and a note on stderr says what it was taken for.

    Raises:
        InputError: a Hub id that is none, or that can't be reached.
        ConfigError: no adapter of that kind is installed, or no kind or more than one fits.
    """
    known = {entry.name: entry for entry in entry_points(group=ADAPTER_GROUP)}
    kind, _, argument = spec.partition(":")
    if kind not in known:
        found = recognized_kind(spec)
        if found is None or found not in known:
            raise ConfigError(
                f"--model {spec!r}: no adapter is called {found or kind!r}; expected one of "
                f"{', '.join(sorted(known))}, as in 'rules' or 'spacy:PATH', "
                f"or a file, a folder or a Hub id NAMESPACE/NAME that is there"
            )
        kind, argument = found, spec
        note(f"{spec} is taken as {kind}:{spec}")
    adapter: Adapter = known[kind].load()(argument, options)
    return adapter
